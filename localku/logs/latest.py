"""What the log has of one dyno: where whoever carries its output goes on after `kill -9`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from localku.logs.segments import numbers, path


@dataclass(frozen=True, slots=True)
class Latest:
    """A row without its newline, its time, and how often it stands in the log: parts of one long line can be equal."""

    row: bytes
    time: datetime
    times: int


def latest(folder: Path, source: str, proc: str) -> Latest | None:
    """Look for it from the end of the log backwards."""
    row, times = b"", 0
    for number in reversed(numbers(folder)):
        try:
            whole = path(folder, number).read_bytes()
        except FileNotFoundError:
            continue
        whole = whole[: whole.rfind(b"\n") + 1]
        row = row or _last_row(whole, f" {source}[{proc}]: ".encode())
        found = whole.split(b"\n").count(row) if row else 0
        times += found
        if times and not found:
            break
    if not row:
        return None
    return Latest(row, datetime.fromisoformat(row.partition(b" ")[0].decode()), times)


def rows(folder: Path, source: str, proc: str, since: datetime) -> Counter[bytes]:
    """Count the rows of exactly this source and proc that are not older, without their newlines."""
    head, found, oldest = f" {source}[{proc}]: ".encode(), Counter[bytes](), since.isoformat().encode()
    for number in numbers(folder):
        try:
            whole = path(folder, number).read_bytes()
        except FileNotFoundError:
            continue
        lines = whole[: whole.rfind(b"\n") + 1].split(b"\n")
        found.update(line for line in lines if line >= oldest and line[line.find(b" ") :].startswith(head))
    return found


def _last_row(whole: bytes, head: bytes) -> bytes:
    """The last row whose time is followed by `head`; empty where there is none."""
    place = whole.rfind(head)
    while place >= 0:
        begin = whole.rfind(b"\n", 0, place) + 1
        if b" " not in whole[begin:place]:
            return whole[begin : whole.index(b"\n", place)]
        place = whole.rfind(head, 0, place)
    return b""
