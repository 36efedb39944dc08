"""Sentences on every way in which the folder is not what `git push heroku` would send."""

from __future__ import annotations

from collections.abc import Iterable

from localku.project.git import conversions, submodules
from localku.project.sources.app_source import Source

NAMED = 5
"""Files a warning names before it counts."""


def sentences(files: Source) -> tuple[str, ...]:
    """What is built here and not on Heroku, and the reverse; outside git nothing."""
    other = _converted(files) if files.commit else conversions.Converted()
    told = {*files.missing, *other.pointers, *other.others}
    unsent = [path for path in (*files.dirty, *files.untracked) if path not in told] if files.commit else []
    said = (
        ("Not in the last commit, so `git push heroku` would not send it", unsent),
        ("In the last commit, so Heroku gets it, and not in this folder or no longer tracked", files.missing),
    )
    return (*(f"{text}: {_some(paths)}" for text, paths in said if paths), *_otherwise(files, other))


def otherwise(files: Source) -> tuple[str, ...]:
    """Of these sentences those on files that git calls unchanged, and on repositories inside of this one."""
    return _otherwise(files, _converted(files) if files.commit else conversions.Converted())


def _otherwise(files: Source, other: conversions.Converted) -> tuple[str, ...]:
    said = (
        ("Git LFS keeps these, and Heroku has no Git LFS: it gets the pointer in place of the file", other.pointers),
        ("Other in the commit than in this folder (git converts them), and Heroku gets the commit's", other.others),
    )
    return (*(f"{text}: {_some(paths)}" for text, paths in said if paths), *submodules.notes(files.submodules))


def _converted(files: Source) -> conversions.Converted:
    differ = {*files.dirty, *files.untracked}
    unchanged = [file.path for file in files.files if file.path not in differ and file.link is None]
    found = conversions.converted(files.root, unchanged, files.dirty) if files.may_convert else conversions.Converted()
    for one in files.submodules:
        if one.checked_out is not None:
            start = f"{one.path}/"
            same, dirty = (
                [path.removeprefix(start) for path in paths if path.startswith(start)]
                for paths in (unchanged, files.dirty)
            )
            found += conversions.converted(files.root / one.path, same, dirty).below(one.path)
    return found


def _some(paths: Iterable[str]) -> str:
    names = list(paths)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
