"""States are enums: the product spells none of them where it compares or sets one; SQLite keeps their strings."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import localku
from localku.states import DynoState, Wanted
from localku.supervisor.dynos.dyno import fresh_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localku.context import Context
    from localku.records import App

FIELDS = {"state", "wanted"}
WORDS = {*DynoState, *Wanted}


def words(node: ast.AST) -> set[str]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and part.value in WORDS}


def spelled(tree: ast.AST) -> Iterator[int]:
    """Lines where a state is compared with a string, or set to one."""
    for node in ast.walk(tree):
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        if any(isinstance(side, ast.Attribute) and side.attr in FIELDS for side in sides) and words(node):
            yield node.lineno
        if isinstance(node, ast.keyword) and node.arg in FIELDS and words(node.value):
            yield node.value.lineno
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "want"
            and words(node)
        ):
            yield node.lineno


def test_no_state_is_a_string() -> None:
    root = Path(localku.__file__).parent
    found = [f"{file.name}:{line}" for file in root.rglob("*.py") for line in spelled(ast.parse(file.read_text()))]
    assert found == []


def test_the_search_finds_strings() -> None:
    text = 'dyno.state == "up"\ndyno.state in {"crashed"}\nmake(wanted="down")\napps.want(app, "up")\nclick == "up"\n'
    assert sorted(spelled(ast.parse(text))) == [1, 2, 3, 4]


def test_sqlite_keeps_the_strings(context: Context, app: App) -> None:
    context.store.apps.want(app, Wanted.UP)
    dyno = fresh_record(app, "web.1", datetime(2024, 6, 5, tzinfo=UTC))
    context.store.dynos.save(dyno)
    kept = context.store.db.rows("SELECT apps.wanted, dynos.state FROM apps JOIN dynos")
    assert [tuple(row) for row in kept] == [("up", "provisioning")]
    assert context.store.apps.by_id(app.id).wanted is Wanted.UP
    assert [one.state for one in context.store.dynos.of(app.id)] == [DynoState.PROVISIONING]
