"""A face parses, calls a verb and renders: it knows neither tables nor engine, and what it passes on has a type."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from localku import cli

ROOT = Path(cli.__file__).parent

UNTYPED = {"terminal.py: show_json", "terminal.py: _worded"}
"""They take whatever JSON can be."""

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(ROOT.rglob("*.py")):
        yield str(file.relative_to(ROOT)), ast.parse(file.read_text())


def test_no_command_reaches_through_to_the_store_or_the_engine() -> None:
    reached = [
        f"{name}:{node.lineno}: {ast.unparse(node)}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"store", "engine"}
    ]
    assert reached == []


def annotations(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    given = function.args
    for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
        if one is not None and one.annotation is not None:
            yield one.annotation
    if function.returns is not None:
        yield function.returns


def is_untyped(annotation: ast.expr) -> bool:
    """Whether it says nothing: `Any`, or a collection of it; JSON objects are `dict[str, Any]`."""
    text = ast.unparse(annotation)
    return "Any" in text.replace("dict[str, Any]", "")


def test_nothing_between_a_command_and_a_verb_is_any() -> None:
    untyped = {
        f"{name}: {node.name}"
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, DEFINITIONS) and any(map(is_untyped, annotations(node)))
    }
    assert untyped == UNTYPED
