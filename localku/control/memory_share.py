"""How much memory a process takes: its own, and its share of what it has in common with others (PSS of proc(5))."""

from __future__ import annotations

from pathlib import Path


def of(pid: int) -> int | None:
    """In bytes; None where the process is gone, or the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("Pss:")), None)
