"""What a dyno prints reaches the log once and in order, whatever happens to the engine's files and to localku."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from fake_engine import frame

from localku.engine.containers import Container, Containers
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.logs.app_log import AppLog
from localku.logs.cursor import Cursor
from localku.logs.segments import numbers, path
from localku.supervisor.output import reading as reading_module
from localku.supervisor.output.journal import Journal
from localku.supervisor.output.place import stamp
from localku.supervisor.output.pump import Pump, patience
from localku.supervisor.output.reading import Past, Reading

BEGAN = datetime(2024, 6, 5, 11, 12, 35, tzinfo=UTC)


@dataclass
class Files:
    """The engine's files of one container: the last `keep` frames of what it printed.

    `before` is called at each question, with the number of frames that it is answered with by then.
    """

    keep: int = 10**9
    block: int = 7
    frames: list[bytes] = field(default_factory=list)
    ended: bool = True
    lost: bool = False
    asked: list[tuple[int | None, datetime | None]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    between: Callable[[], None] = lambda: None
    rung: threading.Event = field(default_factory=threading.Event)
    doorbells: int = 0
    time: datetime = BEGAN

    def print(self, *texts: str | bytes, stream: int = 1, apart: float = 0.000_001) -> None:
        for text in texts:
            self.time += timedelta(seconds=apart)
            self.message(text.encode() if isinstance(text, str) else text, stream)

    def message(self, text: bytes, stream: int = 1, newline: bytes = b"\n") -> None:
        written = f"{self.time:%Y-%m-%dT%H:%M:%S.%f}{len(self.frames) % 1000:03}Z ".encode()
        self.frames.append(frame(written + text + newline, stream))

    def long(self, text: bytes, size: int = 16_384, stream: int = 1) -> None:
        """One line, as Docker cuts it: all parts have one time."""
        self.time += timedelta(seconds=0.001)
        written = f"{self.time:%Y-%m-%dT%H:%M:%S.%f}000Z ".encode()
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        for number, part in enumerate(parts):
            self.frames.append(frame(written + part + b"\n" * (number == len(parts) - 1), stream))

    def printed(
        self, _container: str, *, tail: int | None = None, since: datetime | None = None
    ) -> Iterator[list[bytes]]:
        if self.lost:
            raise EngineUnavailable("gone")
        self.before()
        self.asked.append((tail, since))
        found = self.frames[-self.keep :]
        found = found if tail is None else found[-tail:]
        found = [one for one in found if since is None or _moment(one) >= since]
        for at in range(0, len(found), self.block):
            yield found[at : at + self.block]
            self.between()

    def doorbell(self, _container: str) -> Files:
        self.doorbells += 1
        return self

    def inspect(self, _container: str) -> Container:
        return cast("Container", _Started(BEGAN.isoformat()))

    @property
    def over(self) -> bool:
        return self.ended

    def wait(self, seconds: float) -> bool:
        rung = self.rung.wait(seconds)
        self.rung.clear()
        return rung

    def hang_up(self) -> None:
        pass


@dataclass(frozen=True)
class _Started:
    started_at: str


def _moment(one: bytes) -> datetime:
    return datetime.fromisoformat(stamp(one).decode())


def pumped(folder: Path, files: Files, *, resume: bool = False, container: str = "c1") -> list[str]:
    """Carry everything, to the end of the dyno; return the whole log."""
    log, ended = AppLog(folder / "log"), threading.Event()
    pump = Pump(cast("Containers", files), container, "web.1", Journal(log), ended.set, resume=resume)
    pump.start()
    assert ended.wait(20)
    assert pump.over.is_set()
    return texts(log)


def texts(log: AppLog) -> list[str]:
    return [line.message for line in log.history(1500)]


def numbered(first: int, end: int) -> list[str]:
    return [f"line {number}" for number in range(first, end)]


def test_lines_keep_their_microseconds_and_lose_their_line_ends(tmp_path: Path) -> None:
    files = Files()
    files.time = BEGAN + timedelta(microseconds=123_455)
    files.print("ein Wort ü\r", b"not \xff utf-8", "")
    assert pumped(tmp_path, files) == ["ein Wort ü", "not \ufffd utf-8", ""]
    first = AppLog(tmp_path / "log").history(3)[0]
    assert (first.time, first.source, first.proc) == (BEGAN + timedelta(microseconds=123_456), "app", "web.1")


@pytest.mark.parametrize("written", ["2024-06-05T13:12:35.5+02:00", "2024-06-05T11:12:35.500000Z"])
def test_other_engines_write_times_in_other_forms(tmp_path: Path, written: str) -> None:
    assert pumped(tmp_path, Files(frames=[frame(f"{written} one\n".encode())])) == ["one"]
    assert AppLog(tmp_path / "log").history(1)[0].time == BEGAN + timedelta(seconds=0.5)


def test_the_times_docker_puts_inside_a_long_line_do_not_get_into_the_log(tmp_path: Path) -> None:
    files = Files()
    files.long(b"x" * 16_384 + b"y" * 8_615)
    files.print("next")
    found = pumped(tmp_path, files)
    assert [len(text) for text in found] == [10_000, 10_000, 4_999, 4]
    assert "".join(found[:3]) == "x" * 16_384 + "y" * 8_615


def test_parts_of_two_long_lines_that_come_at_once_do_not_mix(tmp_path: Path) -> None:
    out, err = Files(), Files()
    out.long(b"o" * 30_000)
    err.long(b"e" * 30_000, stream=2)
    files = Files(frames=[one for pair in zip(out.frames, err.frames, strict=True) for one in pair])
    found = pumped(tmp_path, files)
    assert sorted(found) == ["e" * 10_000] * 3 + ["o" * 10_000] * 3


def test_an_output_that_ends_in_the_midst_of_a_line_is_whole(tmp_path: Path) -> None:
    files = Files()
    files.print("one")
    files.message(b"no newline", newline=b"")
    assert pumped(tmp_path, files) == ["one", "no newline"]


def test_the_pump_ends_with_the_engine_and_keeps_what_it_had(tmp_path: Path) -> None:
    files = Files(ended=False)
    files.print("one")
    files.between = lambda: setattr(files, "lost", True)
    assert pumped(tmp_path, files) == ["one"]


def test_what_comes_while_a_question_is_answered_comes_with_the_next(tmp_path: Path) -> None:
    files = Files(ended=False)
    files.print(*numbered(0, 300))
    bursts = iter([(300, 900), (900, 1_000), (1_000, 1_001), (1_001, 1_001), (1_001, 1_400)])

    def burst() -> None:
        first, end = next(bursts, (0, 0))
        files.print(*numbered(first, end))
        files.ended = not end

    files.before = burst
    assert pumped(tmp_path, files) == numbered(0, 1_400)
    assert all(tail is not None for tail, _ in files.asked[1:]), "no look but the first reads everything"


def test_a_line_rings_and_silence_asks_for_nothing(tmp_path: Path) -> None:
    files, log = Files(ended=False), AppLog(tmp_path / "log")
    pump = Pump(cast("Containers", files), "c1", "web.1", Journal(log), lambda: None)
    pump.start()
    wait_until(lambda: _settled(files))
    asked = len(files.asked)
    files.print("rings")
    files.rung.set()
    wait_until(lambda: texts(log) == ["rings"])
    assert len(files.asked) > asked
    files.ended = True
    files.rung.set()
    pump.join(5)
    assert pump.over.is_set()


def test_a_doorbell_that_is_silent_while_lines_come_is_asked_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localku.supervisor.output.pump.LOOK_ANYWAYS", (0.05,))
    files, log = Files(ended=False), AppLog(tmp_path / "log")
    pump = Pump(cast("Containers", files), "c1", "web.1", Journal(log), lambda: None)
    pump.start()
    wait_until(lambda: len(files.asked) > 10)
    assert files.doorbells == 1
    files.print("not rung for")
    wait_until(lambda: texts(log) == ["not rung for"])
    wait_until(lambda: files.doorbells == 2)
    files.ended = True
    pump.join(5)
    assert pump.over.is_set()


def test_the_longer_nothing_comes_the_more_seldom_it_looks() -> None:
    assert [patience(vain) for vain in (-1, 0, 1, 2, 10**6)] == [10, 10, 20, 40, 40]


@pytest.mark.parametrize("printed", [1, 2, 49, 50, 200])
@pytest.mark.parametrize("block", [1, 1000])
def test_a_look_at_a_container_that_has_printed_nothing_more_is_one_question(printed: int, block: int) -> None:
    files = Files(block=block)
    files.print(*numbered(0, printed))
    reading = Reading(cast("Containers", files), "c1", "web.1", _no_hole)
    assert sum(len(rows) for rows in reading.new()) == printed
    before = len(files.asked)
    assert list(reading.new()) == []
    assert len(files.asked) == before + 1


def _settled(files: Files) -> bool:
    """Whether nothing was asked for a while."""
    before = len(files.asked)
    time.sleep(0.3)
    return len(files.asked) == before


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_output_that_was_rotated_away_unread_is_named_once_and_the_log_goes_on(tmp_path: Path) -> None:
    files = Files(ended=False, keep=100)
    files.print(*numbered(0, 100))
    rounds = iter([0, 1, 0])

    def outrun() -> None:
        kind = next(rounds, None)
        if kind is None:
            files.ended = True
        elif kind:
            files.time += timedelta(seconds=60)
            files.print(*numbered(100, 1_000))

    files.before = outrun
    found = pumped(tmp_path, files)
    overflows = [text for text in found if "L10" in text]
    assert [text for text in found if text not in overflows] == numbered(0, 100) + numbered(900, 1_000)
    since, until = "2024-06-05T11:12:35.000100+00:00", "2024-06-05T11:13:35.000901+00:00"
    assert overflows == [
        f"Error L10 (output buffer overflow): messages dropped since {since}, until {until}, of web.1."
    ]
    assert found.index(overflows[0]) == 100
    assert [line.proc for line in AppLog(tmp_path / "log").history(1500, source="heroku")] == ["logplex"]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize(("printed", "is_named"), [(3, False), (30, False), (300, True)])
def test_what_was_rotated_away_before_anybody_came_is_named_before_what_is_left(
    printed: int, is_named: bool, resume: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that was killed when the dyno had just started; the files are as full as they can be."""
    monkeypatch.setattr(reading_module, "HELD", 1_000)
    monkeypatch.setattr(reading_module, "FULL", 10_000)
    files = Files()
    files.print(*numbered(0, printed))
    found = pumped(tmp_path, files, resume=resume)
    since, until = "2024-06-05T11:12:35+00:00", "2024-06-05T11:12:35.000001+00:00"
    overflow = f"Error L10 (output buffer overflow): messages dropped since {since}, until {until}, of web.1."
    assert found == [*([overflow] if is_named else []), *numbered(0, printed)]


