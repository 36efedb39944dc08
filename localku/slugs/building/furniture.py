"""What a build container has before it starts: its user, the certificates, our driver and our own buildpacks.

All of it belongs to root, so that nothing in the build can change it, and none of it is of one build: a container
that was made in advance has it too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from localku.slugs import host_settings, users
from localku.slugs.archive import Archive
from localku.slugs.building.job import PROGRAM, Job
from localku.slugs.values import Buildpack

INSIDE = Path(__file__).parent.parent / "inside"
DRIVER = tuple(sorted(file.name for file in INSIDE.glob("*.py")))

MAIN = b"""import sys
from localku.slugs.inside.alone import end_others
from localku.slugs.inside.chain_driver import main
sys.exit(main(end_others=end_others))
"""
BUILDPACKS = f"{PROGRAM}/buildpacks"
"""Where our own buildpacks lie, a folder for each, named for its place in the chain."""


def archive(job: Job, etc: Mapping[str, str]) -> bytes:
    """Return a tar for `/` of a container of the job's image, which has these `passwd` and `group` in /etc."""
    made, who = Archive(), job.who
    made.file("etc/passwd", users.passwd(etc["passwd"], who).encode())
    made.file("etc/group", users.group(etc["group"]).encode())
    if job.certificates:
        made.file(host_settings.CONTAINER_BUNDLE.lstrip("/"), job.certificates)
    made.folder("app", uid=who.uid, gid=who.gid)
    base = PROGRAM.lstrip("/")
    for folder in (base, f"{base}/localku", f"{base}/localku/slugs", f"{base}/localku/slugs/inside"):
        made.folder(folder)
    made.file(f"{base}/__main__.py", MAIN)
    for name in DRIVER:
        made.file(f"{base}/localku/slugs/inside/{name}", (INSIDE / name).read_bytes())
    for number, buildpack in own(job):
        place = f"{BUILDPACKS.lstrip('/')}/{number}"
        made.tree(place, buildpack.folder, uid=0, gid=0)
        for package in buildpack.shared:
            made.tree(f"{place}/lib/{package.name}", package, uid=0, gid=0)
    return made.bytes()


def own(job: Job) -> Iterator[tuple[int, Buildpack]]:
    """Give the buildpacks of the chain that are our own, with their places in it."""
    for number, buildpack in enumerate(job.chain.buildpacks):
        if buildpack.own:
            yield number, buildpack


def fingerprint(job: Job) -> str:
    """Name what `archive` puts in, as far as the image does not decide it."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((job.who, [(number, one.fingerprint) for number, one in own(job)])).encode())
    digest.update(job.certificates or b"")
    for name in DRIVER:
        digest.update((INSIDE / name).read_bytes())
    return digest.hexdigest()
