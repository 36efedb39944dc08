"""Never falsely calm, never falsely sure: a failure is said though no cause is known, and what is served is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import captures as c
import pytest
from cases import gunicorn
from diagnosis_kit import evidence

from localku.doctor.causes import diagnose, unexplained
from localku.doctor.finding import Finding, Level

UP = "heroku[web.1]: State changed from starting to up\n"
BEGINS = "heroku[web.1]: Starting process with command `gunicorn app:app`\n"
UGLY = "".join(
    f"app[web.1]: {line}\n"
    for line in (
        *c.NO_MODULE.splitlines(),
        *c.KEY_ERROR.splitlines(),
        c.SQLALCHEMY.splitlines()[-1],
        "[2024-06-05 11:13:36 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:9)",
        "Invalid HTTP_HOST header: 'evil.example'. You may need to add 'evil.example' to ALLOWED_HOSTS.",
        'ProgrammingError: relation "books_book" does not exist',
        "FileNotFoundError: [Errno 2] No such file or directory: '/app/.env'",
        "locale.Error: unsupported locale setting",
    )
)
ODD = c.crash('  File "/app/app.py", line 3\nZeroDivisionError: division by zero\n\n', 1)
FILES = {"Procfile": "web: gunicorn app:app\n", "requirements.txt": "gunicorn\n", "app.py": "x = 1 / 0\n"}


def verdict(root: Path, log: str = "", files: dict[str, str] | None = None, **facts: Any) -> list[str]:
    """The marks of what failed, as the exit status of `localku doctor` counts it."""
    return [one.mark for one in told(root, log, files, **facts) if one.level is Level.FAILED]


def told(root: Path, log: str = "", files: dict[str, str] | None = None, **facts: Any) -> tuple[Finding, ...]:
    seen = evidence(root, {**FILES, **(files or {})}, log, **gunicorn(**facts))
    found = diagnose(seen)
    return (*unexplained(seen, found), *found)


SERVED = {
    "ugly lines": UP + UGLY + c.served("status=200"),
    "a crash that is over": ODD + BEGINS + UP + c.served("status=200"),
    "a crash with a known cause that is over": c.crash(c.NO_MODULE, 3) + BEGINS + UP + c.served("status=200"),
    "no dyno at first": c.served("at=error code=H20 status=503 dyno=") + "\n" + UP + c.served("path=/other"),
    "a dyno that was scaled away": ODD.replace("web.1", "web.2") + UP + c.served("status=200"),
    "an error that is over": c.served("status=500 path=/a?x=1", "status=200 path=/a"),
    "answers that say no": UP
    + c.served("status=404", "status=403 path=/b", "status=401 path=/c", "status=302 path=/d"),
    "what the client did": c.served("at=warning code=H27 status=499", "at=error code=H26 status=400 dyno="),
    "maintenance": c.served("at=info code=H80 status=503 dyno="),
    "a command of the user's own": c.crash("bash: line 1: foo: command not found", 127, dyno="run.1234"),
    "a scheduled command that ran the next time": "".join(
        f"heroku[scheduler.{number}]: Starting process with command `python job.py`\n"
        f"heroku[scheduler.{number}]: Process exited with status {status}\n"
        for number, status in ((11, 1), (12, 0))
    ),
}


@pytest.mark.parametrize("name", SERVED)
def test_what_is_served_does_not_fail_whatever_the_log_says(name: str, tmp_path: Path) -> None:
    assert verdict(tmp_path, SERVED[name]) == []


TROUBLES: dict[str, tuple[str, dict[str, Any], str]] = {
    "crash": (
        ODD + ODD,
        {},
        (
            "web.1 crashed 2 times with status 1, and localku knows no cause. It printed last: `ZeroDivisionError: "
            "division by zero`. Where: Procfile, `web: gunicorn app:app`. Fix: `localku logs --dyno web.1`"
        ),
    ),
    "crash without a word": (
        c.crash("", 3),
        {},
        "web.1 crashed with status 3, and localku knows no cause, and it printed nothing. Where: Procfile",
    ),
    "end without an error": (c.crash("bye", 0), {}, "web.1 crashed with status 0, and localku knows no cause"),
    "crash loop, just starting again": (
        ODD + BEGINS,
        {},
        "web.1 crashed with status 1, and localku knows no cause",
    ),
    "worker in a crash loop, up for a moment": (
        (ODD + BEGINS + UP).replace("web.1", "worker.1"),
        {"crashing": frozenset({"worker.1"})},
        "worker.1 crashed with status 1, and localku knows no cause",
    ),
    "crash that the log no longer has": ("", {"crashing": frozenset({"web.1"})}, "web.1 crashed, and localku knows"),
    "path outside the app": (
        c.crash("FileNotFoundError: [Errno 2] No such file or directory: '/data/c'"),
        {},
        "web.1 crashed with status 1, and localku knows no cause. It printed last: `FileNotFoundError: [Errno 2] No",
    ),
    "build": (
        "",
        {"transcript": ("-----> Running", "make: *** [all] Error 2", "", " !     Push rejected, failed to compile")},
        "The newest build failed, and localku knows no cause. It said: `make: *** [all] Error 2`",
    ),
    "release phase": (
        c.crash("no such role", 1, "python migrate.py", "release.1234"),
        {"failed_release": "v5", "quantities": {"web": 1, "release": 0}},
        (
            "The release phase of v5 failed, and localku knows no cause. It printed: `no such role`. Fix: `localku "
            "releases:output v5`"
        ),
    ),
    "release phase that the log no longer has": ("", {"failed_release": "v5"}, "The release phase of v5 failed, and"),
    "scheduled command": (
        c.crash("boom", 1, "python job.py", "scheduler.11"),
        {},
        "scheduler.11 failed with status 1, and localku knows no cause",
    ),
    "every request": (
        UP + c.served("status=500 path=/a", "status=500 path=/b?q=1"),
        {},
        "2 of 2 requests ended in an error, and localku knows no cause: the last, GET /b, was answered 500 by web.1",
    ),
    "one address": (
        UP + c.served("status=200", "status=502 path=/a", "status=200") + "\napp[web.1]: ValueError: no such thing",
        {},
        (
            "1 of 3 requests ended in an error, and localku knows no cause: the last, GET /a, was answered 502 by "
            "web.1. It printed last: `ValueError: no such thing`"
        ),
    ),
    "bad requests": (
        UP + c.served("status=400"),
        {},
        "1 of 1 requests ended in an error, and localku knows no cause: the last, GET /, was answered 400 by web.1",
    ),
    "router": (
        c.served("at=error code=H14 status=503 dyno="),
        {},
        "1 of 1 requests ended in an error, and localku knows no cause: the last, GET /, was answered H14 (503)",
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_failure_without_a_known_cause_is_said(name: str, tmp_path: Path) -> None:
    log, facts, text = TROUBLES[name]
    (found,) = (one for one in told(tmp_path, log, **facts) if one.level is Level.FAILED)
    assert found.text().startswith(f"[NO KNOWN CAUSE] {text}")


def test_a_release_without_process_types(tmp_path: Path) -> None:
    """Three states a newcomer meets in a row: an empty Procfile, one that no build has seen, one whose build failed."""
    (found,) = told(tmp_path, "", {"Procfile": "\n"}, types={})
    assert found.text().startswith("[NO KNOWN CAUSE] The slug has no process types, so no dyno runs, and localku knows")
    (found,) = told(tmp_path, "", types={})
    assert found.text().startswith("[NOT DEPLOYED] The release in force has no process types")
    transcript = tuple(c.COLLECTSTATIC.splitlines())
    assert verdict(tmp_path, "", types={}, transcript=transcript) == ["#4 COLLECTSTATIC"]


def test_a_silent_django_is_told_how_to_speak(tmp_path: Path) -> None:
    files = {"requirements.txt": "django\n"}
    (found,) = told(tmp_path, UP + c.served("status=500"), files)
    assert "Django prints no traceback while DEBUG is off" in found.fix
    (found,) = told(tmp_path, UP + c.served("status=500"), {**files, "settings.py": "LOGGING = {}\n"})
    assert "logs --dyno web.1" in found.fix


def test_what_failed_the_newest_build_comes_first(tmp_path: Path) -> None:
    files = {"requirements.txt": "", "app.py": ""}
    seen = evidence(tmp_path, files, types={}, transcript=tuple(c.COLLECTSTATIC.splitlines()))
    assert [one.mark for one in diagnose(seen)] == ["#4 COLLECTSTATIC", "#3 PROCFILE"]


def test_a_known_cause_of_one_thing_explains_no_other(tmp_path: Path) -> None:
    both = c.crash(c.NO_MODULE, 3) + ODD.replace("web.1", "worker.1")
    assert verdict(tmp_path, both) == ["NO KNOWN CAUSE", "#2 DEPENDENCY"]
    assert verdict(tmp_path, c.crash(c.NO_MODULE, 3)) == ["#2 DEPENDENCY"]


def test_what_was_said_at_another_time_explains_nothing(tmp_path: Path) -> None:
    boom = "".join(f"app[web.1]: {number}\n" for number in range(20)) + c.served("status=500 path=/boom")
    assert verdict(tmp_path, UP + UGLY + c.served("status=200") + "\n" + boom) == ["NO KNOWN CAUSE"]
    assert verdict(tmp_path, UP + UGLY + BEGINS + ODD) == ["NO KNOWN CAUSE"]
    books = f"{c.NO_RELATION}{c.served('status=500 path=/books')}"
    assert verdict(tmp_path, UP + boom + "\n" + books) == ["#12 MIGRATIONS"]


def test_requests_that_met_a_crash_are_explained_by_it(tmp_path: Path) -> None:
    refused = c.served("at=error code=H10 status=503 dyno=")
    assert verdict(tmp_path, c.crash(c.NO_MODULE, 3) + refused) == ["#2 DEPENDENCY"]
    assert len(verdict(tmp_path, ODD + refused)) == 1


def test_what_no_build_has_tried_yet_is_a_risk_where_the_app_is_served(tmp_path: Path) -> None:
    files = {"runtime.txt": "Python 3.12\n"}
    assert verdict(tmp_path, UP + c.served("status=200"), files) == []
    assert verdict(tmp_path, ODD, files) == ["NO KNOWN CAUSE"], "it is not why the dyno crashes"
    assert verdict(tmp_path, "", files, transcript=("failed",)) == ["#8 PYTHON VERSION"]


def test_a_paragraph_has_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    (found,) = told(tmp_path, c.crash("error \x1b]0;x\x07 \x9b2J \udcff"))
    assert found.text().isprintable()
    assert r"error \x1b]0;x\x07 \x9b2J \udcff" in found.text()
