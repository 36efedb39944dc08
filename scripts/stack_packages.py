#!/usr/bin/env python3
"""Print, as docs/stacks.md has it, what packages a stack of Heroku's has and debian-14 lacks.

    scripts/stack_packages.py BASE_IMAGES [heroku-26]

BASE_IMAGES is a checkout of github.com/heroku/base-images, which publishes the lists. The images of debian-14 have to
be on the engine.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OURS = {"": "localku/stack:debian-14", "-build": "localku/stack:debian-14-build"}
WIDTH = 116


def main(base_images: Path, stack: str = "heroku-26") -> None:
    run, build = (lacking(base_images, stack, kind) for kind in OURS)
    print(shown("run image", run))
    print()
    print(shown("build image, besides", build - run))


def lacking(base_images: Path, stack: str, kind: str) -> set[str]:
    lines = (base_images / f"{stack}{kind}" / "installed-packages-amd64.txt").read_text().splitlines()
    herokus = {line.partition(":")[0].strip() for line in lines if line.strip() and not line.startswith("#")}
    return herokus - ours(OURS[kind])


def ours(image: str) -> set[str]:
    ask = ["docker", "run", "--rm", "--network=none", "--entrypoint=dpkg-query", image, "-W", "-f", "${Package}\n"]
    return set(subprocess.run(ask, capture_output=True, text=True, check=True).stdout.split())


def shown(title: str, names: set[str]) -> str:
    return f"{title} ({len(names)}):\n\n```\n{filled(sorted(names))}\n```"


def filled(names: list[str]) -> str:
    lines = [""]
    for name in names:
        if lines[-1] and len(lines[-1]) + 1 + len(name) > WIDTH:
            lines.append("")
        lines[-1] += f" {name}" if lines[-1] else name
    return "\n".join(lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
