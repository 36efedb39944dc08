"""Evidence made of a folder's files and a log as people read it."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from localku.doctor.causes import CAUSES
from localku.doctor.evidence import Evidence
from localku.doctor.finding import Finding
from localku.logs.line import LogLine
from localku.platform import folder_tree

START = datetime(2024, 6, 5, 11, 12, 35, tzinfo=UTC)
GIT = ("git", "-c", "user.name=T", "-c", "user.email=t@example.com")


def evidence(
    root: Path, files: dict[str, str] | None = None, log: str = "", *, git: bool = False, **facts: Any
) -> Evidence:
    """`log` has lines such as `app[web.1]: text`; a line without a prefix goes on with the one before."""
    for name, text in (files or {}).items():
        file = root / name.rstrip("*")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        file.chmod(0o755 if name.endswith("*") else 0o644)
    if git:
        commit(root)
    made = Evidence(app="one", tree=folder_tree.read(root), log=lines(log), has_slug=True, types={"web": "run"})
    return replace(made, **facts)


def commit(root: Path) -> None:
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "first")):
        subprocess.run([*GIT, *arguments], cwd=root, check=True, capture_output=True)


def lines(text: str) -> tuple[LogLine, ...]:
    found: list[LogLine] = []
    for number, row in enumerate(text.strip("\n").splitlines()):
        head, colon, message = row.partition("]: ")
        source, bracket, proc = head.partition("[")
        moment = START + timedelta(milliseconds=100 * number)
        if colon and bracket and source in {"app", "heroku", "localku"}:
            found.append(LogLine(moment, source, proc, message))
        elif found:
            found.append(replace(found[-1], time=moment, message=row))
    return tuple(found)


def judge(number: int, seen: Evidence) -> Finding | None:
    """What one cause says to the evidence."""
    return next(cause for cause in CAUSES if cause.number == number).judge(seen)
