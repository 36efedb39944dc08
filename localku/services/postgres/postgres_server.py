"""The server of one database: a container, a volume, a port on the engine's own bridge."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from localku.engine import labels
from localku.engine.engine_errors import NotFound
from localku.engine.spec import ContainerSpec, Limits, Mount, Publish
from localku.errors import LocalkuError
from localku.services.postgres import plans, postgres_versions, readiness
from localku.services.service import Place

if TYPE_CHECKING:
    from localku.engine.client import Engine
    from localku.engine.containers import Container
    from localku.records import Addon

PORT = 5432
USER = "postgres"
"""The server starts as the user it runs as: the image's folders, and with them a new volume, are this user's."""
DATA = "/var/lib/localku-postgres"
SOCKETS = "/run/postgresql"
STOP_SECONDS = 20
READY_SECONDS = 60.0
COMING_BACK = frozenset({"running", "restarting"})
DESKTOP_HOST = "host.docker.internal"
"""The name under which both Docker Desktop's containers and its machine reach a published port."""


def start(engine: Engine, place: Place, addon: Addon) -> tuple[str, int]:
    """Start the server and wait until it answers; return host and port that dynos and psql both reach."""
    bind, host = _addresses(engine, place)
    found = _find(engine, place)
    if found is not None and not _usable(found, bind, addon):
        engine.containers.remove(found.id)
        found = None
    if found is None:
        engine.volumes.ensure(place.volume, place.labels)
        container = _create(engine, place, addon, bind, addon.port or _free_port(bind))
    else:
        container = found.id
    if found is None or not found.running:
        _start(engine, place, addon, container, bind)
    _wait_ready(engine, place)
    running = engine.containers.inspect(place.container)
    return host, running.published[PORT][1]


def running_at(engine: Engine, place: Place) -> tuple[str, int] | None:
    """Return where the server answers, None when it does not run."""
    found = _find(engine, place)
    if found is None or not found.running or PORT not in found.published:
        return None
    bind, host = _addresses(engine, place)
    return (host, found.published[PORT][1]) if found.published[PORT][0] == bind else None


def image_of(engine: Engine, place: Place) -> str | None:
    """The tag of the image that the server's container was made of, None where there is none."""
    found = _find(engine, place)
    return found.image if found else None


def is_coming_back(engine: Engine, place: Place) -> bool:
    """Whether the engine starts the server again, which has crashed: it runs, or will, and answers nowhere yet."""
    found = _find(engine, place)
    return found is not None and found.status in COMING_BACK and PORT not in found.published


def stop(engine: Engine, place: Place) -> None:
    if _find(engine, place) is not None:
        engine.containers.stop(place.container, STOP_SECONDS)


def destroy(engine: Engine, place: Place) -> None:
    engine.containers.remove(place.container)
    engine.volumes.remove(place.volume)


def _addresses(engine: Engine, place: Place) -> tuple[str, str]:
    """Return the address to publish on, and the host part of the URL."""
    gateway = engine.networks.ensure(place.network, dict(place.network_labels))
    return (gateway, gateway) if engine.shares_host_network else ("127.0.0.1", DESKTOP_HOST)


def _usable(found: Container, bind: str, addon: Addon) -> bool:
    if not found.running:
        return False
    published = found.published.get(PORT)
    return published is not None and published[0] == bind and addon.port in {0, published[1]}


def _create(engine: Engine, place: Place, addon: Addon, bind: str, port: int) -> str:
    return engine.containers.create(
        spec(postgres_versions.installed(engine, addon.version), place, addon, Publish(PORT, bind, port))
    )


def spec(image_tag: str, place: Place, addon: Addon, publish: Publish) -> ContainerSpec:
    """The container of the server, as small in rights as a server can be."""
    plan = plans.named(addon.plan)
    return ContainerSpec(
        image=image_tag,
        name=place.container,
        environment={
            "LOCALKU_ROLE": addon.role,
            "LOCALKU_PASSWORD": addon.password,
            "LOCALKU_DATABASE": addon.database,
            "LOCALKU_CONNECTION_LIMIT": str(plan.connections),
            "LOCALKU_LOG_STATEMENTS": "" if plan.is_essential else "yes",
        },
        labels={**place.labels, labels.ATTACHMENT: _attachment(addon)},
        mounts=(
            Mount(place.volume, DATA),
            Mount("", SOCKETS, labels={**place.labels, labels.ROLE: labels.ROLE_SOCKETS}),
        ),
        user=USER,
        network=place.network,
        publish=(publish,),
        limits=Limits(memory=plan.most_memory, pids=plan.processes),
        read_only=True,
        tmpfs={"/tmp": "mode=1777,size=64m"},
        restart=True,
        init=True,  # the first process gets what others leave, and PostgreSQL takes a killed one for a crash of its own
    )


def _attachment(addon: Addon) -> str:
    """The name of the app's first one, DATABASE before others."""
    own = addon.on(addon.app_id)
    return min(own, key=lambda one: (one.name != "DATABASE", one.id)).name if own else ""


def _start(engine: Engine, place: Place, addon: Addon, container: str, bind: str) -> None:
    """Start the container; where somebody else has taken its port, one in its place at another port."""
    try:
        engine.containers.start(container)
    except LocalkuError as error:
        engine.containers.remove(container)
        if "already allocated" not in error.message and "address already in use" not in error.message:
            raise
        engine.containers.start(_create(engine, place, addon, bind, _free_port(bind)))


def _free_port(bind: str) -> int:
    """Choose a port here: one of the engine's choice would be another after every restart of the engine.

    0, the engine's choice, where the address is not this machine's.
    """
    try:
        with socket.socket() as probe:
            probe.bind((bind, 0))
            return int(probe.getsockname()[1])
    except OSError:
        return 0


def _wait_ready(engine: Engine, place: Place) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        state = engine.containers.inspect(place.container)
        if not state.running:
            raise _did_not_start(place, state.error)
        if readiness.accepts(*state.published.get(PORT, ("", 0))):
            return
        time.sleep(0.05)
    raise _did_not_start(place)


def _did_not_start(place: Place, error: str = "") -> LocalkuError:
    """`error` is the engine's own, where it could not start the server again after it had ended."""
    said = f"The engine says: {error}\n" if error else ""
    return LocalkuError(
        f"The database {place.container} did not start.",
        f"{said}What it printed: docker logs {place.container}\n"
        "The usual cause is a full disk; the data in the volume is untouched.",
    )


def _find(engine: Engine, place: Place) -> Container | None:
    try:
        return engine.containers.inspect(place.container)
    except NotFound:
        return None
