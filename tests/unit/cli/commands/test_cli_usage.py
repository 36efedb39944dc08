"""Help, wrong usage and errors: always a status and ` !     ` lines, never a traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localku import __main__ as entry
from localku import __version__
from localku.cli import terminal
from localku.cli.aliases import ALIASES
from localku.cli.commands_by_topic import COMMANDS
from localku.cli.main import cli
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError

Command = Callable[..., Any]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps(localku: Command, name: str) -> None:
    done = localku(name, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"Usage: localku {name} ")
    assert localku(name, "-h").out == done.out


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_is_its_command(localku: Command, alias: str, name: str) -> None:
    done = localku(alias, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out == localku(name, "--help").out.replace(f"Usage: localku {name} ", f"Usage: localku {alias} ")
    assert alias in done.out.rpartition("Aliases: ")[2].replace(",", "").split()
    assert alias not in COMMANDS


def test_an_alias_does_what_its_command_does(localku: Command) -> None:
    assert localku("list", "--json").out == localku("apps", "--json").out == "[]\n"


def test_every_command_has_its_own_function_and_line_of_help() -> None:
    for name, known in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert (command.name, command.short_help) == (name, known.text)


def test_help_lists_every_command_in_order(localku: Command) -> None:
    done = localku("--help")
    places = [done.out.index(f"  {name} ") for name in COMMANDS]
    assert (done.status, places) == (0, sorted(places))


def test_without_a_command_there_is_help_and_the_status_of_wrong_usage(localku: Command) -> None:
    done = localku()
    assert done.status == 2
    assert "Usage: localku [OPTIONS] COMMAND" in done.err


@pytest.mark.parametrize(
    ("typed", "meant"), [("confg", "config"), ("config:st", "config:set"), ("restrt", "restart"), ("upp", "up")]
)
def test_a_slip_of_the_finger_is_understood(localku: Command, typed: str, meant: str) -> None:
    done = localku(typed)
    assert done.status == 2
    assert done.err.startswith(f" !     {typed} is not a localku command. Did you mean `localku {meant}`?\n")


def test_what_resembles_nothing_is_not_guessed_at(localku: Command) -> None:
    assert localku("qqqqq").err.startswith(" !     qqqqq is not a localku command. `localku --help` lists them.\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ps", "--wrong"), "No such option"),
        (("logs", "-n", "many"), "'many' is not a valid integer"),
        (("up", "-p", "99999"), "99999 is not in the range 1<=x<=65535"),
        (("config:get",), "Missing argument 'KEY'"),
        (("config:set",), "Must specify KEY and VALUE."),
        (("config:unset",), "Must specify KEY."),
        (("run",), "Usage: localku run COMMAND"),
        (("buildpacks:set",), "Missing argument 'BUILDPACK...'"),
        (("config", "extra"), "unexpected extra argument"),
    ],
)
def test_wrong_usage_is_status_2_in_the_shape_of_every_error(
    localku: Command, arguments: tuple[str, ...], said: str
) -> None:
    done = localku(*arguments)
    assert (done.status, done.out) == (2, "")
    assert said in done.err
    assert all(line.startswith(" !     ") for line in done.err.splitlines()), done.err
    assert done.err.count("Usage:") == 1


@pytest.mark.parametrize(
    "arguments",
    [(name,) for name in ("config", "ps", "ps:scale", "ps:restart", "releases", "logs", "addons", "open", "down")],
)
def test_where_there_is_no_app_every_command_says_so(localku: Command, root: Path, arguments: tuple[str, ...]) -> None:
    done = localku(*arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err.splitlines() == [
        f" !     There is no app in {root}.",
        " !     `localku up` or `localku build` in an app's folder creates one; -a NAME selects another.",
    ]


def test_an_engine_that_is_gone_has_a_status_of_its_own(localku: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise EngineUnavailable("No Docker engine answers: x", "Start it.\nOr not.")

    monkeypatch.setattr("localku.opening.open_context", gone)
    done = localku("apps")
    assert (done.status, done.err) == (69, " !     No Docker engine answers: x\n !     Start it.\n !     Or not.\n")


@pytest.mark.parametrize(("raised", "status"), [(KeyboardInterrupt, 130), (click.Abort, 130)])
def test_ctrl_c_is_130(localku: Command, monkeypatch: pytest.MonkeyPatch, raised: type, status: int) -> None:
    def interrupted() -> None:
        raise raised

    monkeypatch.setattr("localku.opening.open_context", interrupted)
    assert localku("apps").status == status


def test_a_bug_of_ours_is_not_hidden(localku: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def buggy() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("localku.opening.open_context", buggy)
    with pytest.raises(ZeroDivisionError):
        localku("apps")


def test_localku_traceback_shows_where_an_error_came_from(localku: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALKU_TRACEBACK", "1")
    with pytest.raises(LocalkuError):
        localku("ps")


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for argument in ("--version", "version"):
        monkeypatch.setattr(sys, "argv", ["localku", argument])
        entry.main()
        assert capsys.readouterr().out.startswith(f"localku/{__version__} python-3.")


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
SAFE = ("config:set", "config:unset", "config:get", "ps:scale", "ps:restart", "buildpacks:set", "stack:set", "releases")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(SAFE), st.lists(st.one_of(WORDS, st.builds("{}={}".format, WORDS, WORDS)), max_size=3))
def test_no_argument_whatever_ends_in_a_traceback(localku: Command, name: str, arguments: list[str]) -> None:
    localku("buildpacks")  # makes the folder an app
    done = localku(name, *arguments)
    assert done.status in {0, 1, 2}
    assert (done.status == 0) == (" !     " not in done.err)


def test_colours_are_for_eyes_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    error = LocalkuError("What happened.", "What to do.")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    terminal.say("\x1b[1;31mred\x1b[0m \x1b[2Kand plain")
    terminal.show_error(error)
    assert capsys.readouterr() == ("red and plain\n", " !     What happened.\n !     What to do.\n")
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal.say("\x1b[1;31mred\x1b[0m")
    terminal.show_error(error)
    assert capsys.readouterr() == (
        "\x1b[1;31mred\x1b[0m\n",
        "\x1b[1;31m !     What happened.\x1b[0m\n !     What to do.\n",
    )
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.say("\x1b[1;31mred\x1b[0m")
    assert capsys.readouterr().out == "red\n"


def test_a_terminal_that_is_not_utf_8_gets_question_marks() -> None:
    code = "from localku.cli.terminal import say; say('snow ☃ man')"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, check=True)
    assert done.stdout == b"snow ? man\n"


class Screen:
    """A stream that is a terminal, or is not."""

    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal
        self.text = ""

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing is held back."""


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_one_live_line_or_one_line_per_step(is_terminal: bool) -> None:
    screen = Screen(terminal=is_terminal)
    progress = terminal.Progress(screen)  # type: ignore[arg-type]
    for step, fraction in (("Downloading", 0.0), ("Downloading", 0.5), ("Unpacking", None)):
        progress(step, fraction)
    progress.clear()
    progress.clear()
    if is_terminal:
        assert screen.text.replace("\r\x1b[K", "|") == (
            "|       Downloading   0% (0 s)|       Downloading  50% (0 s)|       Unpacking (0 s)|"
        )
    else:
        assert screen.text == "       Downloading\n       Unpacking\n"


@pytest.mark.parametrize("columns", ["80", "", "wide", "-1"])
def test_a_strange_width_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal.console(sys.stdout).width == (80 if columns == "80" else 120)
