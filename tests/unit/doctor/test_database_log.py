"""What a database refused belongs to the dyno that answered 500 at that moment."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from captures import served
from diagnosis_kit import START, evidence, judge, lines

from localku.platform.addons.database_log import overheard

REFUSED = 'ERROR:  relation "books_book" does not exist at character 35'
ANSWERS = lines(served("status=200", "status=500 service=100ms dyno=web.2"))


def heard(seconds: float, scale: float = 1.0) -> list[tuple[str, str]]:
    said = [(START + timedelta(seconds=seconds), REFUSED)]
    return [(line.proc, line.message) for line in overheard(ANSWERS, said, scale)]


def test_it_was_said_while_the_dyno_worked_on_its_answer() -> None:
    assert heard(0.05) == [("web.2", REFUSED)]


def test_what_was_said_at_another_time_is_nobodys() -> None:
    assert heard(-1) == heard(2) == []


def test_the_routers_milliseconds_may_be_shorter() -> None:
    slow = lines(served("status=500 service=20000ms"))
    said = [(START - timedelta(seconds=10), REFUSED)]
    assert len(list(overheard(slow, said, 1.0))) == 1
    assert list(overheard(slow, said, 10.0)) == []


def test_it_tells_of_migrations_that_did_not_run(tmp_path: Path) -> None:
    seen = evidence(tmp_path, {"manage.py": ""}, f"app[web.2]: {REFUSED}", types={"web": "gunicorn x"})
    found = judge(12, seen)
    assert found is not None
    assert found.text().startswith("[#12 MIGRATIONS] web.2 asked for `books_book`, which the database does not have")
