from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from pybuild import version_advice
from pybuild.available import Available, in_folder
from pybuild.output import BuildpackError
from pybuild.resolve import resolve
from pybuild.versions import LATEST, Request, Version

if TYPE_CHECKING:
    from pybuild.context import Build

Having = Callable[..., Available]


def found(text: str, available: Available, origin: str = ".python-version") -> str:
    return str(resolve(Request(text, origin), available))


def refusal(text: str, available: Available, origin: str = ".python-version") -> str:
    with pytest.raises(BuildpackError) as caught:
        resolve(Request(text, origin), available)
    return caught.value.text


def test_a_series_gets_the_newest_patch_at_hand(having: Having) -> None:
    assert found("3.13", having("3.13.2", "3.13.10", "3.14.0")) == "3.13.10"
    assert found("3.13", having("3.13.2", kept=("3.13.4",))) == "3.13.4"


def test_the_stack_comes_before_a_download(having: Having) -> None:
    assert found("3.13", having("3.13.2", downloadable=True)) == "3.13.2"
    assert found("3.12", having("3.13.2", downloadable=True)) == str(LATEST["3.12"])


def test_an_earlier_download_serves_without_network(having: Having) -> None:
    assert found("3.13", having(kept=("3.13.4",))) == "3.13.4"
    assert found("3.13", having(kept=("3.13.4",), downloadable=True)) == str(LATEST["3.13"])


def test_an_exact_version(having: Having) -> None:
    assert found("3.13.2", having("3.13.2", "3.13.5")) == "3.13.2"
    assert found("3.13.2", having("3.13.5", downloadable=True)) == "3.13.2"


def test_an_exact_version_that_cannot_be_had(having: Having) -> None:
    text = refusal("3.13.2", having("3.13.5", "3.14.0"))
    assert text.startswith("Error: The requested Python version isn't available.\n")
    assert "gets you 3.13.5" in text
    assert "3.13.5, 3.14.0" in text


def test_a_series_that_cannot_be_had(having: Having) -> None:
    assert refusal("3.12", having("3.13.5")).startswith("Error: The requested Python version isn't available.\n")
    assert "No Python version is available on the 'debian-14' stack." in refusal("3.12", having())


@pytest.mark.parametrize("text", ["2.7", "2.7.18", "3.8", "3.9.18"])
def test_end_of_life(text: str, having: Having) -> None:
    error = refusal(text, having("3.9.18", "3.13.5"))
    assert error.startswith("Error: The requested Python version has reached end-of-life.\n")
    assert "3.13.5" in error


def test_end_of_life_of_the_last_build(having: Having) -> None:
    error = refusal("3.9", having("3.13.5"), "cached")
    assert error.startswith("Error: The cached Python version has reached end-of-life.\n")


@pytest.mark.parametrize("text", ["3.15", "3.99.1", "4.0"])
def test_unknown_series(text: str, having: Having) -> None:
    error = refusal(text, having("3.13.5", downloadable=True))
    assert error.startswith("Error: The requested Python version isn't recognised.\n")
    assert "3.13.5" in error


def test_unknown_series_of_the_last_build(having: Having) -> None:
    assert refusal("3.15", having(), "cached").startswith("Error: The cached Python version isn't recognised.\n")


def test_a_newer_series_is_fine_if_the_stack_has_it(having: Having) -> None:
    assert found("3.15", having("3.15.0")) == "3.15.0"


def test_the_stack_is_read_from_its_folder(build: Build) -> None:
    for name in ("3.13.5", "3.14.0", "3.12", "notes"):
        (build.prepared_dir / name / "bin").mkdir(parents=True)
        (build.prepared_dir / name / "bin" / "python3").touch()
    (build.prepared_dir / "3.11.1").mkdir()
    assert in_folder(build.prepared_dir) == (Version(3, 13, 5), Version(3, 14, 0))
    assert in_folder(build.prepared_dir / "missing") == ()


def first_lines(request: Request, version: str) -> list[str]:
    numbers = [int(part) for part in version.split(".")]
    texts = version_advice.warnings(request, Version(*numbers))
    return [text.partition("\n")[0] for text in texts]


def test_warnings() -> None:
    assert first_lines(Request("3.14", ".python-version"), "3.14.0") == []
    assert first_lines(Request("3.14", "default"), "3.14.0") == ["Warning: No Python version was specified."]
    assert first_lines(Request("3.12", "Pipfile.lock"), "3.12.1") == []
    assert first_lines(Request("3.10.0", "runtime.txt"), "3.10.0") == [
        "Warning: The runtime.txt file is deprecated.",
        "Warning: Support for Python 3.10 is deprecated!",
        "Warning: A Python patch update is available!",
    ]


def test_uv_wants_python_version_file() -> None:
    version = Version(3, 14, 0)
    version_advice.require_file_for_uv(Request("3.14", ".python-version"), version)
    for origin in ("default", "cached"):
        with pytest.raises(BuildpackError, match=r"^Error: No Python version was specified\."):
            version_advice.require_file_for_uv(Request("3.14", origin), version)
    with pytest.raises(BuildpackError, match=r"^Error: The runtime\.txt file isn't supported when using uv\."):
        version_advice.require_file_for_uv(Request("3.14", "runtime.txt"), version)


def test_announcements(capsys: pytest.CaptureFixture[str]) -> None:
    for origin in (".python-version", "default", "cached"):
        version_advice.announce(Request("3.13", origin))
    assert capsys.readouterr().out.splitlines() == [
        "-----> Using Python 3.13 specified in .python-version",
        "-----> No Python version was specified. Using the buildpack default: Python 3.13",
        "-----> No Python version was specified. Using the same major version as the last build: Python 3.13",
    ]
