"""The `localku` command: names, each imported when it is called."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from localku.cli.aliases import ALIASES, OF_COMMAND
from localku.cli.commands.data import not_now
from localku.cli.commands_by_topic import COMMANDS, HIDDEN, TOPICS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SPACED = "pg:backups"
"""The command whose own commands may stand after a space."""


class LazyGroup(click.Group):
    """Knows all commands by name and help line, and imports the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        name = ALIASES.get(cmd_name, cmd_name)
        found = COMMANDS.get(name) or HIDDEN.get(name)
        if found is None:
            return not_now.command(cmd_name)
        module = importlib.import_module(f"localku.cli.commands.{found.module}")
        command = getattr(module, found.function)
        command.name = cmd_name
        command.short_help = found.text
        command.epilog = f"Aliases: {', '.join(OF_COMMAND[name])}" if name in OF_COMMAND else None
        return command if isinstance(command, click.Command) else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Commands from the list of names, none of them imported."""
        from click.shell_completion import CompletionItem

        return [
            CompletionItem(name, help=entry.text) for name, entry in COMMANDS.items() if name.startswith(incomplete)
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        widest = max(map(len, COMMANDS))
        for topic, entries in TOPICS.items():
            with formatter.section(topic):
                formatter.write_dl([(f"{name:<{widest}}", entry.text) for name, entry in entries.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        args = _joined(args)
        known = args and (args[0] in {*COMMANDS, *ALIASES, *HIDDEN} or not_now.sentence(args[0]))
        if args and not known and not args[0].startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            close = get_close_matches(args[0], (*COMMANDS, *ALIASES), n=1)
            hint = f" Did you mean `localku {close[0]}`?" if close else " `localku --help` lists them."
            raise click.UsageError(f"{args[0]} is not a localku command.{hint}")
        return super().resolve_command(ctx, args)


def _joined(args: list[str]) -> list[str]:
    """Read `pg:backups capture`, as Heroku's articles have it, as `pg:backups:capture`."""
    name = ":".join(args[:2])
    return [name, *args[2:]] if args[:1] == [SPACED] and name in COMMANDS.keys() | ALIASES else args


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Heroku on your own machine: build, run and inspect a Heroku app on Docker.

    In an app's folder, `localku up` builds it as Heroku would, gives it a Postgres and runs it.
    """
