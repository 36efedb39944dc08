"""What Heroku allows a build (Dev Center, "Slug Compiler", "Limits")."""

from __future__ import annotations

MEGABYTE = 1024 * 1024

COMPILE_SECONDS = 15 * 60
"""Slug compilation is limited to 15 minutes (Dev Center slug-compiler, December 2024)."""

PROCESSES = 4096
"""Processes and threads of a build: own, far above what `npm` and `make` start. Memory: as much as there is, for
Heroku names no limit of its own and compilers take gigabytes."""

SLUG_BYTES = 1024 * MEGABYTE
"""1 GB since March 2026 (heroku.com/blog, bigger slugs); 500 MB before."""

SLUG_SOFT_BYTES = 300 * MEGABYTE
"""Above this Heroku warns that boot time may suffer."""


def megabytes(size: int) -> str:
    """`75.1M`, as in Heroku's `Done:` line; small slugs in kilobytes, `108K`."""
    if size < MEGABYTE:
        return f"{max(1, round(size / 1024))}K"
    return f"{size / MEGABYTE:.1f}M"