def test_equal_parts_of_one_long_line_are_counted_when_the_place_is_looked_for(tmp_path: Path) -> None:
    files = Files(block=1)
    files.print("before")
    files.long(b"x" * 10 * 16_384)
    files.frames.insert(4, frame(f"{BEGAN:%Y-%m-%dT%H:%M:%S.%f}999Z of the other stream\n".encode(), 2))
    containers, carried = cast("Containers", files), []
    reading = Reading(containers, "c1", "web.1", _no_hole)
    whole, files.frames = files.frames, []
    for one in whole:  # one more frame at each look
        files.frames.append(one)
        carried += [row for rows in reading.new() for row in rows]
    expected = pumped(tmp_path, Files(frames=whole))
    assert [row.split(b"]: ", 1)[1].decode() for row in carried + reading.rest()] == expected


def test_times_that_are_out_of_order_by_a_little_lose_nothing(tmp_path: Path) -> None:
    files = Files(block=3)
    for number in range(300):
        files.time = BEGAN + timedelta(microseconds=number - 40 * (number % 3 == 0))
        files.message(b"line %d" % number, 1 + number % 2)
    reading = Reading(cast("Containers", files), "c1", "web.1", _no_hole)
    whole, files.frames, carried = files.frames, [], []
    while whole:
        files.frames, whole = files.frames + whole[:11], whole[11:]
        carried += [row for rows in reading.new() for row in rows]
    assert [row.split(b"]: ", 1)[1].decode() for row in carried] == numbered(0, 300)


