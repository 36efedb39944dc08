"""Writes docs/heroku-api.md: every endpoint of Heroku's Platform API and every command of its CLI, and what they get.

`python scripts/api_table.py` writes the page, `--check` says whether it is what it should be. What an endpoint does
comes from the routes, the test that shows it from the paths that the tests of the API ask for. What a command asks is
in scripts/heroku-cli-requests.txt, as heroku 11.10.0 of npm sent it: name, whom it asks beside the API (`-` for nobody,
`nobody` at all, `browser`, `elsewhere`; `advanced` for databases of the Advanced tier alone), then its requests.
"""

# ruff: noqa: INP001 - a script, no package

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.routing import compile_path

from localku.api.call import Answers, Endpoint
from localku.api.endpoints import ENDPOINTS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/heroku-api.md"
SCHEMA = ROOT / "tests/unit/api/heroku-platform-schema.json"
REQUESTS = ROOT / "scripts/heroku-cli-requests.txt"
TESTS = ROOT / "tests/unit/api"
CONFORMANCE = sorted((ROOT / "tests/conformance").glob("test_heroku*.py"))
REAL = sorted((ROOT / "tests/integration").glob("test_api_*.py"))

VERBS = {"get": "GET", "post": "POST", "patch": "PATCH", "put": "PUT", "delete": "DELETE"}
ABSENT_TEST = "test_absent_families.py"
LINKED = ("/log-sessions/", "/backups/", "/sources/", "/buildpacks")
"""What is followed without the token: served, each with tests of its own, and no endpoint."""

BESIDE = {
    ("apps:info", "/apps/{}/pipeline-couplings"),
    ("auth:logout", "/oauth/authorizations/~"),
    ("auth:logout", "/oauth/sessions/~"),
    ("labs", "/account/features/{}"),
}
"""What a command asks for and goes on without, when it is told that there is none."""

OUT = ("ps:exec", "ps:copy", "ps:forward", "ps:socks", "container")
"""What stays out, whatever it asks."""

INTRODUCTION = """# Heroku's API and CLI: what is there

*Made by `python scripts/api_table.py` from the routes and the tests; a test holds that it is true.*

Every endpoint of [Heroku's published schema](https://devcenter.heroku.com/articles/platform-api-reference), and every
command of Heroku's CLI (npm's `heroku`, 11.10.0) by what it asks. **served**: as Heroku does it. **answers empty**: a
list that is empty, as a personal account without extras sees it. **not there**: refused in one sentence that says what
localku has not (404 for what is looked for, 422 for what should be made); nothing is answered as if it had been done.
"""


@dataclass(frozen=True)
class Use:
    """A test asks for this path."""

    method: str
    path: str
    test: str


@cache
def _compiled() -> tuple[tuple[re.Pattern[str], Endpoint], ...]:
    return tuple((compile_path(one.path)[0], one) for one in ENDPOINTS)


def endpoint_of(method: str, path: str) -> Endpoint | None:
    """The one that a path with `{}` in it leads to."""
    wanted = re.sub(r"\{[^}]*\}", "x", path)
    return next((one for pattern, one in _compiled() if one.method == method and pattern.match(wanted)), None)


