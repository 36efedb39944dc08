"""Why localku differs in substance, test by test, in the names that the table has; written by hand."""

from __future__ import annotations

EXPLAINED: dict[tuple[str, str], str] = {}
