"""Which program listens on a port of this machine, read from /proc."""

from __future__ import annotations

from pathlib import Path

LISTEN = "0A"


def program_on(port: int) -> str | None:
    """`python3 (process 1234)`, or None where /proc does not tell (other users' programs, other systems)."""
    inodes = _inodes(port)
    if not inodes:
        return None
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _holds(folder, inodes):
            return f"{_name(folder)} (process {folder.name})"
    return None


def _inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        file = Path(table)
        if not file.is_file():
            continue
        for row in file.read_text().splitlines()[1:]:
            fields = row.split()
            if fields[3] == LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{fields[9]}]")
    return found


def _holds(folder: Path, inodes: set[str]) -> bool:
    try:
        return any(str(link.readlink()) in inodes for link in (folder / "fd").iterdir())
    except OSError:
        return False


def _name(folder: Path) -> str:
    try:
        return (folder / "comm").read_text().strip()
    except OSError:
        return "a program"
