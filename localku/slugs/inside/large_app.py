"""A build of a large app is sent the files that its volume has not.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from localku.slugs.inside import received
from localku.slugs.inside.events import Event, Missing, Received
from localku.slugs.inside.intake import Intake
from localku.slugs.inside.received import File


def receive(
    order: Mapping[str, Any], trees: Collection[str], intake: Intake, tell: Callable[[Event], None]
) -> Mapping[str, File]:
    """Take what the last build got, ask for the rest, and return what there is before the build's programs run."""
    source, build_dir, out = order["source"], Path(order["build_dir"]), Path(order["out_dir"])
    wanted = {path: (mode, digest) for path, mode, digest in source["files"]}
    last = received.last(out.parent, source["last"], source["record"])
    taken = received.taken(last, build_dir, wanted, trees)
    tell(Missing(tuple(path for path in wanted if path not in taken)))
    digests = {path: wanted[path][1] for path in taken} | intake.answer()
    intake.unpack("/")
    out.mkdir()
    files, record = received.keep(build_dir, out, digests)
    tell(Received(record))
    return files
