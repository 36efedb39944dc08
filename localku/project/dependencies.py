"""Which dependency files an app has, and what they say it needs."""

from __future__ import annotations

import codecs
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localku.errors import Invalid, LocalkuError
from localku.project import package_json, python_locks
from localku.project.app_files import is_file, read_bytes, read_json, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from packaging.markers import Marker

PYTHON_FILES = ("requirements.txt", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "pyproject.toml", "setup.py")
NODE_FILES = (package_json.NAME, *package_json.LOCK_FILES)

POSTGRES_PYTHON = (
    *("psycopg", "psycopg-binary", "psycopg-c", "psycopg2", "psycopg2-binary", "psycopg2cffi"),
    *("asyncpg", "aiopg", "pg8000"),
)
"""Drivers of Postgres, in the order they are looked for; what only reads a URL (dj-database-url) is none."""
POSTGRES_NODE = ("pg", "postgres", "pg-promise", "pg-native", "slonik")
_POSTGRES_EXTRA = re.compile(r"postgres|psycopg|asyncpg|pg8000|aiopg")
"""In `SQLAlchemy[postgresql-asyncpg]`, `databases[asyncpg]`, `tortoise-orm[psycopg]`: a driver comes with it."""


_PLAIN = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?: *(?:==|~=|>=|<=|!=|>|<) *\d+(?:\.\d+)+)?")
"""Most lines of requirements.txt: a name and perhaps a version. To read the others takes 20 ms to import alone."""


@dataclass
class PythonPackages:
    """Normalised distribution name → the file that names it first: of what a build installs, and of what it does not.

    Left out are development groups, optional extras, and what is for another platform than Linux.
    `extras` has the drivers that an extra brings: `databases[asyncpg]` → its file.
    """

    installed: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    extras: dict[str, str] = field(default_factory=dict)

    def add(self, names: Iterable[str], file: str) -> None:
        for name in names:
            self.installed.setdefault(_normalise(name), file)

    def leave_out(self, names: Iterable[str], file: str) -> None:
        for name in names:
            self.left_out.setdefault(_normalise(name), file)

    def take(self, locked: python_locks.Locked, file: str) -> None:
        self.add(locked.installed, file)
        self.leave_out(locked.left_out, file)


def find(root: Path) -> tuple[str, ...]:
    """The names of the dependency files at the top of the app, Python's first."""
    return tuple(name for name in (*PYTHON_FILES, *NODE_FILES) if is_file(root, name))


def postgres_driver(root: Path) -> str | None:
    """Which dependency talks to Postgres, as a sentence without its full stop, or None.

    Development, optional and peer dependencies do not count. LocalkuError when a dependency file is broken.
    """
    python = python_packages(root)
    for name in POSTGRES_PYTHON:
        if name in python.installed:
            return f"{python.installed[name]} lists {name}"
    for name, file in python.extras.items():
        return f"{file} lists {name}"
    node = package_json.read(root)
    for name in POSTGRES_NODE:
        if node and name in node.dependencies:
            return f"package.json depends on {name}"
    return None


def python_packages(root: Path) -> PythonPackages:
    """What the Python dependency files name. LocalkuError when one is broken."""
    found = PythonPackages()
    _requirements(root, "requirements.txt", found, set())
    found.take(python_locks.pipenv(read_json(root, "Pipfile.lock") or {}), "Pipfile.lock")
    found.take(python_locks.poetry(_toml(root, "poetry.lock") or {}, _pyproject(root)), "poetry.lock")
    found.take(python_locks.uv(_toml(root, "uv.lock") or {}), "uv.lock")
    found.left_out = {name: file for name, file in found.left_out.items() if name not in found.installed}
    return found


def _pyproject(root: Path) -> dict[str, Any]:
    """pyproject.toml, for what poetry.lock leaves open; a broken one is Poetry's to complain about."""
    try:
        return _toml(root, "pyproject.toml") or {}
    except LocalkuError:
        return {}


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(root: Path, name: str, found: PythonPackages, seen: set[str]) -> None:
    """Add what `name` lists, and the files it includes with `-r`, to `found`."""
    if name in seen or name.startswith(("../", "/")):
        return
    seen.add(name)
    text = read_text(root, name, utf16=True)
    for raw in re.sub(r"\\\r?\n", "", text or "").splitlines():
        line = re.sub(r"(^|\s)#.*$", "", raw.removeprefix("\ufeff")).strip()
        included = re.match(r"(?:-r\s*|--requirement[\s=]+)(\S.*)$", line)
        if included:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), included[1].strip()))
            _requirements(root, path, found, seen)
        else:
            _requirement(line, name, found)


def _requirement(line: str, file: str, found: PythonPackages) -> None:
    """Add the distribution one requirement line is about; options and what cannot be told are none."""
    plain = _PLAIN.fullmatch(line)
    if plain:
        found.add([plain[1]], file)
        return
    from packaging.requirements import InvalidRequirement, Requirement

    egg = re.search(r"#egg=([A-Za-z0-9._-]+)", line)
    if egg:
        found.add([egg[1]], file)
        return
    try:
        asked = Requirement(re.split(r"\s--", line, maxsplit=1)[0])
    except (InvalidRequirement, RecursionError):
        return  # pip itself will complain during the build, with more to say
    if asked.marker is not None and not _holds_on_linux(asked.marker):
        found.leave_out([asked.name], file)
        return
    found.add([asked.name], file)
    for extra in sorted(asked.extras):
        if _POSTGRES_EXTRA.search(extra.lower()):
            found.extras.setdefault(f"{asked.name}[{extra}]", file)


def has_mixed_encoding(root: Path) -> bool:
    """Whether requirements.txt is UTF-16 in part: what Windows PowerShell's `>` began or its `>>` went on with."""
    raw = read_bytes(root, "requirements.txt") or b""
    if not raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return b"\0" in raw
    try:
        text = raw.decode("utf-16")
    except UnicodeDecodeError:
        return True
    return any(not re.sub(r"(^|\s)#.*$", "", line).isascii() for line in text.splitlines())


_LINUX = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux"}
_PYTHONS = tuple(f"3.{minor}" for minor in range(8, 20))


def _holds_on_linux(marker: Marker) -> bool:
    """Whether a build on Linux may install what has the marker; which Python it has is not asked here."""
    return any(
        marker.evaluate({**_LINUX, "python_version": version, "python_full_version": f"{version}.0"})
        for version in _PYTHONS
    )


def _toml(root: Path, name: str) -> dict[str, Any] | None:
    text = read_text(root, name)
    if text is None:
        return None
    import tomllib

    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{name} is not valid TOML: {error}.", f"Create {name} again with its own tool.") from error
