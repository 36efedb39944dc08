"""Which processes run, and on which ports (Dev Center, "Heroku Local"; heroku/cli)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localku.errors import CLIENT, Invalid, Kind, LocalkuError
from localku.project import package_json, procfile, procfile_guess
from localku.project.app_files import read_text

DEFAULT_PORT = 5006
PORTS_PER_TYPE = 100
LOWEST_PORT = 1024
"""Below it, ports are the system's: foreman refuses them."""

RELEASE = "release"


@dataclass(frozen=True)
class Types:
    """Process types and their commands; `remarks` is what there is to say about where they came from."""

    commands: Mapping[str, str]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One process: `web.1`, its shell command and its PORT."""

    name: str
    command: str
    port: int


def types(root: Path, file: str | None, start_command: str | None) -> Types:
    """Read the Procfile, or what stands in for one that is missing; raise LocalkuError where nothing does."""
    name = file or procfile.NAME
    text = read_text(root, name, named=file is not None)
    if text is not None:
        found = procfile.parse(text)
        if not found.types:
            raise Invalid(f"{name} has no process types.", "Write one per line: `web: command`.")
        ignored = (f"There is a {name}, so --start-cmd is ignored.",) if start_command else ()
        return Types(found.types, found.warnings + ignored)
    if start_command:
        return Types({"web": start_command})
    package = package_json.read(root) if file is None else None
    if package is not None and "start" in package.scripts:
        return Types({"web": "npm start"}, ("No Procfile: web is `npm start`, as with Heroku's Node.js buildpack.",))
    raise _nothing(root, name)


def _nothing(root: Path, name: str) -> LocalkuError:
    hints = ["Add a Procfile to add process types: https://devcenter.heroku.com/articles/procfile"]
    if name == procfile.NAME and (wrong := procfile.misnamed(root)):
        hints.append(f"There is a file `{wrong}`, but Heroku reads only `Procfile`: rename it.")
    elif name == procfile.NAME and (guess := procfile_guess.guess(root)):
        hints.append(f"{guess.reason}. A Procfile to paste: `{guess.lines}`")
    hints.append("Or pass the command with --start-cmd.")
    return LocalkuError(f"No {name} found.", "\n".join(hints), kind=Kind.NOT_FOUND)


def quantities(arguments: tuple[str, ...], commands: Mapping[str, str]) -> dict[str, int]:
    """How many of each type: from `web=2,worker`, or one of all but `release` where nothing is asked for."""
    asked = [item.strip() for argument in arguments for item in argument.split(",") if item.strip()]
    if not asked:
        return {name: 1 for name in commands if name != RELEASE}
    found = {}
    for item in asked:
        name, equals, number = item.partition("=")
        if equals and not number.isdecimal():
            raise Invalid(f"'{item}' is not TYPE or TYPE=NUMBER.", f"As in: {CLIENT} local web=2,worker=1")
        if name not in commands:
            raise LocalkuError(
                f"There is no process type {name}.", f"There are: {', '.join(commands)}.", kind=Kind.NOT_FOUND
            )
        found[name] = int(number) if equals else 1
    return found


def tasks(commands: Mapping[str, str], wanted: Mapping[str, int], base: int) -> tuple[Task, ...]:
    """All processes; PORT is base + index + 100 for each type before."""
    made = tuple(
        Task(f"{name}.{index + 1}", commands[name], base + index + PORTS_PER_TYPE * place)
        for place, (name, quantity) in enumerate(wanted.items())
        for index in range(quantity)
    )
    if not made:
        raise Invalid("There is nothing to run.", f"Name a process type, as in: {CLIENT} local {next(iter(commands))}")
    return made


def base_port(option: int | None, env: Mapping[str, str], environ: Mapping[str, str]) -> int:
    """-p, else PORT of the env file, else PORT of the environment, else 5006."""
    if option is not None:
        return option
    text = env.get("PORT") or environ.get("PORT") or str(DEFAULT_PORT)
    if not text.isdecimal() or not LOWEST_PORT <= int(text) < 65536:  # noqa: PLR2004 - the last port
        raise Invalid(f"PORT is '{text}'.", f"Give a number from {LOWEST_PORT} to 65535, or choose one with -p.")
    return int(text)
