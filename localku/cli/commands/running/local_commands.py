"""`localku local` and `localku local:run`."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from localku.cli.shell.user_shell import here
from localku.cli.terminal import note
from localku.neutral import wants_colour

if TYPE_CHECKING:
    from localku.local.plan import Task

HINT = (
    "These processes run directly on this machine: no build, no release phase, no router, no limits, and files persist."
    " `localku up` runs the app as Heroku does."
)

env_option = click.option("-e", "--env", metavar="FILE,...", help="Env files; later ones override earlier ones (.env).")
port_type = click.IntRange(1024, 65535)


@click.command()
@click.argument("types", nargs=-1, metavar="[TYPE[=N],...]")
@click.option("-f", "--procfile", metavar="FILE", help="Another Procfile.")
@env_option
@click.option("-p", "--port", type=port_type, help="PORT of the first process (5006).")
@click.option("--start-cmd", metavar="COMMAND", help="Command for web if there is no Procfile.")
def local(
    types: tuple[str, ...], procfile: str | None, env: str | None, port: int | None, start_cmd: str | None
) -> None:
    """Run the Procfile's processes on this machine, without an engine, as `heroku local` does.

    The first process that ends ends all; its exit status is localku's.
    """
    from localku.local import environment, plan

    found = plan.types(here(), procfile, start_cmd)
    values = environment.read(here(), env)
    for remark in (*found.remarks, *values.warnings):
        note(f" !     {remark}")
    wanted = plan.quantities(types, found.commands)
    tasks = plan.tasks(found.commands, wanted, plan.base_port(port, values.values, os.environ))
    _warn_of_ports(tasks)
    note(HINT)
    raise click.exceptions.Exit(_run_all(tasks, values.values))


def _warn_of_ports(tasks: tuple[Task, ...]) -> None:
    """Only a web process is sure to listen on its PORT."""
    from localku.machine.listeners import program_on

    for task in tasks:
        holder = program_on(task.port) if task.name.startswith("web.") else None
        if holder is not None:
            note(f" !     Port {task.port} of {task.name} is in use by {holder}; choose another with -p.")


def _run_all(tasks: tuple[Task, ...], env: Mapping[str, str]) -> int:
    from localku.clock import system_clock
    from localku.local import environment
    from localku.local.guard import Guard
    from localku.local.local_printer import Printer
    from localku.local.manager import GRACE, Manager

    clock = system_clock(os.environ)
    manager = Manager(Printer(sys.stdout, colour=wants_colour(sys.stdout)), clock, Guard(GRACE / clock.scale))
    for task in tasks:
        manager.add_process(task.name, task.command, env=environment.of(task, env, os.environ), cwd=str(here()))
    manager.loop()
    if manager.deaf:  # or Python says at its end that it cannot write the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(manager.returncode)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@env_option
@click.option("-p", "--port", type=port_type, help="PORT of the command.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def local_run(env: str | None, port: int | None, command: tuple[str, ...]) -> None:
    """Run COMMAND on this machine with the variables of .env; its exit status is localku's."""
    from localku.local import environment
    from localku.local.local_process import shell

    if not command:
        raise click.UsageError("Usage: localku local:run COMMAND")
    values = environment.read(here(), env)
    for warning in values.warnings:
        note(f" !     {warning}")
    line = command[0] if len(command) == 1 else shlex.join(command)
    own = {"PORT": str(port)} if port is not None else {}
    sys.stdout.flush()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and a program keeps what is ignored
    os.execve(shell(), ["bash", "-c", line], {**os.environ, **values.values, **own})  # noqa: S606 - the shell itself
