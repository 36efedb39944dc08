from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.project import procfile

if TYPE_CHECKING:
    from pathlib import Path


def test_types_keep_their_order_and_comments_do_not_count() -> None:
    parsed = procfile.parse("# a comment\nweb: gunicorn app:app\n\n  worker-1:  python w.py --x a:b  \n")
    assert list(parsed.types.items()) == [("web", "gunicorn app:app"), ("worker-1", "python w.py --x a:b")]
    assert parsed.warnings == ()


def test_the_last_duplicate_wins_and_is_reported() -> None:
    parsed = procfile.parse("web: one\nweb: two\n")
    assert parsed.types == {"web": "two"}
    assert parsed.warnings == ("Procfile line 2: web is declared twice; this last line counts.",)


def test_a_backslash_at_the_end_continues_nothing() -> None:
    parsed = procfile.parse("web: a \\\nworker: b\n")
    assert parsed.types == {"web": "a \\", "worker": "b"}
    assert parsed.warnings == ("Procfile line 1 ends in a backslash: a Procfile has no continued lines.",)


@pytest.mark.parametrize("text", ["web: a\r\nworker: b\r\n", "web: a\rworker: b\r"])
def test_windows_line_ends_are_dropped_with_a_warning(text: str) -> None:
    parsed = procfile.parse(text)
    assert parsed.types == {"web": "a", "worker": "b"}
    assert "Windows line ends" in parsed.warnings[0]


def test_a_byte_order_mark_is_dropped_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_bytes(b"\xef\xbb\xbfweb: a\n")
    parsed = procfile.read(tmp_path)
    assert parsed is not None
    assert parsed.types == {"web": "a"}
    assert "byte order mark" in parsed.warnings[0]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("web", "line 1 is not `type: command`: web", "colon after the name is missing: `web: command`"),
        ("web gunicorn app", "line 1 is not `type: command`", "colon after the name is missing"),
        ("heroku ps:scale web=1", "line 1 is not `type: command`", "Names have no spaces"),
        ("web = gunicorn app", "line 1 is not `type: command`", "A colon, not `=`"),
        ("web=x:y", "line 1 is not `type: command`", "A colon, not `=`, goes after the name: `web: command`."),
        ("my worker: run", "line 1 is not `type: command`", "`my-worker: run`"),
        ("my\tworker: run", "line 1 is not `type: command`", "no spaces or tabs"),
        ("wéb: run", "line 1 is not `type: command`", "letters, digits"),
        ("web:", "line 1 gives web no command", "on the same line: `web: command`"),
        ("w" * 129 + ": x", "at most 128 characters", "shorter"),
        ("web: a\0b", "NUL byte", "Remove it"),
        (
            "web: a \\\n  --b 3",
            "line 2 continues line 1, but a Procfile has no continued lines: --b 3",
            "command on line 1",
        ),
        ("web: a \\\r\n  --b h:3 \\\r\n x", "line 2 continues line 1", "without a trailing backslash"),
        ("web: a \\\n\n--b 3", "line 3 is not `type: command`", "colon after the name is missing"),
        ("# a \\\n--b 3", "line 2 is not `type: command`", "colon after the name is missing"),
    ],
)
def test_a_bad_line_says_what_to_write(line: str, message: str, hint: str) -> None:
    with pytest.raises(LocalkuError) as caught:
        procfile.parse(line + "\n")
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("command", "port"),
    [
        ("gunicorn -b 0.0.0.0:8000 app:app", "8000"),
        ("gunicorn app --bind=127.0.0.1:5000", "5000"),
        ("python manage.py runserver 8080", "8080"),
        ("uvicorn app:app --port 80", "80"),
    ],
)
def test_a_fixed_port_is_reported(command: str, port: str) -> None:
    assert procfile.parse(f"web: {command}").warnings == (
        f"Procfile: web listens on port {port}, but Heroku chooses the port: write $PORT instead.",
    )


@pytest.mark.parametrize(
    "line", ["web: gunicorn -b 0.0.0.0:$PORT app", "web: gunicorn -w 8000 app", "worker: x -p 8000", "web: a --port"]
)
def test_no_port_warning_without_plain_evidence(line: str) -> None:
    assert procfile.parse(line).warnings == ()


def test_no_procfile_is_none(tmp_path: Path) -> None:
    assert procfile.read(tmp_path) is None


@pytest.mark.parametrize("name", ["procfile", "PROCFILE", "Procfile.txt"])
def test_a_misnamed_procfile_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("web: a\n")
    assert procfile.misnamed(tmp_path) == name
    (tmp_path / "Procfile").write_text("web: a\n")
    assert procfile.misnamed(tmp_path) is None


def test_misnamed_without_any_candidate(tmp_path: Path) -> None:
    assert procfile.misnamed(tmp_path) is None
    assert procfile.misnamed(tmp_path / "gone") is None
