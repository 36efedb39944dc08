"""The server's log: several processes write it, it stays small, and a full disk keeps nobody from work."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

from localku.control.server_program import log_file
from localku.server.server_log import BYTES, FILES, ServerLog, older
from localku.server.server_log_reading import follow, last

WRITER = """
import logging, sys
from pathlib import Path
from localku.server.server_log import log_here
log_here(Path(sys.argv[1]), sys.argv[2])
for number in range(int(sys.argv[3])):
    logging.getLogger("any").info("%s %d %s", sys.argv[2], number, "x" * int(sys.argv[4]))
print("printed")
raise ValueError("why it ended")
"""


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("any", logging.INFO, "file", 1, text, None, None)


def writer(home: Path, name: str, lines: int, width: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(home), name, str(lines), str(width)])


def test_lines_tell_when_and_who(tmp_path: Path) -> None:
    ServerLog(tmp_path, "router", takes_over=False).emit(record("it listens"))
    (line,), _ = last(tmp_path, 5)
    assert line.endswith(f" router[{os.getpid()}]: it listens")
    assert log_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_what_a_process_prints_and_what_ends_it_are_there(tmp_path: Path) -> None:
    writer(tmp_path, "control", 1, 1).wait()
    lines, _ = last(tmp_path, 100)
    assert "printed" in lines
    assert "ValueError: why it ended" in lines
    assert any("control[" in line and "ValueError ends" in line for line in lines)


def test_several_processes_write_five_files_and_no_more(tmp_path: Path) -> None:
    writers = [writer(tmp_path, name, 3000, 1000) for name in ("one", "two", "three")]
    assert [one.wait() for one in writers] == [1, 1, 1]
    files = [log_file(tmp_path), *(older(log_file(tmp_path), age) for age in range(1, FILES))]
    assert all(file.stat().st_size < BYTES + 20_000 for file in files)
    assert {file.name for file in (tmp_path / "server").iterdir()} == {"log.lock", *(file.name for file in files)}
    numbers: dict[str, list[int]] = {name: [] for name in ("one", "two", "three")}
    for line in last(tmp_path, 10**6)[0]:
        words = line.split()
        if len(words) == 5 and words[2] in numbers:
            numbers[words[2]].append(int(words[3]))
    for found in numbers.values():
        assert found == list(range(3000 - len(found), 3000))


def test_whoever_follows_misses_nothing_when_the_file_is_full(tmp_path: Path) -> None:
    log = ServerLog(tmp_path, "one", takes_over=False)
    log.emit(record("before"))
    lines, place = last(tmp_path, 10)
    assert len(lines) == 1
    following = follow(tmp_path, place)
    for number in range(1501):
        log.emit(record(f"{number} {'x' * 1000}"))
        if number == 0:
            assert next(following).split()[2] == "0"
    found = [int(next(following).split()[2]) for _ in range(1500)]
    assert found == list(range(1, 1501))


def test_a_full_disk_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    log_file(tmp_path).symlink_to("/dev/full")
    ServerLog(tmp_path, "one", takes_over=False).emit(record("lost"))


def test_no_log_has_no_lines(tmp_path: Path) -> None:
    assert last(tmp_path, 10) == ([], (0, 0))
