"""A build of a large app: it is sent the files that its volume has not, and lists what its last image has not.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localku.slugs.inside import app_part, manifest, received
from localku.slugs.inside.app_part import Entries
from localku.slugs.inside.events import Compared, Event, Missing, Received
from localku.slugs.inside.intake import Intake
from localku.slugs.inside.manifest import Manifest
from localku.slugs.inside.received import File
from localku.slugs.inside.vouched import hash_of


@dataclass(frozen=True)
class LargeApp:
    """`files` are those of the source as they were when the build began."""

    order: Mapping[str, Any]
    files: Mapping[str, File]
    end_others: Callable[[], None]

    @classmethod
    def received(
        cls,
        order: Mapping[str, Any],
        trees: Collection[str],
        intake: Intake,
        tell: Callable[[Event], None],
        end_others: Callable[[], None],
    ) -> LargeApp:
        """Take what the last build got, ask for the rest, and note what there is before the build's programs run."""
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
        return cls(order, files, end_others)

    @staticmethod
    def still_needed(order: Mapping[str, Any]) -> set[str]:
        """Name the folders of earlier builds on the volume that a build has to find at its end."""
        base = order.get("source", {}).get("base")
        return {f"slug_{base['build']}"} if base else set()

    def settle(self) -> None:
        """Let nothing that the app has started change what is listed and copied from now on."""
        self.end_others()

    def compared(self, layer: str, found: Entries) -> Compared:
        """List what an image on the last one has to get, where that one is of this dependency layer."""
        out, base = Path(self.order["out_dir"]), self._base(layer)
        rows = manifest.of(found, received.intact(self.files, found))
        text = manifest.text_of(rows)
        (out / manifest.NAME).write_bytes(text)
        changed: int | None = None
        if base is not None:
            difference = manifest.difference(rows, base)
            (out / manifest.CHANGED).write_bytes(app_part.listed(difference.changed))
            (out / manifest.REMOVED).write_bytes(app_part.listed(difference.removed))
            changed = manifest.size(found, difference.changed)
        return Compared(hash_of(text), manifest.size(found, found), changed)

    def _base(self, layer: str) -> Manifest | None:
        base = self.order["source"]["base"]
        if base is None or base["layer"] != layer:
            return None
        file = Path(self.order["out_dir"]).parent / f"slug_{base['build']}" / manifest.NAME
        return manifest.read(file, base["manifest"])
