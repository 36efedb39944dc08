"""What an old dyno says after a new release was made is no evidence about the new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from captures import served
from diagnosis_kit import START, lines

from localku.doctor.belonging import of_release
from localku.doctor.evidence import Evidence
from localku.doctor.tree import Tree
from localku.logs.line import LogLine
from localku.records import Release

LOG = f"""
app[web.1]: of v3
app[api]: Build started by user localku
app[api]: Running release v4 commands by user localku
heroku[release.1234]: Starting process with command `python migrate.py`
app[web.1]: ModuleNotFoundError: No module named 'yaml'
app[release.1234]: migrated
heroku[web.1]: State changed from crashed to starting
heroku[web.1]: Starting process with command `old`
app[api]: Release v4 created by user localku
app[web.1]: KeyError: 'MONGO_URI'
{served("status=400 dyno=web.1")}
heroku[web.1]: Restarting
heroku[web.1]: Starting process with command `new`
app[web.1]: of v4
{served("status=500 dyno=web.1")}
heroku[web.1]: State changed from starting to up
{served("status=302 dyno=web.1", "at=error code=H12 service=30000ms status=503", "status=404 dyno=web.2")}
{served("at=error code=H14 dyno= connect= service= status=503")}
app[worker.1]: of v3, and never started again
"""
V4 = Release(1, 4, 1, {}, "Deploy", "succeeded", START + timedelta(milliseconds=100))


def kept(log: str, release: Release | None = V4, scale: float = 1.0) -> list[str]:
    return [_short(line) for line in of_release(lines(log), release, scale)]


def _short(line: LogLine) -> str:
    found = [word for word in line.message.split() if word.startswith(("code=", "status="))]
    return " ".join([line.proc, *(found or [line.message])])


def test_a_release_has_its_phase_and_what_its_own_dynos_said() -> None:
    assert kept(LOG) == [
        "api Build started by user localku",
        "api Running release v4 commands by user localku",
        "release.1234 Starting process with command `python migrate.py`",
        "release.1234 migrated",
        "api Release v4 created by user localku",
        "web.1 Starting process with command `new`",
        "web.1 of v4",
        "web.1 State changed from starting to up",
        "router status=302",
        "router code=H14 status=503",
    ]


def test_a_request_belongs_to_the_dyno_that_was_given_it() -> None:
    assert "router code=H12 status=503" in kept(LOG, scale=1_000_000.0)


OVERLAP = """
heroku[nags.1]: Starting process with command `old`
app[nags.1]: ModuleNotFoundError: No module named 'yaml'
app[api]: Release v4 created by user localku
heroku[nags.1]: Restarting
heroku[nags.1]: Stopping all processes with SIGTERM
heroku[nags.1]: Starting process with command `new`
app[nags.1]: ModuleNotFoundError: No module named 'yaml'
app[nags.1]: new
heroku[nags.1]: State changed from starting to up
heroku[nags.1]: Process exited with status 143
app[nags.1]: ModuleNotFoundError: No module named 'yaml'
"""
MADE = replace(V4, created_at=START)


def test_a_dyno_that_takes_its_time_to_stop_is_heard_until_it_has_ended() -> None:
    told = [line for line in kept(OVERLAP, MADE) if "State" not in line and "process" not in line.lower()]
    assert told == ["api Release v4 created by user localku", "nags.1 new",
                    "nags.1 ModuleNotFoundError: No module named 'yaml'"]  # fmt: skip


def test_what_a_new_dyno_prints_before_it_crashes_is_its_own() -> None:
    crashed = OVERLAP.replace("from starting to up", "from starting to crashed")
    assert sum("ModuleNotFoundError" in line for line in kept(crashed, MADE)) == 2


def test_a_dyno_that_had_ended_before_prints_nothing_more() -> None:
    log = OVERLAP.replace("app[api]:", "heroku[nags.1]: Process exited with status 1\napp[api]:")
    assert sum("ModuleNotFoundError" in line for line in kept(log, MADE)) == 2


def test_without_a_release_all_is_evidence() -> None:
    assert len(kept(LOG, None)) == len(lines(LOG))


def test_a_log_that_no_longer_reaches_back_to_the_release_is_all_of_it() -> None:
    late = "app[web.1]: KeyError: 'MONGO_URI'\n" + served("status=400 dyno=web.1")
    assert kept(late, replace(V4, created_at=START - timedelta(days=1))) == ["web.1 KeyError: 'MONGO_URI'",
                                                                             "router status=400"]  # fmt: skip


def test_a_dyno_that_crashed_keeps_its_own_status() -> None:
    """The one before it may be told to stop, and end, while it boots."""
    log = """
heroku[web.1]: Starting process with command `gunicorn app:app`
heroku[web.1]: Process exited with status 143
heroku[web.1]: Process exited with status 127
heroku[web.1]: State changed from starting to crashed
heroku[web.1]: Process exited with status 0
"""
    (run,) = Evidence("one", Tree(), log=lines(log)).runs
    assert (run.status, run.crashed) == (127, True)
