from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pybuild import failure, install_diagnosis, offline
from pybuild.programs import Finished

if TYPE_CHECKING:
    from pathlib import Path

PIP = """\
ERROR: Could not find a version that satisfies the requirement requests==2.32.3 (from versions: none)
ERROR: No matching distribution found for requests==2.32.3
"""
UV = """\
Resolved 19 packages in 10ms
  x Failed to download `charset-normalizer==3.5.2`
  `-> Network connectivity is disabled, but the requested data wasn't found in the cache for:
      `https://files.example/charset_normalizer-3.5.2-py3-none-any.whl`
"""
LOCK = """\
[[package]]
name = "Flask-Login"
version = "0.6.3"
groups = ["main"]

[[package]]
name = "pytest"
version = "9.0.0"
groups = ["dev"]

[[package]]
name = "requests"
version = "2.32.3"
groups = ["main", "dev"]
"""


def test_what_is_missing() -> None:
    assert offline.missing(PIP) == ("requests==2.32.3",)
    assert offline.missing("ERROR: No matching distribution found for flask>=3,<4 (from -r requirements.txt)") == (
        "flask>=3,<4",
    )
    assert offline.missing(UV) == ("charset-normalizer==3.5.2",)
    assert offline.missing("something else") == ()


def test_what_is_missing_of_a_poetry_lock(tmp_path: Path) -> None:
    (tmp_path / "flask_login-0.6.3.dist-info").mkdir()
    (tmp_path / "poetry.lock").write_text(LOCK)
    assert offline.missing_from_lock(tmp_path / "poetry.lock", tmp_path) == ("requests==2.32.3",)


def test_the_error_names_each_package() -> None:
    error = failure.of("pip", PIP, was_offline=True, missing=offline.missing(PIP))
    assert error.text.startswith("Error: Unable to install dependencies using pip.\n")
    assert "The package 'requests==2.32.3' is not in the cache.\n" in error.text
    assert "Build once with network" in error.text


def test_the_error_with_network_points_at_the_output() -> None:
    error = failure.of("uv", "boom", was_offline=False)
    assert error.text == (
        "Error: Unable to install dependencies using uv.\n\nSee the log output above for more information."
    )


class Installer:
    def __init__(self, *outcomes: Finished) -> None:
        self.outcomes = list(outcomes)
        self.alone: list[bool] = []

    def __call__(self, *, alone: bool) -> Finished:
        self.alone.append(alone)
        return self.outcomes.pop(0)


OK, NO_NETWORK, BROKEN = Finished(0, ""), Finished(1, "NameResolutionError(...)"), Finished(1, "SyntaxError")


@pytest.mark.parametrize(
    ("outcomes", "is_offline", "runs", "ended"),
    [
        ((OK,), False, [False], (OK, False)),
        ((OK,), True, [True], (OK, True)),
        ((BROKEN,), False, [False], (BROKEN, False)),
        ((NO_NETWORK, OK), False, [False, True], (OK, True)),
        ((NO_NETWORK,), True, [True], (NO_NETWORK, True)),
    ],
)
def test_fallback(
    outcomes: tuple[Finished, ...], is_offline: bool, runs: list[bool], ended: tuple[Finished, bool]
) -> None:
    installer = Installer(*outcomes)
    assert offline.with_fallback(installer, offline=is_offline) == ended
    assert installer.alone == runs


@pytest.mark.parametrize(
    ("log", "first_line"),
    [
        (
            "subprocess: Could not find gdal-config. Is it there?",
            "Error: Package installation failed since the GDAL library wasn't found.",
        ),
        (
            "src/x.c:1:10: fatal error: sqlite3.h: No such file or directory",
            "Error: Package installation failed since SQLite headers weren't found.",
        ),
        (
            "please use pip<24.1 if you need to use this version",
            "Error: One of your dependencies contains broken metadata.",
        ),
        ("Error: pg_config executable not found.", "Error: Package installation failed since pg_config wasn't found."),
    ],
)
def test_known_causes(log: str, first_line: str, capsys: pytest.CaptureFixture[str]) -> None:
    failure.of("pip", log, was_offline=False)
    assert f" !     {first_line}\x1b[0m\n" in capsys.readouterr().err


def test_no_known_cause() -> None:
    assert install_diagnosis.diagnose("error: command 'gcc' failed") is None
