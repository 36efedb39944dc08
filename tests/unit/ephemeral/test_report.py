import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.ephemeral.byte_sizes import human
from localku.ephemeral.change import Change
from localku.ephemeral.grouping import group
from localku.ephemeral.kinds import Kind
from localku.ephemeral.report import Report, build

CHANGES = st.builds(
    Change,
    st.text(max_size=30).map(lambda text: "/" + text) | st.text(max_size=20).map(lambda text: "/app/" + text),
    st.sampled_from(["added", "changed", "deleted"]),
    st.none() | st.integers(min_value=0, max_value=10**14),
    st.booleans(),
)


def report(*changes: Change, dyno: str = "web.1", ignore: tuple[str, ...] = ()) -> Report:
    return build(dyno, changes, ignore)


def paths(one: Report) -> list[str]:
    return [entry.path for entry in one.entries]


def test_folders_that_only_hold_files_are_folded() -> None:
    one = report(
        Change("/app", "changed", 4096, is_dir=True),
        Change("/app/media", "added", 4096, is_dir=True),
        Change("/app/media/a", "added", 4096, is_dir=True),
        Change("/app/media/a/1.jpg", "added", 10),
        Change("/app/empty", "added", 4096, is_dir=True),
        Change("/app/gone", "deleted", is_dir=True),
    )
    assert paths(one) == ["/app/empty", "/app/gone", "/app/media/a/1.jpg"]
    assert [entry.path for entry in one.missed] == ["/app/gone", "/app/media/a/1.jpg"]
    assert one.size == 10


def test_a_folder_goes_with_its_ignored_files() -> None:
    changes = [Change("/app/media", "added", 1, is_dir=True), Change("/app/media/1.jpg", "added", 10)]
    assert paths(report(*changes, ignore=("*.jpg",))) == []


def test_what_the_engine_writes_is_not_the_apps() -> None:
    assert (
        paths(report(Change("/etc/hosts", "changed", 1), Change("/dev/null", "added"), Change("/run/x", "added"))) == []
    )


@pytest.mark.parametrize(
    ("dyno", "missed"), [("web.1", False), ("worker.2", False), ("run.1234", True), ("release.7", True)]
)
def test_what_boot_repeats_is_lost_only_in_a_one_off_dyno(dyno: str, missed: bool) -> None:
    one = report(Change("/app/staticfiles/a.css", "added", 1), dyno=dyno)
    assert bool(one.missed) is missed


def test_summary_names_what_will_be_missed() -> None:
    one = report(
        Change("/app/db.sqlite3", "added", 1_200_000),
        Change("/app/media/1.jpg", "added", 20_000),
        Change("/app/media/2.jpg", "added", 20_000),
        Change("/app/x/__pycache__/y.pyc", "added", 999_999),
    )
    assert one.summary() == (
        "web.1 wrote 3 files (1.2 MB) that a restart will discard: db.sqlite3 (database), 2 uploads in media/"
    )


def test_summary_of_deletions() -> None:
    assert report(Change("/app/a.py", "deleted"), Change("/app/b.py", "deleted")).summary() == (
        "web.1 deleted 2 files that a restart will bring back: a.py, b.py"
    )


def test_summary_counts_what_it_cannot_name() -> None:
    one = report(*(Change(f"/app/{name}/x", "added", size) for size, name in enumerate("abcde", 1)))
    assert one.summary() == ("web.1 wrote 5 files (15 B) that a restart will discard: e/x, d/x, c/x, and 2 more")


def test_summary_of_many_files_in_a_root_folder_names_the_folder() -> None:
    many = [Change(f"/app/{number}", "added", 1) for number in range(4)]
    assert report(*many).summary().endswith("that a restart will discard: 4 files in /app")
    stray = [Change(f"/opt/{number}", "added", 1) for number in range(4)]
    assert report(*stray).summary().endswith("that a restart will discard: 4 misplaced files in /opt/")


def test_what_comes_back_by_itself_is_shown_and_not_missed() -> None:
    one = report(Change("/app/version", "added", 5, returns=True), Change("/tmp/x", "added", 5))
    assert one.missed == ()
    assert one.summary() == (
        "web.1 wrote nothing that you would miss after a restart, "
        "only 1 file (5 B) it can do without and 1 file (5 B) that comes back by itself"
    )


def test_a_look_that_took_too_long_says_so() -> None:
    assert build("web.1", [Change("/app/x", "added", 5)], complete=False).summary() == (
        "web.1 wrote at least 1 file (5 B) that a restart will discard: x"
    )
    assert build("web.1", [], complete=False).summary() == "web.1 could not be scanned in time"


def test_summary_when_nothing_is_missed() -> None:
    assert report().summary() == "web.1 wrote nothing to its filesystem"
    assert report(Change("/tmp/x", "added", 5)).summary() == (
        "web.1 wrote nothing that you would miss after a restart, only 1 file (5 B) it can do without"
    )


def test_json_has_every_file_and_the_totals() -> None:
    one = report(
        *(Change(f"/app/media/{number}.jpg", "added", 100) for number in range(9)), Change("/tmp/x", "added", 5)
    )
    found = json.loads(json.dumps(one.as_json()))
    assert found["totals"] == {"files": 10, "size": 905, "worth_keeping": 9, "worth_keeping_size": 900}
    assert len(found["entries"]) == 10
    assert found["entries"][0] == {
        "path": "/app/media/0.jpg",
        "change": "added",
        "size": 100,
        "is_dir": False,
        "kind": "upload",
        "heroku": "gone at the next restart, and never seen by other dynos: links to it answer 404",
        "instead": "object storage such as S3 (Django: django-storages), or a column in Postgres for small files",
        "worth_keeping": True,
        "returns": False,
    }


def test_alike_files_share_a_row_and_the_missed_come_first() -> None:
    one = report(
        *(Change(f"/app/shop/__pycache__/{number}.pyc", "added", 9_999) for number in range(5)),
        *(Change(f"/app/media/covers/{number}.jpg", "added", 100) for number in range(4)),
        Change("/app/media/videos/1.mp4", "changed", 100),
        Change("/app/notes", "added", 1),
    )
    assert [(each.kind, each.change, each.folder, len(each.entries), each.size) for each in group(one.entries)] == [
        (Kind.UPLOAD, "added", "/app/media/covers", 4, 400),
        (Kind.UPLOAD, "changed", "/app/media/videos", 1, 100),
        (Kind.OTHER, "added", "/app", 1, 1),
        (Kind.BYTECODE, "added", "/app/shop/__pycache__", 5, 49_995),
    ]


@given(st.lists(CHANGES, max_size=12))
def test_any_path_can_be_reported(changes: list[Change]) -> None:
    one = report(*changes)
    assert one.summary()
    json.dumps(one.as_json())
    assert sum(len(each.entries) for each in group(one.entries)) == len(one.entries)
    assert one.size == sum(each.size or 0 for each in group(one.entries))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, ""),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (10_189, "10 KB"),
        (1_048_575, "1.0 MB"),
        (2**70, "1073741824 TB"),
    ],
)
def test_sizes(size: int | None, text: str) -> None:
    assert human(size) == text