def text_of(node: ast.expr, known: dict[str, str]) -> str | None:
    """A path as a test writes it, with `{}` for what is not said there."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(one, known) or "{}" for one in parts)
        case ast.FormattedValue(value=ast.Name(id=name)) if name in known:
            return known[name]
        case ast.Name(id=name):
            return known.get(name)
    return None


def assigned(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each name and what it stands for, also of `path, url = ...`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    yield from zip(target.elts, node.value.elts, strict=False)
                else:
                    yield target, node.value


def uses_of(function: ast.FunctionDef, file: str) -> Iterator[Use]:
    known = {
        target.id: text
        for target, value in assigned(function)
        if isinstance(target, ast.Name) and (text := text_of(value, {})) and text.startswith("/")
    }
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        verb, arguments = node.func.attr, node.args
        method = VERBS.get(verb)
        if method is None and verb in {"call", "refused"} and len(arguments) > 1:
            method, arguments = text_of(arguments[0], {}), arguments[1:]
        path = text_of(arguments[0], known) if method else None
        if method and path and path.startswith("/"):
            yield Use(method, path.partition("?")[0], f"{file}::{function.name}")


@cache
def tests() -> dict[tuple[str, str], str]:
    """The first test of each endpoint, by its method and path."""
    found: dict[tuple[str, str], str] = {}
    for file in (*sorted(TESTS.glob("test_*.py")), *REAL):
        for node in ast.parse(file.read_text()).body:
            for use in uses_of(node, file.name) if isinstance(node, ast.FunctionDef) else ():
                one = endpoint_of(use.method, use.path)
                if one is not None:
                    found.setdefault((one.method, one.path), use.test)
    return found


@cache
def cli_tests() -> dict[str, str]:
    """The first test of each command with the CLI itself."""
    found: dict[str, str] = {}
    for file in CONFORMANCE:
        for function in ast.walk(ast.parse(file.read_text())):
            if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
                for node in ast.walk(function):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        found.setdefault(node.value.split(" ")[0], f"{file.name}::{function.name}")
    return found


@cache
def commands_of() -> dict[tuple[str, str], str]:
    """The first test with the CLI of a command that asks for the endpoint."""
    found: dict[tuple[str, str], str] = {}
    for line in REQUESTS.read_text().splitlines():
        tested = cli_tests().get(line.split(" ")[0])
        for method, path in re.findall(r"([A-Z]+) (/\S*)", line) if tested else ():
            one = endpoint_of(method, path)
            if one is not None and tested is not None:
                found.setdefault((one.method, one.path), tested)
    return found


def links() -> list[tuple[str, str, str]]:
    """Family, method and path of each link of the schema."""
    definitions = json.loads(SCHEMA.read_text())["definitions"]
    found = {
        (name, link["method"], _readable(link["href"]))
        for name, one in definitions.items()
        for link in one.get("links", ())
    }
    return sorted(found, key=lambda row: (row[0], row[2], row[1]))


def _readable(href: str) -> str:
    def named(match: re.Match[str]) -> str:
        inner = match[0].replace("%23", "#").replace("%2F", "/")
        parts: list[str] = re.findall(r"#/definitions/([a-z-]+)", inner)
        return "{" + (parts[0] if parts else "id") + "}"

    return re.sub(r"\{[^}]*\}", named, href)


def shown(test: str) -> str:
    return f"`{test}`"


def endpoint_rows() -> Iterator[tuple[str, str, str, str]]:
    for family, method, path in links():
        one = endpoint_of(method, path)
        if one is None:
            raise SystemExit(f"{method} {path} leads nowhere")
        yield family, f"{method} {path}", one.answers.value, shown(test_of(one))


def test_of(one: Endpoint) -> str:
    if one.answers is not Answers.SERVED:
        return ABSENT_TEST
    found = tests().get((one.method, one.path)) or commands_of().get((one.method, one.path))
    if found is None:
        raise SystemExit(f"no test asks for {one.method} {one.path}")
    return found


def more_rows() -> Iterator[tuple[str, str, str]]:
    """What is served and not in the schema."""
    known = {endpoint_of(method, path) for _, method, path in links()}
    for one in ENDPOINTS:
        if one.answers is Answers.SERVED and one not in known:
            yield f"{one.method} {one.path}", one.answers.value, shown(test_of(one))


def command_rows() -> Iterator[tuple[str, str, str]]:
    for line in REQUESTS.read_text().splitlines():
        name, whom, *_ = line.split(" ")
        requests = re.findall(r"([A-Z]+) (/\S*)", line)
        answers = command_answers(name, whom, requests)
        tested = cli_tests().get(name)
        yield f"`{name}`", answers, shown(tested) if tested and answers == Answers.SERVED.value else ""


def command_answers(name: str, whom: str, requests: list[tuple[str, str]]) -> str:
    if name.startswith(OUT):
        return "stays out"
    if whom == "nobody" or (whom == "browser" and not requests):
        return "asks no server"
    if whom == "elsewhere":
        return "asks another host"
    if whom == "advanced":
        return Answers.ABSENT.value
    found = []
    for method, path in requests:
        if path.startswith(LINKED) or (name.partition(":")[0], path) in BESIDE or (name, path) in BESIDE:
            continue
        one = endpoint_of(method, path)
        if one is None:
            raise SystemExit(f"{name}: {method} {path} leads nowhere")
        found.append(one.answers)
    if Answers.ABSENT in found:
        return Answers.ABSENT.value
    return Answers.EMPTY.value if Answers.EMPTY in found and Answers.SERVED not in found else Answers.SERVED.value


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def counted(kinds: list[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in Counter(kinds).most_common()) + "."


def page() -> str:
    endpoints, more, commands = list(endpoint_rows()), list(more_rows()), list(command_rows())
    return "\n".join(
        [
            INTRODUCTION,
            f"## Endpoints\n\n{counted([row[2] for row in endpoints])}\n",
            table(("family", "endpoint", "here", "test"), [(row[0], f"`{row[1]}`", *row[2:]) for row in endpoints]),
            "Served beside the schema, as the CLI and other clients ask for it:\n",
            table(("endpoint", "here", "test"), [(f"`{row[0]}`", *row[1:]) for row in more]),
            f"## Commands\n\n{counted([row[1] for row in commands])}\n",
            "A test is named where the suite runs the command with Heroku's CLI; endpoints have theirs above.\n",
            table(("command", "here", "test with the CLI"), [tuple(row) for row in commands]),
        ]
    )


def main() -> None:
    text = page()
    if "--check" not in sys.argv:
        PAGE.write_text(text)
    elif not PAGE.is_file() or PAGE.read_text() != text:
        raise SystemExit(f"{PAGE.name} is not what the routes and the tests say: python scripts/api_table.py")


if __name__ == "__main__":
    main()
