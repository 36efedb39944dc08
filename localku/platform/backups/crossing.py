"""Where the tools run that move data between an add-on's database and another server, and how they connect to both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from localku.context import Context
from localku.engine import labels
from localku.engine.spec import HOSTS_NETWORK, ContainerSpec, Limits, Mount
from localku.platform.backups.foreign_database import Foreign
from localku.records import Addon
from localku.services.postgres.moving import restoring
from localku.services.postgres.moving.relay import Relay
from localku.services.postgres.moving.restoring import Target
from localku.services.postgres.moving.tools import USER, Server
from localku.services.postgres.postgres_server import SOCKETS

_NETWORK = "/proc/self/ns/net"
_WAIT = f"readlink {_NETWORK}; exec cat >/dev/null"
"""Say which network this is, and go with whoever holds the standard input."""


@dataclass(frozen=True)
class Crossing:
    """`server` is the container of the tools; its socket is that of the add-on's server.

    It is `beside` that server, on the network of this machine, from which both servers are reached; or it is that
    server's own, and this process carries each byte between it and the other one.
    """

    server: Server
    beside: bool

    @contextmanager
    def to(self, foreign: Foreign, database: str | None = None) -> Iterator[Mapping[str, str]]:
        """Yield a tool's variables for one connection. Raises LocalkuError where nobody answers."""
        outside = foreign.connected()
        if self.beside:
            with outside:
                address = str(outside.getpeername()[0])
            yield foreign.environment(address, foreign.port, database)
        else:
            with Relay(self.server, outside) as relay:
                yield foreign.environment("127.0.0.1", relay.port, database)

    def into(self, addon: Addon, database: str, label: str) -> Target:
        """How pg_restore fills a database of the add-on's server."""
        at = (addon.host, addon.port) if self.beside else restoring.OWN_ADDRESS
        return restoring.own(database, addon.role, addon.password, label, at)


@contextmanager
def opened(context: Context, server: Server, foreign: Foreign) -> Iterator[Crossing]:
    """`server` is the add-on's own."""
    if foreign.host.startswith("/") or not context.engine.shares_host_network:
        yield Crossing(server, beside=False)
        return
    with _beside(context, server) as found:
        yield Crossing(server, beside=False) if found is None else Crossing(found, beside=True)


@contextmanager
def _beside(context: Context, server: Server) -> Iterator[Server | None]:
    """Yield a container on this process's own network; None where the engine's is another one.

    Its standard input is this process: it goes with it, and with it whatever runs there.
    """
    containers = context.engine.containers
    own = containers.inspect(server.container)
    name = f"localku-move-{token_hex(4)}"
    containers.create(_spec(context, name, own.image, own.volumes[SOCKETS]))
    try:
        stream = containers.attach_socket(name)
        containers.start(name)
    except BaseException:
        containers.remove(name)
        raise
    try:
        told = b"".join(piece for _, piece in _first(stream.frames()))
        yield Server(context.engine, name) if told.decode().strip() == str(Path(_NETWORK).readlink()) else None
    finally:
        stream.hang_up()


def _first(frames: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """The frames of the first line."""
    for number, piece in frames:
        yield number, piece
        if piece.endswith(b"\n"):
            return


def _spec(context: Context, name: str, image: str, sockets: str) -> ContainerSpec:
    return ContainerSpec(
        image=image,
        name=name,
        entrypoint=("/bin/bash", "-c", _WAIT),
        labels={labels.HOME: context.home_id, labels.ROLE: labels.ROLE_TOOL},
        mounts=(Mount(sockets, SOCKETS, read_only=True),),
        user=USER,
        network=HOSTS_NETWORK,
        limits=Limits(),
        read_only=True,
        init=True,
        stdin=True,
        auto_remove=True,
    )
