"""What Tab offers: in bash by the script itself, as readline would ask it."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from localku import paths
from localku.cli.main import cli
from localku.cli.shell import completers, completion_scripts
from localku.cli.shell.user_shell import Shell
from localku.context import Context
from localku.records import App

PACKAGE = Path(paths.__file__).parents[1]


def offered(line: str, home: Path) -> list[str]:
    asked = {
        "COMP_WORDS": line,
        completion_scripts.ASKED: "bash_complete",
        "LOCALKU_HOME": str(home),
        "PYTHONPATH": str(PACKAGE),
    }
    done = subprocess.run(
        [sys.executable, "-m", "localku"], env=os.environ | asked, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.split()]


def in_bash(line: str, command: Path) -> list[str]:
    """COMPREPLY, with `command` for localku."""
    script = completion_scripts.script(Shell.BASH, cli)
    ask = f'{script}\nCOMP_LINE=$1; COMP_POINT=${{#1}}; _localku_completion "$2"; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(
        ["bash", "--norc", "-c", ask, "bash", line, str(command)], capture_output=True, text=True, check=True
    )
    assert done.stderr.replace("bash: line 21: complete: nosort: invalid option name", "") == ""
    return done.stdout.split()


def test_commands_and_options(tmp_path: Path) -> None:
    assert offered("localku pg:backups:sched", tmp_path) == ["pg:backups:schedule", "pg:backups:schedules"]
    assert {"--app", "--tail"} <= set(offered("localku logs --", tmp_path))
    assert "up" in offered("localku nosuch ", tmp_path)  # without an error in the middle of a line


def test_names_of_a_folder_that_is_no_app(tmp_path: Path) -> None:
    assert offered("localku config:get ", tmp_path) == []
    assert offered("localku ps --app ", tmp_path) == []


def test_what_readline_has_taken_apart_at_colons_comes_without_what_is_there(tmp_path: Path) -> None:
    command = tmp_path / "localku"
    command.write_text('#!/bin/sh\necho "plain,pg:backups:capture"; echo "plain,pg:backups:cancel"\n')
    command.chmod(0o755)
    assert in_bash("localku pg:backups:ca", command) == ["capture", "cancel"]
    assert in_bash("localku ", command) == ["pg:backups:capture", "pg:backups:cancel"]


@pytest.mark.parametrize("shell", list(Shell))
def test_each_shell_has_a_script_that_names_the_command(shell: Shell) -> None:
    script = completion_scripts.script(shell, cli)
    assert completion_scripts.ASKED in script
    assert "localku" in script


def asked(context: Context, monkeypatch: pytest.MonkeyPatch, app: App) -> click.Context:
    monkeypatch.setattr("localku.opening.open_context", lambda: context)
    ctx = click.Context(cli)
    ctx.params["name"] = app.name
    return ctx


def test_names_of_an_app(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx, param = asked(context, monkeypatch, app), click.Option(["--x"])
    context.store.apps.change_config(app, {"SECRET": "1", "SERVER": "2", "OTHER": "3"})
    assert completers.config_vars(ctx, param, "SE") == ["SECRET", "SERVER"]
    assert completers.app_names(ctx, param, app.name[:1]) == [app.name]
    assert completers.app_names(ctx, param, "nosuch") == []
    assert completers.releases(ctx, param, "") == ["v2", "v1"]
    assert completers.databases(ctx, param, "") == []
    ctx.params["name"] = "nosuch"
    assert completers.config_vars(ctx, param, "") == []
