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
from localku.errors import LocalkuError
from localku.slugs.building import furnished
from localku.slugs.building.build_spec import spec
from localku.slugs.building.job import Job
from localku.slugs.inside.intake import PATIENCE

NAME = "localku-standby-"
"""How the name of one that waits begins; the app's UUID follows, so that an app has one. In use it has a build's."""

MARGIN = 60.0
"""Seconds before its end in which it is left alone: it must not end while it is sent an order."""

START = timedelta(minutes=2)
"""How long a start may take on an engine that is busy."""


def prepare(engine: Engine, job: Job) -> None:
    """Have a container wait for a build like this one, and furnish its image first, so that later ones start sooner."""
    with suppress(LocalkuError):
        furnished.make(engine, job)
    make(engine, job)


def make(engine: Engine, job: Job) -> None:
    """Have a container start that waits for a build like this one; nothing where one is there already.

    Whoever ends before it has started need not wait for that: the next build does, if it comes so soon.
    """
    with suppress(Conflict):
        container = furnished.container(engine, job, _spec(engine, job))
        try:
            engine.containers.start_aside(container)
        except BaseException:
            engine.containers.remove(container)
            raise


def take(engine: Engine, job: Job, now: datetime) -> str | None:
    """Return the id of the container that waits for a build like this one, and is this build's from now on."""
    try:
        found = engine.containers.inspect(_name(job))
    except NotFound:
        return None
    if found.labels.get(labels.WAITS_FOR) != _key(engine, job) or not (_is_fresh(found, now) or _starts(found, job)):
        engine.containers.remove(found.id)
        return None
    return found.id if _is_taken(engine, job, found) else None


def waits(container: Container, now: datetime) -> bool:
    """Whether it still may be sent an order: one that was, and whose localku was killed, has another name.

    One that has not started yet waits for so long as a start may take. Whoever made it may have been killed before.
    """
    starts = _is_new(container) and _since(container.created_at, now) < START
    return is_one(container) and (container.running or starts)


def is_one(container: Container) -> bool:
    """Whether it is no build's, whatever has become of it."""
    return container.name.startswith(NAME)


def _is_fresh(found: Container, now: datetime) -> bool:
    return found.running and timedelta() <= _since(found.started_at, now) < timedelta(seconds=PATIENCE - MARGIN)


def _starts(found: Container, job: Job) -> bool:
    """Whether it was made and is being started, or can be: there is nothing to put into it before."""
    return _is_new(found) and found.image == job.furnished


def _is_taken(engine: Engine, job: Job, found: Container) -> bool:
    """Make it the build's. An engine that is asked twice for one start answers when that is over."""
    try:
        if not found.running:
            engine.containers.start(found.id)
        engine.containers.rename(found.id, spec(job).name)
    except LocalkuError:
        engine.containers.remove(found.id)
        return False
    return True


def _is_new(container: Container) -> bool:
    return container.status == "created"


def _since(moment: str, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(moment[:19] + "+00:00")


def _name(job: Job) -> str:
    return f"{NAME}{job.labels[labels.APP]}"


def _spec(engine: Engine, job: Job) -> ContainerSpec:
    marks = {**job.labels, labels.ROLE: labels.ROLE_STANDBY, labels.WAITS_FOR: _key(engine, job)}
    return replace(spec(job), name=_name(job), labels=marks)


def _key(engine: Engine, job: Job) -> str:
    """Name what a build has to have in common with the one it was made by."""
    wanted = replace(spec(job), name="")
    return hashlib.blake2b(repr((wanted, furnished.key(engine, job))).encode(), digest_size=16).hexdigest()
