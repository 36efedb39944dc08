"""What programs in a dyno read as its memory: the quota, where the kernel would tell them of the limit that kills.

That limit is twice the quota (R15), and stays as it is. Runtimes size their heaps and their number of processes by
the file that says it, Heroku's own buildpacks too, so a file with the quota lies over it. It comes from the volume
that is the dyno's /usr, by its path on the engine's machine: where an engine does not take that, dynos see the limit,
and `localku doctor` says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from localku import paths
from localku.dyno.dyno_sizes import PLACES, QUOTA_FILES, Size
from localku.engine import labels
from localku.engine.engine_errors import EngineUnavailable
from localku.engine.spec import Bind, ContainerSpec
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.context import Context
    from localku.dyno.readonly_mounts import System
    from localku.records import App

_IS = '[ "$(<"$0")" = "$1" ]'


VANISHED = "bind source path does not exist"
"""Docker's words where the volume was taken away just now, as another version of localku may do."""

DAY = 86_400.0
"""Seconds for which a refusal counts: what refuses may change, with an engine's settings or its load."""


def binds(context: Context, app: App, image: str, system: System, size: Size) -> tuple[Bind, ...]:
    """Return what makes a dyno of that size, which has this system mounted, see its quota."""
    volume, target = system.usr, PLACES.get(context.engine.facts.cgroup)
    if volume is None or not volume.place or not volume.labels or target is None:
        return ()
    found = Bind(f"{volume.place}/{QUOTA_FILES}/{size.quota}", target)
    return (found,) if _works(context, app, image, system.mounts[0].volume, found) else ()


def refusals() -> Iterable[str]:
    """What engines said that did not take the file, not long ago."""
    for file in sorted(_folder().glob("*.json")):
        if said := _told(file):
            yield said


def _folder() -> Path:
    return paths.cache() / "quota-file"


def _works(context: Context, app: App, image: str, usr: str, bind: Bind) -> bool:
    """Try it once for each volume; the answer is kept."""
    kept = _folder() / f"{usr}-{context.engine.facts.id}.json"
    said = _told(kept)
    if said is None:
        said = _tried(context, app, image, usr, bind)
        kept.parent.mkdir(exist_ok=True)
        fresh = kept.with_suffix(f".{uuid4().hex[:8]}")
        fresh.write_text(json.dumps(said))
        fresh.replace(kept)
    return said == ""


def _told(kept: Path) -> str | None:
    """Return an answer that is kept; None where there is none, or where it was a refusal and is old."""
    if not kept.is_file():
        return None
    said = str(json.loads(kept.read_text()))
    return None if said and time.time() - kept.stat().st_mtime > DAY else said


def _tried(context: Context, app: App, image: str, usr: str, bind: Bind) -> str:
    """Return what the engine says against it, nothing where a program sees what it should."""
    containers, name = context.engine.containers, f"{usr}-{uuid4().hex[:8]}"
    try:
        containers.create(
            ContainerSpec(
                image=image,
                name=name,
                entrypoint=("/bin/bash", "-c", _IS),
                command=(bind.path, Path(bind.source).name),
                labels=context.labels(app, labels.ROLE_SYSTEM),
                binds=(bind,),
            )
        )
        containers.start(name)
        return "" if containers.wait(name) == 0 else f"{bind.path} is not what was mounted there"
    except EngineUnavailable:
        raise
    except LocalkuError as error:
        if VANISHED in error.message:
            raise
        return error.message
    finally:
        with suppress(LocalkuError):
            containers.remove(name)
