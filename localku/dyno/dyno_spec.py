"""A dyno as a container: environment, user, limits, network (Dev Center, "Dynos")."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

from localku.dyno import dyno_environment, quota_file, readonly_mounts
from localku.dyno.memory_sample import KILL_FACTOR
from localku.engine import labels
from localku.engine.engine_errors import NotFound
from localku.engine.spec import Bind, ContainerSpec, Limits, Mount, Publish
from localku.errors import CLIENT, Kind, LocalkuError
from localku.slugs.image_entry import ENTRY

if TYPE_CHECKING:
    from localku.context import Context
    from localku.dyno.dyno_order import DynoOrder
    from localku.records import App

PORTS = range(3000, 60000)
"""Ports seen on Heroku lie between 10870 and 56483; the familiar ones are left out on purpose."""

AVOIDED_PORTS = frozenset({3000, 3306, 4200, 5000, 5432, 6379, 8000, 8080, 8888, 9000})

WAIT_FOR_ALL = """trap stopping=1 TERM
exec 3>&2 2>/dev/null
{entry} "$@" 2>&3 3>&-
status=$?
others() {{
  for process in /proc/[0-9]*; do
    if [ "$process" = /proc/1 ] || [ "$process" = /proc/$$ ]; then continue; fi
    while read -r key value; do
      if [ "$key" = PPid: ]; then break; fi
    done <"$process/status" || continue
    if [ "${{value:-0}}" != 0 ]; then return 0; fi
  done
  return 1
}}
while [ "$stopping" ] && others; do sleep 0.1; done
exit $status
"""
"""Docker ends a container with its first process; Heroku waits for all that got SIGTERM, and says R12 (§4).

What the engine itself has started inside, whose parent is 0, is nobody's process. What bash itself says, such as
`Terminated`, is not the app's output.
"""


def random_port() -> int:
    """A port that no program has written down anywhere."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        if port not in AVOIDED_PORTS:
            return port


def create(context: Context, app: App, order: DynoOrder) -> str:
    """Make the dyno's container (not started) and return its id; say what to do when its image is gone."""
    context.engine.networks.ensure(context.network, {labels.HOME: context.home_id})
    try:
        try:
            return _create(context, app, order)
        except LocalkuError as error:
            if quota_file.VANISHED not in error.message:
                raise
            return _create(context, app, order)
    except NotFound as error:
        if context.engine.images.find(order.slug.image) is not None:
            raise
        raise LocalkuError(
            f"The image {order.slug.image} is gone from the engine; the rest of {app.name} is intact.",
            f"`{CLIENT} build` creates it again.",
            kind=Kind.NOT_FOUND,
            resource="slug",
        ) from error


def _create(context: Context, app: App, order: DynoOrder) -> str:
    image = order.slug.image
    with readonly_mounts.system(context, app, image) as system:
        binds = quota_file.binds(context, app, image, system, order.size)
        return context.engine.containers.create(spec(context, app, order, system.mounts, binds))


def spec(
    context: Context, app: App, order: DynoOrder, mounts: tuple[Mount, ...] = (), binds: tuple[Bind, ...] = ()
) -> ContainerSpec:
    direct, identity = context.engine.shares_host_network, str(uuid.uuid4())
    return ContainerSpec(
        image=order.slug.image,
        name=f"localku-{app.name}-{order.name}-{secrets.token_hex(4)}",
        entrypoint=("/bin/bash", "-c", WAIT_FOR_ALL.format(entry=ENTRY), ENTRY) if order.waits else None,
        command=(order.command,),
        environment=dyno_environment.of(context, app, order, identity, binds),
        labels={
            **context.labels(app, labels.ROLE_DYNO),
            labels.DYNO: order.name,
            labels.DYNO_ID: identity,
            labels.TYPE: order.type,
            labels.RELEASE: str(order.release.version),
            labels.PORT: str(order.port),
        },
        hostname=identity,
        mounts=mounts,
        binds=binds,
        tmpfs=readonly_mounts.EMPTY,
        network=context.network,
        publish=() if direct or order.type != "web" else (Publish(order.port, "127.0.0.1"),),
        limits=Limits(
            memory=order.size.quota * KILL_FACTOR,
            pids=order.size.processes,
            cpu_shares=1024 * order.size.share,
            nproc=order.size.processes,
        ),
        init=True,
        tty=order.tty,
        stdin=order.stdin,
    )
