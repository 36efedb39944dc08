"""Signals to all processes of a dyno, as Heroku sends them: the engine knows only the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.engine.containers import Containers


def to_all(containers: Containers, container: str, name: str) -> None:
    """Send the signal (`TERM`, `HUP`) to every process; to the first alone where the others cannot be reached."""
    if not _told(containers, container, name):
        containers.kill(container, name)


def _told(containers: Containers, container: str, name: str) -> bool:
    try:
        return containers.exec(container, ["/bin/bash", "-c", f"kill -{name} -1"]).exit_status == 0
    except LocalkuError:
        return False
