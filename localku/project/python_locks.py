"""Which packages of a Python lock file a build installs, and which it leaves out: development groups, optional extras.

Heroku's Python buildpack runs `pipenv install --deploy`, `poetry sync --only main` and
`uv sync --locked --no-default-groups` (heroku-buildpack-python v351, lib/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Table = Mapping[str, Any]


@dataclass(frozen=True)
class Locked:
    """Names as the lock file writes them."""

    installed: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()


def pipenv(lock: Table) -> Locked:
    return _split(set(_table(lock.get("default"))), set(_table(lock.get("develop"))))


def poetry(lock: Table, pyproject: Table) -> Locked:
    """Read poetry.lock: since Poetry 2 it names groups, before 1.5 a category, in between neither."""
    packages = _packages(lock)
    if all("groups" in one or "category" in one for one in packages.values()):
        wanted = {name for name, one in packages.items() if _is_main(one) and one.get("optional") is not True}
    else:
        edges = {name: tuple(_table(one.get("dependencies"))) for name, one in packages.items()}
        wanted = _reachable(edges, _asked_for(pyproject))
    return _split(wanted, set(packages))


def _is_main(package: Table) -> bool:
    groups = package.get("groups", [package.get("category")])
    return isinstance(groups, list) and "main" in groups


def _asked_for(pyproject: Table) -> Iterator[str]:
    """Yield the names of the project's own dependencies, in both places that Poetry reads."""
    for line in _list(_table(pyproject.get("project")).get("dependencies")):
        yield from re.findall(r"\A\s*([\w.-]+)", line) if isinstance(line, str) else ()
    own = _table(_table(_table(pyproject.get("tool")).get("poetry")).get("dependencies"))
    for name, asked in own.items():
        if not (isinstance(asked, dict) and asked.get("optional") is True):
            yield name


def uv(lock: Table) -> Locked:
    """Read uv.lock: what the project needs without its extras and groups, and what that needs in turn."""
    packages = _packages(lock)
    roots = [name for name, one in packages.items() if "." in _table(one.get("source")).values()]
    wanted = _reachable({name: tuple(_uv_edges(one, packages)) for name, one in packages.items()}, roots)
    return _split(wanted - set(roots), set(packages) - set(roots))


def _uv_edges(package: Table, packages: Mapping[str, Table]) -> Iterator[str]:
    for one in map(_table, _list(package.get("dependencies"))):
        name = str(one.get("name"))
        yield name
        extras = _table(packages.get(name, {}).get("optional-dependencies"))
        for extra in _list(one.get("extra")):
            yield from (str(_table(also).get("name")) for also in _list(extras.get(str(extra))))


def _reachable(edges: Mapping[str, tuple[str, ...]], roots: Iterable[str]) -> set[str]:
    spelled = {_plain(name): name for name in edges}
    found: set[str] = set()
    left = list(roots)
    while left:
        name = spelled.get(_plain(left.pop()))
        if name is not None and name not in found:
            found.add(name)
            left += edges[name]
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _packages(lock: Table) -> dict[str, Table]:
    tables = (one for one in _list(lock.get("package")) if isinstance(one, dict))
    return {one["name"]: one for one in tables if isinstance(one.get("name"), str)}


def _split(wanted: set[str], known: set[str]) -> Locked:
    return Locked(frozenset(wanted), frozenset(known - wanted))


def _table(value: Any) -> Table:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
