"""Which dependency files an app has, and what they say it needs."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from localku.errors import LocalkuError
from localku.project import package_json
from localku.project.files import is_file, read_json, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from localku.project.app_json import AppJson

PYTHON_FILES = ("requirements.txt", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "pyproject.toml", "setup.py")
NODE_FILES = (package_json.NAME, *package_json.LOCK_FILES)

POSTGRES_PYTHON = ("psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000", "dj-database-url")
"""Distributions that are of no use without a Postgres database, in the order they are looked for."""
POSTGRES_NODE = ("pg", "postgres", "pg-promise", "pg-native")

_ADDON = "heroku-postgresql"
_LOCKS = ("poetry.lock", "uv.lock")


def find(root: Path) -> tuple[str, ...]:
    """The names of the dependency files at the top of the app, Python's first."""
    return tuple(name for name in (*PYTHON_FILES, *NODE_FILES) if is_file(root, name))


def needs_postgres(root: Path, app_json: AppJson | None = None) -> str | None:
    """Why the app needs a Postgres database, as a sentence without its full stop, or None.

    LocalkuError when a dependency file is broken.
    """
    for addon in app_json.addons if app_json else ():
        if addon.plan.split(":")[0] == _ADDON:
            return f"app.json asks for {addon.plan}"
    python = python_packages(root)
    for name in POSTGRES_PYTHON:
        if name in python:
            return f"{python[name]} lists {name}"
    node = package_json.read(root)
    for name in POSTGRES_NODE:
        if node and name in node.dependencies:
            return f"package.json depends on {name}"
    return None


def python_packages(root: Path) -> dict[str, str]:
    """Normalised distribution name → the file that lists it first."""
    found: dict[str, str] = {}
    _requirements(root, "requirements.txt", found, set())
    pipfile = read_json(root, "Pipfile.lock") or {}
    default = pipfile.get("default")
    for name in default if isinstance(default, dict) else ():
        found.setdefault(_normalise(name), "Pipfile.lock")
    for lock in _LOCKS:
        packages = (_toml(root, lock) or {}).get("package")
        for package in packages if isinstance(packages, list) else ():
            name = package.get("name") if isinstance(package, dict) else None
            if isinstance(name, str):
                found.setdefault(_normalise(name), lock)
    return found


def _normalise(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def _requirements(root: Path, name: str, found: dict[str, str], seen: set[str]) -> None:
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
        elif distribution := _distribution(line):
            found.setdefault(_normalise(distribution), name)


def _distribution(line: str) -> str | None:
    """The distribution one requirement line is about; None for options and what cannot be told."""
    from packaging.requirements import InvalidRequirement, Requirement

    egg = re.search(r"#egg=([A-Za-z0-9._-]+)", line)
    if egg:
        return egg[1]
    try:
        return Requirement(re.split(r"\s--", line, maxsplit=1)[0]).name
    except (InvalidRequirement, RecursionError):
        return None  # pip itself will complain during the build, with more to say


def _toml(root: Path, name: str) -> dict[str, Any] | None:
    import tomllib

    text = read_text(root, name)
    if text is None:
        return None
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise LocalkuError(f"{name} is not valid TOML: {error}.", f"Make {name} anew with its own tool.") from error
