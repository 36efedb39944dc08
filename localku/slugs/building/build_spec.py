"""The container of a build, as a value: nothing in it is of one build but its name."""

from __future__ import annotations

from localku.engine import labels
from localku.engine.spec import ENGINES_NETWORK, NO_NETWORK, ContainerSpec, Limits, Mount
from localku.slugs.build_limits import PROCESSES
from localku.slugs.building.job import PROGRAM, Job

BUILD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""PATH during a build (heroku-24-build, its environment)."""


def spec(job: Job) -> ContainerSpec:
    """Return the container that the job's build runs in."""
    return ContainerSpec(
        image=job.image,
        name=f"localku-build-{job.build_id}",
        entrypoint=("python3",),
        command=(PROGRAM,),
        environment=_environment(job),
        labels={**job.labels, labels.ROLE: labels.ROLE_BUILD},
        mounts=(Mount(job.volume, "/tmp"),),
        user=f"{job.who.uid}:{job.who.gid}",
        working_dir="/app",
        network=NO_NETWORK if job.offline else job.network or ENGINES_NETWORK,
        limits=Limits(pids=PROCESSES),
        init=True,
        stdin=True,
        auto_remove=True,
    )


def _stack(job: Job) -> dict[str, str]:
    """Say which it is: buildpacks of others know Heroku's alone (heroku-buildpack-python, lib/checks.sh)."""
    return {"STACK": job.stands_for, "LOCALKU_STACK": job.stack} if job.stands_for else {"STACK": job.stack}


def _environment(job: Job) -> dict[str, str]:
    return {
        "PATH": BUILD_PATH,
        "HOME": "/app",
        **_stack(job),
        **job.host,
    }
