"""`localku config` and its kin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, context_and_app, context_and_new_app, json_option
from localku.cli.shell import completers
from localku.cli.terminal import hand_over, note, say, show_json
from localku.errors import Invalid, Kind, LocalkuError

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App

    Found = Callable[[str | None], tuple[Context, App]]


@click.command()
@app_option
@click.option("-s", "--shell", is_flag=True, help="Print NAME=value lines for a shell or a .env file.")
@json_option
def config(name: str | None, *, shell: bool, as_json: bool) -> None:
    """List the app's config vars."""
    from localku.platform.releasing import config_vars

    context, app = context_and_app(name)
    values = config_vars.of(context, app)
    if as_json:
        show_json(dict(values))
        return
    if shell:
        for key, value in values.items():
            hand_over(f"{key}={quoted(value)}")
        return
    say(f"=== {app.name} Config Vars\n")
    width = max((len(key) for key in values), default=0) + 1
    for key, value in values.items():
        say(f"{key + ':':<{width}} {value}")


@click.command()
@click.argument("key", shell_complete=completers.config_vars)
@app_option
def config_get(key: str, name: str | None) -> None:
    """Show one config var; exit status 1 when it is not set."""
    from localku.platform.releasing import config_vars

    context, app = context_and_app(name)
    values = config_vars.of(context, app)
    if key not in values:
        raise LocalkuError(f"{key} is not set on {app.name}.", kind=Kind.NOT_FOUND, resource="config-vars")
    hand_over(values[key])


@click.command()
@click.argument("pairs", nargs=-1, metavar="NAME=VALUE...")
@app_option
def config_set(pairs: tuple[str, ...], name: str | None) -> None:
    """Set config vars; makes a release and restarts the dynos."""
    changes: dict[str, str | None] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise Invalid(f"{pair} is invalid. Must be in the format FOO=bar.", resource="config-vars")
        changes[key] = value
    if not changes:
        raise click.UsageError("Usage: localku config:set KEY1=VALUE1 [KEY2=VALUE2 ...]\nMust specify KEY and VALUE.")
    _change(name, changes, "Setting", context_and_new_app)
    _advise(changes)
    width = max(len(key) for key in changes) + 1
    for key, shown in changes.items():
        say(f"{key + ':':<{width}} {shown}")


@click.command()
@click.argument("key", required=False, shell_complete=completers.config_vars)
@app_option
def config_edit(key: str | None, name: str | None) -> None:
    """Edit the config vars, or one of them, in your editor: that of VISUAL or EDITOR."""
    from localku.platform.releasing import config_vars
    from localku.project import env_file

    context, app = context_and_app(name)
    before = config_vars.of(context, app)
    shown = dict(before) if key is None else {key: before.get(key, "")}
    text = shown[key] if key is not None else "".join(f"{one}={quoted(value)}\n" for one, value in shown.items())
    edited = click.edit(text, extension="" if key else ".sh", require_save=False) or ""
    after = env_file.parse(edited).values if key is None else {key: edited.removesuffix("\n")}
    changes: dict[str, str | None] = {one: value for one, value in after.items() if before.get(one) != value}
    changes |= dict.fromkeys(one for one in shown if one not in after)
    if not changes:
        note("No changes to config")
        return
    say("Config Diff:")
    for one, value in sorted(changes.items()):
        if one in before:
            say(f"-  {one}={quoted(before[one])}")
        if value is not None:
            say(f"+  {one}={quoted(value)}")
    if not click.confirm(f"Update config on {app.name} with these values?", err=True):
        raise click.Abort
    _change(app.name, changes, "Updating", context_and_app)
    _advise(after)


@click.command()
@click.argument("keys", nargs=-1, metavar="NAME...", shell_complete=completers.config_vars)
@app_option
def config_unset(keys: tuple[str, ...], name: str | None) -> None:
    """Take config vars away; makes a release and restarts the dynos."""
    if not keys:
        raise click.UsageError("Usage: localku config:unset KEY1 [KEY2 ...]\nMust specify KEY.")
    _change(name, dict.fromkeys(keys), "Unsetting", context_and_app)


def _advise(names: Iterable[str]) -> None:
    from localku.platform.releasing import config_vars

    for reserved in config_vars.reserved(names):
        note(f" !     {reserved}: {config_vars.ADVICE}")


def _change(name: str | None, changes: dict[str, str | None], verb: str, found: Found) -> None:
    from localku.platform.addons import addon_servers
    from localku.platform.releasing import config as verbs

    context, app = found(name)
    with addon_servers.stopped_after(context, app):
        made = verbs.change(context, app, changes, note)
    note(f"{verb} {', '.join(changes)} and restarting {app.name}... done, v{made.version}")


def quoted(value: str) -> str:
    """Quote as Heroku's CLI does for `config -s`."""
    if "'" in value or "\n" in value:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return f"'{value}'" if not value.replace("_", "").isalnum() else value
