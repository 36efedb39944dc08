"""Reads what the doctor has to know of a source that has been collected."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from localku.doctor.tree import CODE, NOT_THE_APP, Blob, Tree
from localku.errors import LocalkuError
from localku.project import app_files, dependencies, package_json, procfile, python_version
from localku.project.git import git_folder
from localku.project.git.conversions import MOST_OF_POINTER, POINTER
from localku.project.sources.app_source import Source
from localku.project.sources.source_file import SourceFile

NAMED = frozenset(
    {"Procfile", ".profile", "requirements.txt", "package.json", "app.json", "runtime.txt", ".python-version",
     "bin/pre_compile", "bin/post_compile"}
)  # fmt: skip
"""Files at the top, and hooks, that are read beside code."""

MOST_BYTES = 256 * 1024
"""Of one file; what is larger was not written by hand."""


def of(collected: Source, repository: Path | None, *, most: int) -> Tree:
    """What a source says that has been collected: all but `otherwise`, of texts at most so many bytes.

    `repository` is the folder whose git tells what it ignores, and how it keeps what it has if the source is in it;
    None where there is none. LocalkuError where git refuses.
    """
    root = collected.root
    asked = repository if collected.commit else None
    package, python = _package(root), _python(root)
    paths = {one.path: one.mode for one in collected.files}
    return Tree(
        python=python.installed,
        python_left_out=python.left_out,
        mixed_encoding=_mixed_encoding(root),
        node={**_optional(package), **package.dependencies} if package else {},
        dev=package.dev_dependencies if package else {},
        scripts=package.scripts if package else {},
        python_asked=_python_asked(root),
        guess=procfile.guess(root) if procfile.NAME not in paths else None,
        files=paths,
        sizes={one.path: one.size for one in collected.files},
        texts=dict(_texts(root, collected, most)),
        blobs={path: Blob(*kept) for path, kept in git_folder.scripts(root).items()} if asked == root else {},
        commit=collected.commit,
        dirty=collected.dirty,
        untracked=collected.untracked,
        pointers=tuple(_pointers(root, collected)),
        ignored=git_folder.ignored(asked) if asked else (),
        slugignored=collected.ignored,
    )


def _python_asked(root: Path) -> tuple[str, str]:
    try:
        found = python_version.read(root)
    except LocalkuError as error:
        return "", error.message.rstrip(".")
    return (str(found), "") if found else ("", "")


def _python(root: Path) -> dependencies.PythonPackages:
    try:
        return dependencies.python_packages(root)
    except LocalkuError:
        return dependencies.PythonPackages()


def _mixed_encoding(root: Path) -> bool:
    try:
        return dependencies.has_mixed_encoding(root)
    except LocalkuError:
        return False


def _pointers(root: Path, collected: Source) -> Iterator[str]:
    try:
        attributes = app_files.read_text(root, ".gitattributes") or ""
    except LocalkuError:
        return
    if "filter=lfs" in attributes:
        for one in collected.files:
            if one.size < MOST_OF_POINTER and (_content(root, one) or b"").startswith(POINTER):
                yield one.path


def _package(root: Path) -> package_json.PackageJson | None:
    try:
        return package_json.read(root)
    except LocalkuError:
        return None


def _optional(package: package_json.PackageJson) -> Mapping[str, str]:
    found = package.raw.get("optionalDependencies")
    return {str(name): str(wanted) for name, wanted in found.items()} if isinstance(found, dict) else {}


def _texts(root: Path, collected: Source, most: int) -> Iterator[tuple[str, str]]:
    """Those that are still what was collected; where there are too many, the app's own at the top come first."""
    chosen, left = set(), most
    for one in sorted(filter(_is_worth_reading, collected.files), key=_rank):
        if one.size <= min(MOST_BYTES, left):
            left -= one.size
            chosen.add(one.path)
    for one in collected.files:
        raw = _content(root, one) if one.path in chosen else None
        if raw is not None and b"\0" not in raw[:1024]:
            yield one.path, raw.decode("utf-8", "replace")


def _is_worth_reading(one: SourceFile) -> bool:
    if one.path.rpartition("/")[2].startswith(".env"):
        return False  # values of config vars are nobody's
    if one.path.endswith("/package.json") and NOT_THE_APP.search(one.path) is None:
        return True
    return one.path.endswith(CODE) or one.path in NAMED or bool(one.mode & 0o111 and one.link is None)


def _rank(one: SourceFile) -> tuple[bool, bool, int]:
    return one.path not in NAMED, NOT_THE_APP.search(one.path) is not None, one.path.count("/")


def _content(root: Path, one: SourceFile) -> bytes | None:
    try:
        raw = app_files.read_bytes(root, one.path) or b""
    except LocalkuError:
        return None
    is_same = one.link is not None or hashlib.blake2b(raw, digest_size=20).digest() == one.digest
    return raw if is_same else None
