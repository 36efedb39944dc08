"""A build container made in advance: it runs, has read our buildpacks, and waits for the app's next order.

Making one takes a third of a second or more, of a build in which one line has changed a good part. So a build whose
app was built a short while ago makes the next one's container beside its own work, and that build, if it is of the
same kind, has only to send its order. One that nobody sends anything ends by itself (`localku.slugs.inside.intake`),
and the engine takes it away.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from localku.engine import labels
from localku.engine.client import Engine
from localku.engine.containers import Container
from localku.engine.engine_errors import Conflict, NotFound
from localku.engine.spec import ContainerSpec
from localku.slugs.building import furnished
from localku.slugs.building.build_spec import spec
from localku.slugs.building.job import Job
from localku.slugs.inside.intake import PATIENCE

NAME = "localku-standby-"
"""How the name of one that waits begins; the app's UUID follows, so that an app has one. In use it has a build's."""

MARGIN = 60.0
"""Seconds before its end in which it is left alone: it must not end while it is sent an order."""


def make(engine: Engine, job: Job) -> None:
    """Start a container that waits for a build like this one; nothing where one waits already."""
    with suppress(Conflict):
        container = furnished.container(engine, job, _spec(engine, job))
        try:
            engine.containers.start(container)
        except BaseException:
            engine.containers.remove(container)
            raise


def take(engine: Engine, job: Job, now: datetime) -> str | None:
    """Return the id of the container that waits for a build like this one, and is this build's from now on."""
    try:
        found = engine.containers.inspect(_name(job))
        if not _fits(found, _key(engine, job), now):
            engine.containers.remove(found.id)
            return None
        engine.containers.rename(found.id, spec(job).name)
    except (NotFound, Conflict):
        return None
    return found.id


def waits(container: Container) -> bool:
    """Whether it still may be sent an order: one that was, and whose localku was killed, has another name."""
    return container.running and container.name.startswith(NAME)


def _fits(found: Container, key: str, now: datetime) -> bool:
    started = datetime.fromisoformat(found.started_at[:19] + "+00:00") if found.running else now
    fresh = timedelta() <= now - started < timedelta(seconds=PATIENCE - MARGIN)
    return found.running and fresh and found.labels.get(labels.WAITS_FOR) == key


def _name(job: Job) -> str:
    return f"{NAME}{job.labels[labels.APP]}"


def _spec(engine: Engine, job: Job) -> ContainerSpec:
    marks = {**job.labels, labels.ROLE: labels.ROLE_STANDBY, labels.WAITS_FOR: _key(engine, job)}
    return replace(spec(job), name=_name(job), labels=marks)


def _key(engine: Engine, job: Job) -> str:
    """Name what a build has to have in common with the one it was made by."""
    wanted = replace(spec(job), name="")
    return hashlib.blake2b(repr((wanted, furnished.key(engine, job))).encode(), digest_size=16).hexdigest()
