"""What the server's parent writes of its children, for whoever asks while control cannot answer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from localku.control import codec
from localku.control.messages import ProcessStatus


@dataclass(frozen=True)
class Processes:
    all: tuple[ProcessStatus, ...]


def write(home: Path, processes: tuple[ProcessStatus, ...]) -> None:
    """Keep it; a full disk is no reason to do without a server."""
    new = _file(home).with_suffix(".new")
    with suppress(OSError):
        new.write_bytes(codec.encode(Processes(processes)))
        new.replace(_file(home))


def read(home: Path) -> tuple[ProcessStatus, ...]:
    """The processes of the server that runs, or of the last one."""
    try:
        return codec.decode(_file(home).read_bytes(), (Processes,)).all
    except (OSError, codec.Garbled):
        return ()


def _file(home: Path) -> Path:
    return home / "server" / "processes.json"
