import itertools
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localku.errors import LocalkuError
from localku.logs.app_log import AppLog
from localku.logs.bookmark import FOLDER, Bookmark, Mark
from localku.logs.cursor import BEGINNING
from localku.logs.line import LogLine
from localku.logs.segments import HISTORY_LINES, SEGMENT_BYTES, SEGMENTS, numbers, path

MOMENT = datetime(2024, 6, 5, 11, 12, 35, 48384, tzinfo=UTC)

WRITER = """
import sys
from pathlib import Path
from localku.logs.app_log import AppLog
log = AppLog(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    log.write("app", sys.argv[2], str(number))
"""


def texts(log: AppLog, n: int = 100) -> list[str]:
    return [line.message for line in log.history(n)]


def flood(log: AppLog, rows: int) -> None:
    """Rows of 9,000 bytes and more, numbered from 0."""
    for first in range(0, rows, 500):
        log.write("app", "web.1", "\n".join(f"{number:05}" + "x" * 9_000 for number in range(first, first + 500)))


def test_a_new_log_is_empty_and_creates_nothing(tmp_path: Path) -> None:
    log = AppLog(tmp_path / "log")
    assert log.history() == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_read_back_after_a_restart(tmp_path: Path) -> None:
    AppLog(tmp_path).write("app", "web.1", b"hello\r\nworld \xff\n", MOMENT)
    assert [str(line.time) for line in AppLog(tmp_path).history()] == [str(MOMENT)] * 2
    assert texts(AppLog(tmp_path)) == ["hello", "world \ufffd"]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    AppLog(folder).write("app", "web.1", "secret")
    modes = [stat.S_IMODE(entry.stat().st_mode) for entry in [folder, *folder.iterdir()]]
    assert modes == [0o700, 0o600, 0o600]


def test_history_filters_before_it_counts(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    for number in range(5):
        log.write("app", "web.1", f"web {number}")
        log.write("app", "worker.1", f"worker {number}")
    log.write("heroku", "web.1", "State changed from starting to up")
    assert [line.message for line in log.history(2, "app", "web")] == ["web 3", "web 4"]
    assert [line.proc for line in log.history(source="heroku")] == ["web.1"]
    assert log.history(0) == []


def test_history_is_1500_lines_and_the_disk_holds_64_mb(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    flood(log, 10_000)
    assert [int(text[:5]) for text in texts(log, 99_999)] == list(range(10_000 - HISTORY_LINES, 10_000))
    held = sum(path(tmp_path, number).stat().st_size for number in numbers(tmp_path))
    assert (SEGMENTS - 1) * SEGMENT_BYTES <= held <= SEGMENTS * (SEGMENT_BYTES + 10_100)


def test_history_is_whole_where_segments_hold_few_long_lines_and_many_short_ones(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    flood(log, 1_000)
    log.write("app", "web.1", "\n".join(str(number) for number in range(1_000, 9_000)))
    flood(log, 500)
    whole = [text[:5] for text in texts(log, 99_999)]
    assert whole == [*(str(number) for number in range(8_000, 9_000)), *(f"{number:05}" for number in range(500))]


def test_a_segments_name_is_the_number_of_its_first_row(tmp_path: Path) -> None:
    flood(AppLog(tmp_path), 500)
    counted = [path(tmp_path, number).read_bytes().count(b"\n") for number in numbers(tmp_path)]
    assert len(counted) > 2
    assert numbers(tmp_path) == [1 + sum(counted[:place]) for place in range(len(counted))]


def test_the_segments_of_an_older_localku_are_read_and_gone_on_with(tmp_path: Path) -> None:
    rows = [f"2024-06-05T11:12:35.048384+00:00 app[web.1]: {number}\n" for number in range(1_100)]
    for number, segment in enumerate((rows[:500], rows[500:1000], rows[1000:]), start=4):
        path(tmp_path, number).write_text("".join(segment))
    log = AppLog(tmp_path)
    tail = log.follow(5000, poll=0.01)
    flood(log, 500)
    seen = take(tail, 1_600)
    assert seen[:1_100] == [str(number) for number in range(1_100)]
    assert [int(text[:5]) for text in seen[1_100:]] == list(range(500))


def count_aloud(log: AppLog, proc: str, each: int) -> None:
    for number in range(each):
        log.write("app", proc, str(number))


def test_threads_and_processes_lose_and_mix_nothing(tmp_path: Path) -> None:
    log, each = AppLog(tmp_path), 250
    children = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), f"worker.{child}", str(each)])
        for child in range(2)
    ]
    with ThreadPoolExecutor(4) as pool:
        for thread in range(4):
            pool.submit(count_aloud, log, f"web.{thread}", each)
    assert [child.wait() for child in children] == [0, 0]
    for proc in [f"web.{thread}" for thread in range(4)] + ["worker.0", "worker.1"]:
        assert [line.message for line in log.history(each, proc=proc)] == [str(n) for n in range(each)]


