"""The house stays flat: no long chain of imports, no folder that nobody can take in at a glance."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import localku

ROOT = Path(localku.__file__).parent

DEEPEST = 9
"""Modules in the longest chain, each of which imports the next one."""

MOST_FILES = 22


@cache
def modules() -> dict[str, Path]:
    return {name_of(file): file for file in sorted(ROOT.rglob("*.py"))}


def name_of(file: Path) -> str:
    return ".".join((ROOT.name, *file.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


def imports(name: str, nodes: Iterable[ast.AST]) -> frozenset[str]:
    """The modules of ours that these statements of a module import."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (below & modules().keys()) or {node.module}
    return frozenset(found & modules().keys() - {name})


@cache
def imported_by(name: str) -> frozenset[str]:
    """What a module imports of ours as soon as it is imported itself."""
    return imports(name, ast.parse(modules()[name].read_text()).body)


@cache
def known_to(name: str) -> frozenset[str]:
    """What it imports at all: in functions and for the sake of types too."""
    return imports(name, ast.walk(ast.parse(modules()[name].read_text())))


@cache
def longest_from(name: str) -> tuple[str, ...]:
    """The longest chain that begins with the module; a circle of imports is one without end."""
    return (name, *max((longest_from(other) for other in imported_by(name)), key=len, default=()))


def test_no_chain_of_imports_is_long() -> None:
    chain = max((longest_from(name) for name in modules()), key=len)
    assert len(chain) <= DEEPEST, " imports ".join(chain)


def test_no_module_knows_itself_by_way_of_others() -> None:
    """Late imports and those for types alone are no way around: they only hide that two modules are one."""
    left = set(modules())
    while ends := {name for name in left if not known_to(name) & left} or {
        name for name in left if not any(name in known_to(other) for other in left)
    }:
        left -= ends
    assert sorted(left) == []


def test_no_folder_is_crowded() -> None:
    crowded = {str(folder): number for folder, number in Counter(file.parent for file in modules().values()).items()}
    assert {folder: number for folder, number in crowded.items() if number > MOST_FILES} == {}


def test_no_two_modules_have_one_name() -> None:
    names = Counter(file.name for file in modules().values() if file.name != "__init__.py")
    assert [name for name, number in names.items() if number > 1] == []