def past(log: AppLog) -> Past:
    bookmark = log.bookmark("c1")
    return Past(bookmark.mark, bookmark.known("app", "web.1", BEGAN))


def _no_hole(since: datetime, until: datetime) -> None:
    pytest.fail(f"a hole from {since} to {until}")


@pytest.mark.parametrize("seed", range(12))
def test_killed_at_any_moment_it_goes_on_where_it_was(tmp_path: Path, seed: int) -> None:
    """The log is what it knows: equal lines, long lines, two streams, times that repeat."""
    rng = random.Random(seed)  # noqa: S311
    files = Files(block=rng.choice([1, 5, 50]))
    for number in range(120):
        kind = rng.random()
        if kind < 0.1:
            files.long(rng.choice([b"x", b"ab", "é".encode()]) * rng.choice([9_000, 20_000, 70_000]))
        else:
            files.print(f"line {number}" if kind < 0.8 else "same", stream=rng.choice([1, 2]))
    expected = pumped(tmp_path / "at once", Files(frames=files.frames))
    whole, files.frames = files.frames, []
    folder = tmp_path / "killed"
    log = AppLog(folder / "log")
    while len(files.frames) < len(whole):
        files.frames = whole[: len(files.frames) + rng.randrange(1, 40)]
        reading = Reading(cast("Containers", files), "c1", "web.1", _no_hole, past(log))
        for rows in reading.new():
            kept = rows[: rng.randrange(len(rows) + 1)] if rng.random() < 0.4 else rows
            if kept:
                log.write_rows(kept)
            if kept and rng.random() < 0.9:  # killed before it was marked
                log.bookmark("c1").put(kept[-1])
            else:
                break
            if kept is not rows:
                break  # killed in the midst of it
    assert pumped(folder, files, resume=True) == expected


