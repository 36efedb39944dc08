"""What git says about a folder: read only, and without running anything that the folder's repository names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from localku.project.git import conversions, submodules
from localku.project.git.git_open import Opened, opened
from localku.project.git.git_own import Git
from localku.project.git.git_theirs import Repository
from localku.project.git.submodules import GITLINK, Fate, Submodule

_SCRIPTS = (":(glob)Procfile", ":(glob)bin/**", ":(glob)scripts/**", ":(glob)*", ":(glob).profile.d/*")
_LINK = "120000"
_OTHER = "? "
_DIFF = ("diff", "-z", "--name-status", "--relative", "--no-ext-diff", "--no-textconv", "--no-renames")


@dataclass(frozen=True)
class Listing:
    """POSIX paths relative to the folder; odd bytes as surrogates. `commit` is HEAD in hexadecimal.

    `changed` differ from the commit, those of them that are `missing` are not in the folder, or no longer tracked.
    `modes` are those of git where the folder's own say nothing (core.fileMode and core.symlinks are off): 0o644,
    0o755, or 0o777 for a link. `may_convert`: git may write a file otherwise than the commit has it, or may be told
    to by somebody above the folder.
    """

    tracked: tuple[str, ...]
    untracked: tuple[str, ...]
    changed: tuple[str, ...]
    commit: str | None
    missing: tuple[str, ...] = ()
    submodules: tuple[Submodule, ...] = ()
    modes: Mapping[str, int] = field(default_factory=dict)
    may_convert: bool = field(default=True, compare=False)


class _Entry(NamedTuple):
    """One of the index. `flagged`: git is told not to look whether the file differs."""

    path: str
    mode: str
    object: str
    stage: str
    flagged: bool


def listing(root: Path) -> Listing | None:
    """What git tracks and would track below `root`; files of submodules with a URL are among them.

    None when `root` is in no work tree, is itself ignored by the repository around it, or git is not
    installed. LocalkuError when git refuses.
    """
    return _listing(root, None)


def scripts(root: Path) -> dict[str, tuple[bool, bool]]:
    """How git keeps the Procfile and what looks like a script: (executable, has CRLF line ends) by path."""
    with opened(root) as found:
        output = found.git.run("ls-files", "-z", "--stage", "--eol", "--", *_SCRIPTS) if found else b""
    kept = {}
    for record in output.split(b"\0"):
        about, _, rest = record.partition(b"\t")  # mode, hash and stage, then line ends, then the path
        ends, _, path = rest.partition(b"\t")
        if path:
            kept[os.fsdecode(path)] = (about.startswith(b"100755"), ends.startswith((b"i/crlf", b"i/mixed")))
    return kept


def ignored(root: Path) -> tuple[str, ...]:
    """Paths in the folder that git ignores; a folder ignored as a whole is one path that ends in `/`."""
    with opened(root) as found:
        if found is None:
            return ()
        return _paths(found.git.run("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"))


def _listing(root: Path, repository: Repository | None) -> Listing | None:
    with opened(root, repository) as found:
        if found is None:
            return None
        git = found.git
        entries, others = _files(git)
        if not entries and not others and git.try_run("check-ignore", "--quiet", ".").returncode == 0:
            return None
        tracked = tuple(dict.fromkeys(entry.path for entry in entries if entry.mode != GITLINK))
        changed, missing = _changed(git, entries) if found.commit else (tracked, ())
        converts = bool(found.prefix) or conversions.asked_for(found, (*tracked, *others))
        outer = Listing(tracked, others, changed, found.commit, missing, (), _modes(found, entries), converts)
        links = {entry.path: entry.object for entry in entries if entry.mode == GITLINK}
        return _with_submodules(found, outer, links) if links else outer


def _files(git: Git) -> tuple[tuple[_Entry, ...], tuple[str, ...]]:
    """What is in the index, and what git does not know of and would not ignore.

    Of the former it prints `tag mode hash stage<TAB>path`: a small tag is assumed unchanged, S is not checked out.
    Of the latter, `? path`.
    """
    output = git.run("ls-files", "-z", "-v", "--stage", "--cached", "--others", "--exclude-standard")
    records = [record for record in os.fsdecode(output).split("\0") if record]
    others = tuple(record.removeprefix(_OTHER) for record in records if record.startswith(_OTHER))
    return tuple(_entry(record) for record in records if not record.startswith(_OTHER)), others


def _entry(record: str) -> _Entry:
    about, _, path = record.partition("\t")
    tag, mode, name, stage = about.split(" ")
    return _Entry(path, mode, name, stage, tag not in "HM")


def _changed(git: Git, entries: tuple[_Entry, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    flagged = [entry for entry in entries if entry.flagged and entry.mode != GITLINK]
    if flagged:  # into our copy of the index without the flags, so that git does look
        records = (f"{one.mode} {one.object} {one.stage}\t{one.path}\0" for one in flagged)
        git.run("update-index", "-z", "--index-info", stdin=os.fsencode("".join(records)))
    output = _paths(git.run(*_DIFF, "--ignore-submodules=all", "HEAD", "--"))
    pairs = tuple(zip(output[::2], output[1::2], strict=True))
    return tuple(path for _, path in pairs), tuple(path for status, path in pairs if status == "D")


def _modes(found: Opened, entries: tuple[_Entry, ...]) -> dict[str, int]:
    if found.settings.on("core.symlinks") and found.settings.on("core.filemode"):
        return {}
    modes = {}
    for entry in entries:
        if entry.mode == _LINK and not found.settings.on("core.symlinks"):
            modes[entry.path] = 0o777
        elif entry.mode in {"100644", "100755"} and not found.settings.on("core.filemode"):
            modes[entry.path] = int(entry.mode[-3:], 8)
    return modes


def _with_submodules(found: Opened, outer: Listing, links: Mapping[str, str]) -> Listing:
    known = submodules.modules(found.git, ":.gitmodules")
    heads = submodules.recorded(found.git, tuple(links)) if found.commit else {}
    modules, inners = [], {}
    for path in links:
        full = f"{found.prefix}{path}"
        fate = known.fate(full)
        there = submodules.inside(found.git.cwd, path) if fate is Fate.FETCHED else None
        inner = _listing(found.git.cwd / path, there) if there else None
        commit = inner.commit if inner else None
        modules.append(Submodule(path, fate, heads.get(path), commit, known.urls.get(full, "")))
        if inner:
            inners[path] = inner
    return _merged(outer, inners, tuple(modules))


def _merged(outer: Listing, inners: Mapping[str, Listing], modules: tuple[Submodule, ...]) -> Listing:
    def all_of(own: tuple[str, ...], name: str) -> tuple[str, ...]:
        added = (f"{path}/{one}" for path, inner in inners.items() for one in getattr(inner, name))
        return tuple(dict.fromkeys((*own, *added)))

    below = [replace(one, path=f"{path}/{one.path}") for path, inner in inners.items() for one in inner.submodules]
    modes = {f"{path}/{name}": mode for path, inner in inners.items() for name, mode in inner.modes.items()}
    return Listing(
        all_of(outer.tracked, "tracked"),
        all_of(outer.untracked, "untracked"),
        all_of(outer.changed, "changed"),
        outer.commit,
        all_of(outer.missing, "missing"),
        (*modules, *below),
        {**outer.modes, **modes},
        outer.may_convert,
    )


def _paths(output: bytes) -> tuple[str, ...]:
    return tuple(path for path in os.fsdecode(output).split("\0") if path)
