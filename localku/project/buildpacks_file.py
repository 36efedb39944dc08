""".buildpacks: the list of an app's buildpacks, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.errors import Invalid
from localku.project.app_files import read_text

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".buildpacks"


def read(root: Path) -> tuple[str, ...] | None:
    """The buildpacks the app at `root` names in order, None when there is no `.buildpacks`."""
    text = read_text(root, NAME)
    return None if text is None else parse(text)


def parse(text: str) -> tuple[str, ...]:
    """References as written: `heroku/nodejs`, a git or tarball URL with an optional `#ref`, a path."""
    references = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if len(line.split()) > 1 or line.startswith("-") or not line.isprintable():
            raise Invalid(
                f".buildpacks line {number} is not a buildpack: {line[:60]!r}",
                "Write one per line: `heroku/nodejs`, `https://github.com/USER/REPO.git#v1` or `./path`.",
            )
        references.append(line)
    return tuple(references)


def split(reference: str) -> tuple[str, str | None]:
    """`url#ref` as (url, ref); ref is None when there is none."""
    location, _, ref = reference.partition("#")
    return location, ref or None
