"""docs/ says what the commands are: every one has a section, and every option of it a row that is true."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest

from localku.cli.aliases import OF_COMMAND
from localku.cli.commands_by_topic import COMMANDS
from localku.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
HEADING = re.compile(r"^## `localku ([a-z:-]+)`$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")


@cache
def sections() -> dict[str, str]:
    """Command to the text under its heading, up to the next heading of that rank."""
    found = {}
    for page in PAGES:
        text = page.read_text()
        for match in HEADING.finditer(text):
            assert match[1] not in found, f"{match[1]} has two sections"
            found[match[1]] = text[match.end() :].partition("\n## ")[0]
    return found


def command(name: str) -> click.Command:
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    return found


def options(name: str) -> list[click.Option]:
    return [one for one in command(name).params if isinstance(one, click.Option) and not one.hidden]


def documented(name: str) -> dict[str, str]:
    """Option to its row of the section's table."""
    rows = [line for line in sections()[name].splitlines() if line.startswith("| `-")]
    return {flag.split()[0]: row for row in rows for flag in re.findall(r"`(-[^`]+)`", row.split(" | ")[0])}


def test_every_command_has_a_section_and_no_section_lacks_a_command() -> None:
    assert sections().keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_synopsis_is_the_one_of_help(name: str) -> None:
    used = click.Context(command(name), parent=click.Context(cli, **cli.context_settings))
    pieces = command(name).collect_usage_pieces(used)
    assert f"```\n{' '.join(['localku', name, *pieces])}\n```" in sections()[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_those_of_help(name: str) -> None:
    real = {flag for option in options(name) for flag in (*option.opts, *option.secondary_opts)}
    assert documented(name).keys() == real


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults_are_those_of_help(name: str) -> None:
    for option in options(name):
        if option.show_default:
            assert str(option.default) in documented(name)[option.opts[0]]


@pytest.mark.parametrize("name", COMMANDS)
def test_aliases_are_those_of_help(name: str) -> None:
    told = re.findall(r"^Aliases, as in Heroku's CLI: (.*)\.$", sections()[name], re.MULTILINE)
    assert told == ([", ".join(f"`localku {one}`" for one in OF_COMMAND[name])] if name in OF_COMMAND else [])


@pytest.mark.parametrize("name", [name for name in COMMANDS if "--app" in documented(name)])
def test_the_app_is_named_by_either_variable(name: str) -> None:
    (option,) = (one for one in options(name) if "--app" in one.opts)
    assert option.envvar == re.findall(r"`([A-Z]+_APP)`", documented(name)["--app"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_shown_in_an_example(name: str) -> None:
    examples = re.findall(r"```console\n(.*?)```", sections()[name], re.DOTALL)
    assert any(re.search(rf"localku {re.escape(name)}(?![\w:-])", example) for example in examples)


def test_readme_lists_every_command() -> None:
    listed = set(re.findall(r"`localku ([a-z:-]+)", (ROOT / "README.md").read_text()))
    assert set(COMMANDS) <= listed


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("file", re.findall(r"`([\w/]+\.py)`", (ROOT / "docs" / "architecture.md").read_text()))
def test_every_file_that_the_architecture_names_is_there(file: str) -> None:
    inside = [found for found in (ROOT / "localku").rglob(Path(file).name) if str(found).endswith(f"/{file}")]
    assert inside or (ROOT / file).is_file()
