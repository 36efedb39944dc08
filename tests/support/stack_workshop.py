"""Containers of the stack debian-14 to run buildpacks in: nothing there depends on the Python of this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.box import Box, box

from localku.debian import debian_stack
from localku.engine.client import Engine
from localku.engine.spec import ENGINES_NETWORK, Mount
from localku.slugs import host_settings, stack


def pythons(engine: Engine) -> tuple[str, ...]:
    """Full versions of the Pythons that stand ready under /opt/localku/python of the build image."""
    found = engine.images.find(f"{debian_stack.REPOSITORY}:{debian_stack.BUILD}")
    assert found is not None
    return tuple(found.labels[debian_stack.PYTHONS].split(","))


@dataclass(frozen=True)
class Workshop:
    """`folder` is at its own path in both containers, of which the one has no network."""

    folder: Path
    online: Box
    offline: Box

    def run(self, script: str, env: Mapping[str, str], *, offline: bool = False) -> tuple[int, str]:
        """Run a bash script as an unprivileged user; return its status and what it printed."""
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        where = self.offline if offline else self.online
        command, who = ("bash", "-c", script), f"{user.pw_uid}:{user.pw_gid}"
        done = where.engine.containers.exec(where.id, command, user=who, env=env)
        return done.exit_status, done.output.decode()


@contextmanager
def workshop(engine: Engine) -> Iterator[Workshop]:
    """The certificates of this machine are there, as in every build."""
    image = stack.ensure(engine, stack.DEBIAN, lambda _step, _fraction: None).build_image
    folder = Path(tempfile.mkdtemp(prefix="lkws_"))
    folder.chmod(0o755)
    bundle = folder / "certificates"
    bundle.write_bytes(host_settings.certificates() or b"")
    mounts = Mount(str(folder), str(folder)), Mount(str(bundle), host_settings.CONTAINER_BUNDLE, read_only=True)
    try:
        with (
            box(engine, image, mounts=mounts, network=ENGINES_NETWORK) as online,
            box(engine, image, mounts=mounts) as offline,
        ):
            yield Workshop(folder, online, offline)
    finally:
        shutil.rmtree(folder)
