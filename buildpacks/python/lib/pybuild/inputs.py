"""Everything that decides which dependencies get installed, as one checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pybuild.package_managers import FILES

_BESIDE = {
    "pipenv": ("Pipfile",),
    "poetry": ("pyproject.toml", "poetry.toml"),
    "uv": ("pyproject.toml", "uv.toml", ".python-version"),
}
_INCLUDE = re.compile(r"^[ \t]*(?:-r|-c|--requirement|--constraint)[ \t=]*(\S+)", re.MULTILINE)
_OPTION = re.compile(
    r"^[ \t]*(?:-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host|--pre|--no-binary"
    r"|--only-binary|--prefer-binary)(?:[ \t=].*)?$",
    re.MULTILINE,
)

_LOCAL = re.compile(r"^\.|/|\.(?:whl|zip|tar\.gz)$")
_OF_FOLDER = ("pyproject.toml", "setup.py", "setup.cfg", "*.whl", "*.zip", "*.tar.gz")
"""What decides on what comes of a folder, be it the source of a package or full of them."""


def checksum_of_file(build_dir: Path, manager: str) -> str:
    return hashlib.sha256((build_dir / FILES[manager][0]).read_bytes()).hexdigest()


def checksum(build_dir: Path, manager: str, config: Mapping[str, str], *, install_test: bool) -> str:
    """Return the checksum of the manager's files with all they include, and of the settings that count."""
    total = hashlib.sha256()
    for name, content in _parts(build_dir, manager, install_test=install_test):
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    total.update(f"{config.get('PIP_EXTRA_INDEX_URL', '')}\0{install_test}".encode())
    return total.hexdigest()


def requirements(build_dir: Path, *, install_test: bool = False) -> dict[str, str]:
    """Return requirements.txt and every file it includes: path within the app -> text."""
    names = ["requirements.txt", *(["requirements-test.txt"] if install_test else [])]
    waiting = [(build_dir / name).resolve() for name in names]
    found: dict[str, str] = {}
    while waiting:
        file = waiting.pop()
        name = str(file.relative_to(build_dir.resolve())) if file.is_relative_to(build_dir.resolve()) else str(file)
        if name in found or not file.is_file():
            continue
        found[name] = file.read_text("utf-8", "replace")
        waiting += [(file.parent / included).resolve() for included in _INCLUDE.findall(found[name])]
    return found


def index_options(texts: Mapping[str, str]) -> list[str]:
    """Return the lines of requirements files that say where packages come from."""
    return [line.strip() for text in texts.values() for line in _OPTION.findall(text)]


def _named(build_dir: Path, texts: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Give the files of the app that requirements files name: wheels, archives, and what folders are built by."""
    root = build_dir.resolve()
    words = {_word(each) for text in texts.values() for each in re.split(r"[\s=]+", text) if _LOCAL.search(each)}
    for path in sorted({(root / word).resolve() for word in words}):
        if not path.is_relative_to(root):
            continue
        inside = [file for pattern in _OF_FOLDER for file in path.glob(pattern)] if path.is_dir() else [path]
        for file in sorted(inside):
            if file.is_file():
                yield str(file.relative_to(root)), file.read_bytes()


def _word(text: str) -> str:
    """Return the path in a word such as `file:./a.whl#sha256` or `.[extra]`."""
    return text.removeprefix("file:").partition("#")[0].partition("[")[0]


def _parts(build_dir: Path, manager: str, *, install_test: bool) -> Iterator[tuple[str, bytes]]:
    if manager == "pip":
        texts = requirements(build_dir, install_test=install_test)
        for name, text in sorted(texts.items()):
            yield name, text.encode()
        yield from _named(build_dir, texts)
        return
    for name in (FILES[manager][0], *_BESIDE[manager]):
        if (build_dir / name).is_file():
            yield name, (build_dir / name).read_bytes()
