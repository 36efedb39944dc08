"""What stands in for psql, pg_dump and pg_restore."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from localku.cli.terminal import Progress


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}
)
@click.argument("tool")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def pg_tool(ctx: click.Context, tool: str, arguments: tuple[str, ...]) -> None:
    """As `psql` and its like: run the one of the database servers' image on what this machine has."""
    from localku.cli.terminal_io import join
    from localku.opening import open_context
    from localku.platform.databases import tools_here

    tty = sys.stdin.isatty() and sys.stdout.isatty()
    call = tools_here.ToolCall(tool, arguments, os.environ, Path.cwd(), tty)
    ctx.exit(tools_here.run(open_context(), call, join, Progress()))
