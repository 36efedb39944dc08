"""An app's build image with the furniture in it: it is made beside a build, and containers of it need no copy.

All of it is root's, its bytecode too, so that nothing in a build can change what the next one runs.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from localku.engine import labels
from localku.engine.client import Engine
from localku.engine.spec import ContainerSpec
from localku.slugs import accounts
from localku.slugs.building import furniture
from localku.slugs.building.job import PROGRAM, Job

COMPILE = ("python3", "-m", "compileall", "-q", PROGRAM)


def container(engine: Engine, job: Job, wanted: ContainerSpec) -> str:
    """Make a container (not started) of the job's build image that is furnished."""
    if _is_there(engine, job):
        return engine.containers.create(replace(wanted, image=job.furnished))
    return _furnish(engine, job, wanted)


def make(engine: Engine, job: Job) -> None:
    """Make the image unless it is there; those that were made of something else go."""
    if _is_there(engine, job):
        return
    wanted = ContainerSpec(
        image=job.image,
        name=f"localku-furnished-{job.build_id}",
        entrypoint=COMPILE[:1],
        command=COMPILE[1:],
        labels={**job.labels, labels.ROLE: labels.ROLE_BUILD},
        user="0:0",
        working_dir="/",
    )
    made = _furnish(engine, job, wanted)
    try:
        engine.containers.start(made)
        engine.containers.wait(made)  # whatever has come of it: bytecode is no more than quick
        repository, _, tag = job.furnished.partition(":")
        marks = {**job.labels, labels.ROLE: labels.ROLE_FURNISHED, labels.RECIPE: key(engine, job)}
        new = engine.containers.commit(made, repository, tag, {"Labels": marks})
    finally:
        engine.containers.remove(made)
    for image in engine.images.labelled({labels.APP: job.labels[labels.APP], labels.ROLE: labels.ROLE_FURNISHED}):
        if image.id != new:
            engine.images.remove(image.id)


def key(engine: Engine, job: Job) -> str:
    """Name all that a furnished container is made of."""
    image = engine.images.find(job.image)
    parts = (furniture.fingerprint(job), image.id if image else "")
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _is_there(engine: Engine, job: Job) -> bool:
    found = engine.images.find(job.furnished)
    return found is not None and found.labels.get(labels.RECIPE) == key(engine, job)


def _furnish(engine: Engine, job: Job, wanted: ContainerSpec) -> str:
    made = engine.containers.create(wanted)
    try:
        engine.containers.put(made, "/", furniture.archive(job, accounts.of(engine, job.image, made)))
    except BaseException:
        engine.containers.remove(made)
        raise
    return made
