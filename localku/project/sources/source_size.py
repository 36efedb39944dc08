"""How large a source may be, and how long work on a large one is shown."""

from __future__ import annotations

from collections.abc import Mapping

from localku.errors import Invalid
from localku.project.sources.source_file import shown
from localku.telling import Progress, silent

MEGABYTE = 1024 * 1024

LIMIT = 1024 * MEGABYTE
"""Bytes of all files together, uncompressed: 1 GB for a checkout of HEAD (Dev Center, limits, January 2025)."""

NAMED = 5
"""Files named where they are too large together."""

LARGE = 10 * MEGABYTE
"""Bytes from which a file is worth naming."""

WORTH_SHOWING = 64 * MEGABYTE
"""Bytes: what is less takes no second."""

LARGE_APP = 64 * MEGABYTE
"""Bytes from which the source of an app is not sent, read and committed again where it has not changed: of 30 MB that
takes 0.4 s, which is what finding out and a file of what was seen are worth."""

STEP = 8 * MEGABYTE


def refuse_too_large(sizes: Mapping[str, int]) -> None:
    """Raise LocalkuError where the files of these sizes are more than Heroku takes. A sparse file counts in full."""
    total = sum(sizes.values())
    if total <= LIMIT:
        return
    named = ", ".join(f"{shown(path)} ({megabytes(size)})" for path, size in _largest(sizes))
    raise Invalid(
        f"The app's files are {megabytes(total)} in all; Heroku takes {megabytes(LIMIT)} at most.",
        f"The largest: {named}.\n"
        "List in .gitignore or .slugignore what the app does not need; keep data in object storage such as S3.",
    )


def _largest(sizes: Mapping[str, int]) -> list[tuple[str, int]]:
    """The largest files, or the largest folders at the top where it is their number that counts."""
    large = {path: size for path, size in sizes.items() if size >= LARGE}
    if not large:
        for path, size in sizes.items():
            top = f"{path.partition('/')[0]}/" if "/" in path else "."
            large[top] = large.get(top, 0) + size
    return sorted(large.items(), key=lambda row: (-row[1], row[0]))[:NAMED]


def megabytes(size: int) -> str:
    return f"{-(-size // MEGABYTE):,} MB"


class Report:
    """Takes the bytes done and tells `progress`, now and then, how much of all of them that is."""

    def __init__(self, step: str, total: int, progress: Progress) -> None:
        self._step = f"{step}: {megabytes(total)}"
        self._total, self._done, self._told = total, 0, 0
        self._progress = progress if total >= WORTH_SHOWING else silent

    def __call__(self, done: int) -> None:
        self._done += done
        if self._done - self._told >= STEP:
            self._told = self._done
            self._progress(self._step, min(self._done / self._total, 1.0))
