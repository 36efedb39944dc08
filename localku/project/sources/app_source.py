"""The source of an app, as a value: the files one build starts from, and what git says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from localku.project.git.submodules import Submodule
from localku.project.sources.source_file import SourceFile


@dataclass(frozen=True)
class Source:
    """`files` are sorted by path; `fingerprint` is a hash of their paths, modes and contents only.

    `commit` is HEAD, `dirty` the tracked files that differ from it, `missing` those of them that are not
    in the folder, `untracked` those `git push` would not send, `ignored` those .slugignore takes away,
    `warnings` sentences about .slugignore itself. `may_convert`: git may write files otherwise than the commit has
    them. Outside git `commit` is None, the others are empty.
    """

    root: Path
    files: tuple[SourceFile, ...]
    fingerprint: str
    commit: str | None = None
    dirty: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    submodules: tuple[Submodule, ...] = ()
    may_convert: bool = True
