"""What a build container is sent when it runs: the order, an archive that belongs to it, and the source.

Of a large app's source it is sent what it asks for, and before that the digests of what comes.

Each comes with its length before it, so that the end of one is known and the standard input stays open: its end
means that nobody waits for the build any more (`localku.slugs.inside.intake` reads it).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from localku.slugs.archive import Archive
from localku.slugs.building import furniture
from localku.slugs.building.job import CACHE, Job
from localku.slugs.building.parcel import Parcel
from localku.slugs.inside.intake import LENGTH

PIECE = 1024 * 1024


def sent(job: Job, key: str) -> Iterator[bytes]:
    """Give the order, and what belongs to it."""
    yield from _block(json.dumps({**_order(job), "key": key}).encode())
    yield from _block(_archive(job))


def source(parcel: Parcel, *, asked: bool = False) -> Iterator[bytes]:
    """Give the source in pieces."""
    if asked:
        yield from _block(json.dumps(dict(parcel.digests)).encode())
    with parcel.archive as archive:
        size = archive.seek(0, os.SEEK_END)
        archive.seek(0)
        yield size.to_bytes(LENGTH, "big")
        while piece := archive.read(PIECE):
            yield piece


def _block(block: bytes) -> Iterator[bytes]:
    yield len(block).to_bytes(LENGTH, "big")
    yield block


def _archive(job: Job) -> bytes:
    """Return a tar for `/` of what belongs to the app's user: its config vars, and buildpacks of others."""
    archive, owner = Archive(), {"uid": job.who.uid, "gid": job.who.gid}
    for folder in ("tmp/codon", "tmp/codon/tmp", "tmp/codon/tmp/buildpacks", job.buildpack_root.lstrip("/")):
        archive.folder(folder, **owner)
    archive.folder(job.env_dir.lstrip("/"), mode=0o700, **owner)
    for name, value in job.config.items():
        archive.file(f"{job.env_dir.lstrip('/')}/{name}", value.encode(), mode=0o600, **owner)
    for number, buildpack in enumerate(job.chain.buildpacks):
        if not buildpack.own:
            archive.tree(f"{job.buildpack_root.lstrip('/')}/{number}", buildpack.folder, **owner)
    return archive.bytes()


def _order(job: Job) -> dict[str, Any]:
    own = dict(furniture.own(job))
    return {
        "build_dir": job.build_dir,
        "cache_dir": CACHE,
        "env_dir": job.env_dir,
        "out_dir": job.out_dir,
        "buildpack_root": job.buildpack_root,
        "auto": job.chain.auto,
        "layer_paths": list(job.layer_paths),
        "environment": _environment(job),
        "base": job.base.order() if job.base else None,
        **({"source": job.offer.order()} if job.offer else {}),
        "buildpacks": [
            {
                "reference": buildpack.reference,
                "dir": f"{job.buildpack_root}/{number}",
                "own": f"{furniture.BUILDPACKS}/{number}" if number in own else "",
            }
            for number, buildpack in enumerate(job.chain.buildpacks)
        ],
    }


def _environment(job: Job) -> dict[str, str]:
    """Return the variables of this one build; those of all builds are the container's."""
    return {
        "SOURCE_VERSION": job.commit or "",
        "REQUEST_ID": job.build_id,
        "BUILDPACK_LOG_FILE": os.devnull,
        "DYNO": f"run.{int(job.build_id[:4], 16) % 9000 + 1000}",
    }
