"""An error says of what kind it is; its words name the reader's program, which no verb knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import localku
from localku.cli.commands_by_topic import COMMANDS
from localku.cli.terminal import status_of
from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import CLIENT, OURS, Kind, LocalkuError, worded
from localku.locks import Busy
from localku.platform import domains, new_apps
from localku.records import App

ROOT = Path(localku.__file__).parent
FACES = ("cli", "local", "router", "__main__.py")
"""They know who reads them; `localku local` has no other face."""

COMMAND = re.compile(rf"\blocalku (?:{'|'.join(sorted(map(re.escape, COMMANDS), key=len, reverse=True))})(?![\w:-])")

VERBS = ("localku builds the folder",)
"""Where it is no command that stands after the name, but what localku does."""


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Strings of the program, without docstrings."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


def test_no_text_below_the_faces_names_the_program() -> None:
    named = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file in sorted(ROOT.rglob("*.py"))
        if file.relative_to(ROOT).parts[0] not in FACES
        for line, text in texts(ast.parse(file.read_text()))
        if COMMAND.search(text) and not text.startswith(VERBS)
    ]
    assert named == []


@pytest.mark.parametrize(
    ("program", "text"),
    [
        ("localku", "`localku ps:stop run`, or localku up; localku"),
        ("heroku", "`heroku ps:stop run`, or localku up; heroku"),
    ],
)
def test_a_text_names_the_readers_program_and_ours_where_only_we_have_the_command(program: str, text: str) -> None:
    assert worded(f"`{CLIENT} ps:stop run`, or {CLIENT} up; {CLIENT}", program) == text


def test_commands_of_ours_are_commands() -> None:
    assert set(COMMANDS) >= OURS


def test_an_error_has_herokus_id_of_its_kind_and_names_the_resource(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        domains.find(context, app, "www.example.com")
    error = raised.value
    assert (error.kind, error.id, error.resource) == (Kind.NOT_FOUND, "not_found", "domain")
    assert error.text("heroku").splitlines()[1] == "`heroku domains -a one` lists them."


def test_what_heroku_refuses_is_invalid(context: Context) -> None:
    with pytest.raises(LocalkuError) as raised:
        new_apps.create(context, Path("/nowhere"), "Not A Name")
    assert (raised.value.id, raised.value.resource) == ("invalid_params", "app")


def test_the_exit_status_comes_from_the_kind() -> None:
    assert status_of(EngineUnavailable("gone").kind) == 69
    assert {status_of(error.kind) for error in (LocalkuError("what"), Busy("who"))} == {1}