def test_a_new_dyno_is_not_taken_for_the_one_before_it(tmp_path: Path) -> None:
    AppLog(tmp_path / "log").write("app", "web.1", "of an hour ago", BEGAN - timedelta(hours=1))
    files = Files()
    files.print("mine")
    assert pumped(tmp_path, files, resume=True) == ["of an hour ago", "mine"]


@pytest.mark.parametrize("trimmed", [False, True])
def test_two_dynos_of_one_name_that_overlap_go_on_where_each_of_them_was(tmp_path: Path, *, trimmed: bool) -> None:
    """The newest row of the name is of one of them alone, and the log may have none of the other's any more."""
    old, new = Files(block=3), Files(block=3)
    for number in range(40):
        old.print(f"old {number}", apart=1)
        new.time = old.time
        new.print(f"new {number}", apart=0.5)
    log = AppLog(tmp_path / "log")
    for container, files, first in (("c2", new, 11), ("c1", old, 7)):  # so many of each came, the old one's last
        whole, files.frames = files.frames, files.frames[:first]
        pumped(tmp_path, files, container=container)
        files.frames = whole
    if trimmed:
        for file in (tmp_path / "log").glob("*.log"):
            file.unlink()
        log.write("heroku", "router", "what came since")
    pumped(tmp_path, new, resume=True, container="c2")
    found = pumped(tmp_path, old, resume=True)
    first_old, first_new = (7, 11) if trimmed else (0, 0)
    assert [text for text in found if text.startswith("old")] == [f"old {number}" for number in range(first_old, 40)]
    assert [text for text in found if text.startswith("new")] == [f"new {number}" for number in range(first_new, 40)]
    assert not [text for text in found if "L10" in text]


def test_a_dyno_of_which_the_log_has_nothing_yet_begins_though_another_of_its_name_printed_later(
    tmp_path: Path,
) -> None:
    AppLog(tmp_path / "log").write("app", "web.1", "last words of the old one", BEGAN + timedelta(seconds=1))
    files = Files()
    files.print("mine", apart=5)
    assert pumped(tmp_path, files, resume=True) == ["last words of the old one", "mine"]


def test_what_was_rotated_away_while_localku_was_killed_is_named(tmp_path: Path) -> None:
    files = Files(block=500)
    files.print("before")
    pumped(tmp_path, files)
    files.frames, files.keep = [], 1_000
    files.print(*(f"{number} {'x' * 16_350}" for number in range(1_001)), apart=1)
    pumped(tmp_path, files, resume=True)
    since, until = "2024-06-05T11:12:35.000001+00:00", "2024-06-05T11:12:37.000001+00:00"
    named = f"Error L10 (output buffer overflow): messages dropped since {since}, until {until}, of web.1."
    rows = [row.text.decode().split("]: ", 1)[1] for row in Cursor(tmp_path / "log").read()]
    assert rows[:2] == ["before", named]
    assert rows[2].startswith("1 xxx")
    assert len(rows) == 2 + 2 * 1_000


