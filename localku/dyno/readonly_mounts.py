"""/usr and /etc of a dyno: read-only, as on Heroku.

A container with a read-only root could not have /app on it, where the engine's own comparison of files is what
`reset-fs` asks. So the folders are volumes, mounted read-only: /usr one of the run image, filled once by a
container that copies it; /etc one of each app, with its user, which the engine fills from the image.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku import locks
from localku.dyno.dyno_sizes import QUOTA_FILES, QUOTAS
from localku.engine import labels
from localku.engine.engine_errors import Conflict, NotFound
from localku.engine.spec import ContainerSpec, Mount
from localku.errors import LocalkuError
from localku.slugs.image_entry import ENTRY, ENTRY_SCRIPT, OWN_LAYERS

if TYPE_CHECKING:
    from localku.context import Context
    from localku.engine.volumes import Volume
    from localku.records import App

USR, ETC = "/usr", "/etc"
ETCS = "localku-etc-"
"""How the names of the volumes with an /etc begin."""

EMPTY = dict.fromkeys(("/home", "/media", "/mnt", "/opt", "/run/lock", "/srv"), "ro,size=4k")
"""Folders with nothing in them, and how the engine mounts nothing there."""

DONE = "/copy/share/localku-copied"

COPY = f"""set -e
if [ -e {DONE} ]; then exit 0; fi
cp -a /usr/. /copy/
printf '%s' "$ENTRY_SCRIPT" >/copy/{ENTRY.removeprefix("/usr/")}
if [ -e /sbin/docker-init ]; then install -m 0755 /sbin/docker-init /copy/sbin/docker-init; fi
mkdir -p /copy/{QUOTA_FILES}
for quota in {" ".join(QUOTAS)}; do printf '%s\\n' "$quota" >/copy/{QUOTA_FILES}/"$quota"; done
touch {DONE}
"""
"""The engine mounts its init under what we mount, so that it must be there too.

A folder that is copied stays as it is, though somebody came too late to know that: dynos may run from it.
"""


@dataclass(frozen=True)
class System:
    """`usr` is the volume that is a dyno's /usr, None where it has gone again."""

    mounts: tuple[Mount, ...]
    usr: Volume | None


@contextlib.contextmanager
def system(context: Context, app: App, image: str) -> Iterator[System]:
    """Give what a dyno of this image has mounted; create its container in the block.

    Raise NotFound when the image is gone.
    """
    key = _key(context, image)
    usr = Mount(_usr(key), USR, read_only=True)
    filled = _filled(context, key)
    if filled is None or context.engine.containers.exists(_copy(key)):
        _fill(context, image, key)
        filled = context.engine.volumes.find(_usr(key))
    name = _etc(app, key)
    etc = Mount(name, ETC, read_only=True, labels={**context.labels(app), labels.SYSTEM: key})
    with locks.waited(context.store.folder(app) / "etc.lock"):
        if not context.engine.volumes.exists(name):
            yield System((usr, etc), filled)  # the engine fills the volume while it creates the container
            return
    yield System((usr, etc), filled)


def prune(context: Context, app: App, images: Iterable[str]) -> None:
    """Remove volumes of run images that neither the stacks nor these images of the app stand on."""
    engine, keys = context.engine, set()
    for image in images:
        with contextlib.suppress(NotFound):
            keys.add(_key(context, image))
    kept = {_etc(app, key) for key in keys}
    for name in context.volumes(app):
        if name.startswith(ETCS) and name not in kept:
            engine.volumes.remove(name)
    left = [name for name in engine.volumes.labelled({labels.ROLE: labels.ROLE_SYSTEM}) if _key_of(name) not in keys]
    if not left:  # images of apps have their stack's labels, too: there may be hundreds to look at
        return
    for stack in engine.images.labelled({labels.ROLE: labels.ROLE_STACK}):
        with contextlib.suppress(NotFound):
            keys.add(_digest(context, engine.images.layers(stack.id)))
    for name in left:
        if _key_of(name) not in keys:
            engine.volumes.remove(name)


def _key_of(volume: str) -> str:
    return volume.rpartition("-")[2]


def _fill(context: Context, image: str, key: str) -> None:
    """Copy /usr once. The container that copies stays until that is done, so that whoever is killed is followed."""
    containers, name = context.engine.containers, _copy(key)
    with contextlib.suppress(Conflict):
        containers.create(_copier(image, name, key))
    with contextlib.suppress(NotFound):  # somebody else has seen it to its end
        if containers.inspect(name).status == "created":
            containers.start(name)
        status = containers.wait(name)
        containers.remove(name)
        if status != 0:
            context.engine.volumes.remove(_usr(key))
            raise LocalkuError(
                f"Could not copy {USR} of {image} for its dynos: exit status {status}.",
                "Is the engine's disk full? `docker system df` shows what uses it.",
            )


COPIES = ("CHOWN", "FOWNER", "FSETID")
"""Owners, and bits of files that are not root's own; all of them may be read without a capability."""


def _filled(context: Context, key: str) -> Volume | None:
    """Return the volume of ours. For a dyno whose volume has just gone the engine makes one without labels."""
    found = context.engine.volumes.find(_usr(key))
    if found is None or found.labels:
        return found
    return None if context.engine.volumes.remove(_usr(key)) else found  # one in use serves, too


def _copier(image: str, name: str, key: str) -> ContainerSpec:
    marks = {labels.ROLE: labels.ROLE_SYSTEM, labels.SYSTEM: key}
    return ContainerSpec(
        image=image,
        name=name,
        entrypoint=("/bin/bash", "-c"),
        command=(COPY,),
        environment={"ENTRY_SCRIPT": ENTRY_SCRIPT.decode()},
        labels=marks,
        mounts=(Mount(_usr(key), "/copy", labels=marks),),
        user="0:0",
        working_dir="/",
        capabilities=COPIES,
        init=True,
    )


def _key(context: Context, image: str) -> str:
    return _digest(context, context.engine.images.lower_layers(image, labels.STACK_LAYERS, OWN_LAYERS))


def _digest(context: Context, layers: tuple[str, ...]) -> str:
    """Name a run image by its layers, and by what else the copy depends on."""
    version = context.engine.version.encode()
    return hashlib.sha256(
        b"\n".join([version, ENTRY_SCRIPT, COPY.encode(), *(layer.encode() for layer in layers)])
    ).hexdigest()[:12]


def _copy(key: str) -> str:
    return f"{_usr(key)}-copy"


def _usr(key: str) -> str:
    return f"localku-usr-{key}"


def _etc(app: App, key: str) -> str:
    return f"{ETCS}{app.uuid}-{key}"