def test_a_killed_writers_half_line_does_not_spoil_the_next(tmp_path: Path) -> None:
    AppLog(tmp_path).write("app", "web.1", "before")
    with path(tmp_path, 1).open("ab") as torn:
        torn.write(b"2024-06-05T11")
    AppLog(tmp_path).write("app", "web.1", "after")
    assert texts(AppLog(tmp_path)) == ["before", "after"]


def test_a_reader_of_a_half_line_gets_the_whole_one_that_takes_its_place(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    log.write("app", "web.1", "before")
    cursor = log.cursor(BEGINNING)
    with path(tmp_path, 1).open("ab") as torn:
        torn.write(b"2024-06-05T11:12:35.048384+00:00 app[web.1]: half")
    assert [row.text[-6:] for row in cursor.read()] == [b"before"]
    log.write("app", "web.1", "whole")
    assert [row.text[-7:] for row in cursor.read()] == [b": whole"]


def test_rows_of_one_dyno_are_counted_and_those_of_others_and_older_ones_are_not(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    log.write("app", "web.1", "older", MOMENT - timedelta(microseconds=1))
    for _ in range(3):
        log.write("app", "web.1", "same", MOMENT)
    log.write("heroku", "web.1", "2024 app[web.1]: not mine", MOMENT)
    log.write("app", "web.10", "nor this: app[web.1]: x", MOMENT)
    log.write("app", "web.1", "\n".join(["x" * 10_000] * 300), MOMENT)  # in more than one segment
    known = log.bookmark("c1").known("app", "web.1", MOMENT)
    found = {row.split(b"]: ", 1)[1]: times for row, times in known.items()}
    assert found == {b"same": 3, b"x" * 10_000: 300}


def test_a_bookmark_stays_and_goes_with_its_container(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    assert log.bookmark("c1").mark is None
    for container, row in (("c1", b"first"), ("c2", b"of another"), ("c1", b"a longer one that is its last")):
        log.bookmark(container).put(f"{MOMENT.isoformat(timespec='microseconds')} app[web.1]: ".encode() + row)
    mark = log.bookmark("c1").mark
    assert mark is not None
    assert mark.time == MOMENT
    assert mark.suits(f"{MOMENT.isoformat(timespec='microseconds')} app[web.1]: a longer one that is its last".encode())
    assert not mark.suits(f"{MOMENT.isoformat(timespec='microseconds')} app[web.1]: first".encode())
    log.forget_all_but(frozenset({"c2"}))
    assert log.bookmark("c1").mark is None
    assert log.bookmark("c2").mark is not None


def read_for(bookmark: Bookmark, since: datetime, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], int]:
    """The segments that are read for the rows of web.1, and how many rows are found."""
    read: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr("localku.logs.bookmark.path", lambda folder, number: read.append(number) or path(folder, number))
        found = bookmark.known("app", "web.1", since)
    return read, found.total()


def test_rows_behind_a_mark_are_looked_for_from_its_segment_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AppLog(tmp_path)
    log.write("app", "web.1", "\n".join(["x" * 9_000] * 1_500), MOMENT)
    marked = f"{(MOMENT + timedelta(hours=1)).isoformat(timespec='microseconds')} app[web.1]: marked".encode()
    log.write_rows([marked])
    log.bookmark("c1").put(marked)
    where = numbers(tmp_path)[-1]
    log.write("app", "web.2", "\n".join(["x" * 9_000] * 300), MOMENT + timedelta(hours=1))
    log.write("app", "web.1", "behind it", MOMENT + timedelta(hours=2))
    before = [number for number in numbers(tmp_path) if number < where][-1]
    expected = [number for number in reversed(numbers(tmp_path)) if number >= before]
    assert len(expected) < len(numbers(tmp_path)) / 2
    assert read_for(log.bookmark("c1"), MOMENT + timedelta(minutes=59), monkeypatch) == (expected, 2)


def test_rows_that_are_in_an_earlier_segment_than_the_mark_are_counted_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of one long line are equal: how many of them come before the mark decides how many come behind it."""
    log = AppLog(tmp_path)
    log.write("app", "web.1", "\n".join(["x" * 9_000] * 1_000), MOMENT)
    row = f"{(MOMENT + timedelta(hours=1)).isoformat(timespec='microseconds')} app[web.1]: ".encode() + b"x" * 10_000
    log.write_rows([row] * 300)
    log.bookmark("c1").put(row)
    read, found = read_for(log.bookmark("c1"), MOMENT + timedelta(hours=1), monkeypatch)
    assert found == 300
    assert len(read) < len(numbers(tmp_path)) / 2


@pytest.mark.parametrize("first", [True, False])
def test_who_has_no_mark_looks_through_everything_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, first: bool
) -> None:
    """What a container prints comes no earlier into the log than it begins."""
    flood(AppLog(tmp_path), 500)
    bookmark, every = AppLog(tmp_path).bookmark("c1"), numbers(tmp_path)
    if first:
        bookmark.begin()
    since = MOMENT + timedelta(days=9_000)
    assert read_for(bookmark, since, monkeypatch)[0] == every[::-1][: 2 if first else None]
    assert read_for(bookmark, since, monkeypatch)[0] == every[::-1][:2]


def test_a_bookmark_of_an_older_localku_has_no_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = AppLog(tmp_path)
    row = f"{MOMENT.isoformat(timespec='microseconds')} app[web.1]: marked".encode()
    log.write_rows([row])
    flood(log, 500)
    (tmp_path / FOLDER).mkdir()
    mark = Mark.of(row)
    (tmp_path / FOLDER / "c1").write_bytes(mark.written + b" " + mark.digest + b"\n")
    bookmark = log.bookmark("c1")
    assert bookmark.mark == mark
    assert read_for(bookmark, MOMENT, monkeypatch) == (numbers(tmp_path)[::-1], 501)
    bookmark.put(row)
    assert log.bookmark("c1").mark == mark
    assert len(read_for(log.bookmark("c1"), MOMENT + timedelta(days=9_000), monkeypatch)[0]) == 2


def test_a_bookmark_makes_its_folder_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    mkdir = Path.mkdir

    def counted(folder: Path, *args: int, **options: bool) -> None:
        made.append(folder)
        mkdir(folder, *args, **options)

    monkeypatch.setattr(Path, "mkdir", counted)
    bookmark = AppLog(tmp_path).bookmark("c1")
    for number in range(3):
        bookmark.put(f"{MOMENT.isoformat(timespec='microseconds')} app[web.1]: {number}".encode())
    assert made == [tmp_path / FOLDER]
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700


def test_an_unwritable_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("in the way")
    with pytest.raises(LocalkuError, match=r"cannot be written: Not a directory\.") as error:
        AppLog(tmp_path / "log").write("app", "web.1", "x")
    assert "free space" in error.value.hint


def take(lines: Iterator[LogLine], count: int) -> list[str]:
    return [line.message for line in itertools.islice(lines, count)]


def test_follow_starts_now_and_sees_other_processes(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    log.write("app", "web.1", "old")
    tail = log.follow(poll=0.01)
    log.write("app", "web.1", "new")
    subprocess.run([sys.executable, "-c", WRITER, str(tmp_path), "web.2", "2"], check=True)
    assert take(tail, 3) == ["new", "0", "1"]


def test_follow_can_start_with_history_and_filter(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    for text in ["a", "b", "c"]:
        log.write("app", "web.1", text)
    tail = log.follow(2, proc="web", poll=0.01)
    log.write("app", "worker.1", "hidden")
    log.write("app", "web.2", "d")
    assert take(tail, 3) == ["b", "c", "d"]


def test_follow_crosses_trimming_without_a_gap(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    tail = log.follow(poll=0.001)
    wanted = [str(number) for number in range(4000)]
    seen: list[str] = []
    for first in range(0, 4000, 800):
        log.write("app", "web.1", "\n".join(wanted[first : first + 800]))
        seen += take(tail, 800)
    assert seen == wanted


def test_a_reader_that_is_too_slow_is_told_so(tmp_path: Path) -> None:
    log = AppLog(tmp_path)
    log.write("app", "web.1", "first")
    tail = log.follow()
    flood(log, 10_000)
    log.write("app", "web.1", "last")
    seen = take(itertools.takewhile(lambda line: line.message != "last", tail), 99_999)
    overflow = [text for text in seen if "L11" in text]
    assert len(overflow) == 1
    dropped = int(overflow[0].split("dropped ")[1].split()[0])
    assert overflow[0].startswith("Error L11 (Tail buffer overflow) -> This tail session dropped")
    assert dropped + len(seen) - 1 == 10_000
    assert 0 < dropped < 4_000


def test_follow_ends_after_what_was_written_before_the_stop(tmp_path: Path) -> None:
    log, stop = AppLog(tmp_path), threading.Event()
    tail = log.follow(stop=stop)
    log.write("app", "web.1", "goodbye")
    stop.set()
    assert take(tail, 9) == ["goodbye"]


def test_follow_survives_a_log_that_is_removed_and_begins_again(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    log = AppLog(folder)
    log.write("app", "web.1", "\n" * 600)
    tail = log.follow(poll=0.01)
    for entry in list(folder.iterdir()):
        entry.unlink()
    folder.rmdir()
    log.write("app", "web.1", "again")
    assert take(tail, 1) == ["again"]
