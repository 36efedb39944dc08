"""Whether a web dyno has bound its $PORT."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.engine.containers import Container

SECONDS = 0.5


def reachable(container: Container, port: int, *, direct: bool) -> tuple[str, int] | None:
    """Return the address the router uses for the dyno, None while the engine has not given it one."""
    if direct:
        return (container.address, port) if container.address else None
    return container.published.get(port)


def accepts(engine: Engine, container: str, address: tuple[str, int], port: int) -> bool:
    """Whether something accepts connections at $PORT on the dyno's own address, not just on its loopback."""
    if engine.shares_host_network:
        return _connects(address)
    script = f'exec 3<>"/dev/tcp/$(hostname -i)/{port}"'
    return engine.containers.exec(container, ["/bin/bash", "-c", script]).exit_status == 0


def _connects(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=SECONDS):
            return True
    except OSError:
        return False