def test_a_full_disk_keeps_the_place_and_not_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localku.supervisor.output.pump.FULL_DISK_PAUSE", 0.01)
    files, log = Files(ended=False), AppLog(tmp_path / "log")
    files.print(*numbered(0, 50))
    write, full = AppLog.write_rows, [0, 0, 1, 1, 1, 0, 1, 1]

    def sometimes(self: AppLog, rows: list[bytes]) -> None:
        if full and full.pop(0):
            raise LocalkuError("The disk is full.")
        write(self, rows)
        files.ended = not full

    monkeypatch.setattr(AppLog, "write_rows", sometimes)
    assert pumped(tmp_path, files) == numbered(0, 50)
    assert texts(log) == numbered(0, 50)


def test_a_full_disk_has_the_end_of_the_log_read_again_and_not_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localku.supervisor.output.pump.FULL_DISK_PAUSE", 0.01)
    files, log, read, every = Files(), AppLog(tmp_path / "log"), list[int](), set[int]()
    log.write("app", "web.1", "\n".join(["x" * 9_000] * 1_000), BEGAN - timedelta(hours=1))
    files.print(*numbered(0, 50))
    write, full = AppLog.write_rows, [1] * 4

    def sometimes(self: AppLog, rows: list[bytes]) -> None:
        if full and full.pop():
            raise LocalkuError("The disk is full.")
        write(self, rows)

    def looked_at(folder: Path, number: int) -> Path:
        read.append(number)
        every.update(numbers(folder))
        return path(folder, number)

    monkeypatch.setattr(AppLog, "write_rows", sometimes)
    monkeypatch.setattr("localku.logs.bookmark.path", looked_at)
    files.ended = False
    files.before = lambda: setattr(files, "ended", not full)
    assert pumped(tmp_path, files)[-50:] == numbered(0, 50)
    assert read
    assert set(read) <= set(sorted(every)[-2:])
    assert len(every) > 5


def test_a_process_that_has_ended_waits_for_no_disk_and_what_is_lost_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localku.supervisor.output.pump.FULL_DISK_PAUSE", 0.01)
    files, log = Files(), AppLog(tmp_path / "log")
    files.print(*numbered(0, 50))
    write, full = AppLog.write_rows, True

    def never(self: AppLog, rows: list[bytes]) -> None:
        if full:
            raise LocalkuError("The disk is full.")
        write(self, rows)

    monkeypatch.setattr(AppLog, "write_rows", never)
    journal, ended = Journal(log), threading.Event()
    Pump(cast("Containers", files), "c1", "web.1", journal, ended.set).start()
    assert ended.wait(10)
    full = False
    journal.write("heroku", "web.1", "Process exited with status 0")
    assert texts(log) == [
        "50 messages were lost here: they could not be written",
        "Process exited with status 0",
    ]


@pytest.mark.parametrize("seed", range(20))
def test_rotation_at_any_moment_leaves_one_l10_for_each_hole_and_nothing_else(seed: int) -> None:
    """What is more than `keep` frames behind is gone; the engine's file may also be rotated while it is read."""
    rng = random.Random(seed)  # noqa: S311
    files = Files(keep=200, block=rng.choice([1, 40]))
    carried: list[int | str] = []

    def hole(_since: datetime | None, _until: datetime) -> None:
        carried.append("hole")

    reading = Reading(cast("Containers", files), "c1", "web.1", hole)
    expected: list[int | str] = []
    for _ in range(40):
        first = len(files.frames)
        more = rng.choice([0, 1, 30, 150, 199, 400, 1_000])
        files.time += timedelta(seconds=rng.choice([0, 0.1, 5]))
        files.print(*numbered(first, first + more))
        if more > 200 and first:
            expected.append("hole")
        expected += range(max(first, len(files.frames) - 200), len(files.frames)) if more else []
        carried += [int(row.rpartition(b" ")[2]) for rows in reading.new() for row in rows]
    assert carried == expected
