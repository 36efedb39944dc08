"""Runs the driver of a build container for one build in folders of a test's own.

    build_once.py ORDER.json

The order is the driver's, and besides: `volume` is what /tmp is in the container, `library` is
where our own buildpacks lie, `events` is a file for the reports. With a `source`, as large apps have it, what the
driver asks for is in the folder `sent`.
"""

import contextlib
import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[4])]

from localku.slugs.inside import chain_driver, forked, large_app, surroundings  # noqa: E402
from localku.slugs.inside.events import Event, Missing  # noqa: E402
from localku.slugs.inside.intake import Intake  # noqa: E402
from localku.slugs.inside.received import File  # noqa: E402


class Sender(Intake):
    """Sends what is missing by copying it: files with whole seconds for times, as tar has them, and every link."""

    def __init__(self, sent: Path, build_dir: Path, digests: dict[str, str]) -> None:
        self._sent, self._build_dir, self._digests = sent, build_dir, digests
        self.missing: tuple[str, ...] = ()

    def answer(self) -> dict[str, str]:
        return {path: self._digests[path] for path in self.missing}

    def unpack(self, _folder: str) -> None:
        links = [str(each.relative_to(self._sent)) for each in self._sent.rglob("*") if each.is_symlink()]
        for path in (*self.missing, *links):
            target = self._build_dir / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._sent / path, target, follow_symlinks=False)
            if path not in links:
                os.utime(target, (int(target.stat().st_mtime),) * 2)


def main(file: str) -> int:
    order = json.loads(Path(file).read_text())
    chain_driver.VOLUME = Path(order["volume"])
    order["for_our_own"] = surroundings.take(os.environ)
    reports = Path(order["events"])

    def tell(event: Event) -> None:
        with reports.open("a") as out:
            out.write(json.dumps({"event": type(event).__name__, **dataclasses.asdict(event)}) + "\n")

    received: Mapping[str, File] = {}
    if "source" in order:
        digests = {path: digest for path, _, digest in order["source"]["files"]}
        sender = Sender(Path(order["sent"]), Path(order["build_dir"]), digests)

        def heard(event: Event) -> None:
            if isinstance(event, Missing):
                sender.missing = event.paths
            tell(event)

        trees = chain_driver.last_build(order).trees
        received = large_app.receive(order, trees, sender, heard)
    forked.preload(Path(order["library"]), lambda: True)
    for buildpack in order["buildpacks"]:
        chain_driver.furnish(Path(buildpack["own"]), Path(buildpack["dir"]))
    chain_driver.remove(chain_driver.leftovers(order))
    status = chain_driver.build(order, tell, received)
    with contextlib.suppress(ChildProcessError):  # a container would end what a failed build leaves
        while True:
            os.wait()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
