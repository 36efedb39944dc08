"""The `localku` command: a list of names, each imported when it is called."""

from __future__ import annotations

import importlib

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("up", "Build, provision, release and run the app in this folder"),
    "down": ("down", "Stop the app's dynos and its database; all data stays"),
    "build": ("build", "Build the app and release it, without running it"),
    "run": ("run", "Run a command in a one-off dyno"),
    "run:detached": ("run_detached", "Run a command in a one-off dyno, its output in the log"),
    "local": ("local", "Run the Procfile's processes on this machine, without an engine"),
    "local:run": ("local_run", "Run a command on this machine with the variables of .env"),
    "reset-fs": ("reset_fs", "Show what the dynos wrote and would lose, and take it away"),
    "logs": ("logs", "Show the app's log"),
    "drains": ("drains", "List where the app's log is sent to"),
    "drains:add": ("drains_add", "Send the app's log to a URL as well"),
    "drains:remove": ("drains_remove", "Send the app's log there no more"),
    "ps": ("ps", "List the app's dynos"),
    "ps:scale": ("ps_scale", "Change how many dynos of which size run"),
    "ps:type": ("ps_type", "Change the size of dynos"),
    "ps:restart": ("ps_restart", "Replace dynos by fresh ones"),
    "ps:stop": ("ps_stop", "Stop a dyno or the dynos of a process type"),
    "ps:wait": ("ps_wait", "Wait until all dynos run the newest release"),
    "open": ("open_app", "Open the app in a browser"),
    "config": ("config", "List the app's config vars"),
    "config:get": ("config_get", "Show one config var"),
    "config:set": ("config_set", "Set config vars; makes a release and restarts the dynos"),
    "config:unset": ("config_unset", "Take config vars away; makes a release and restarts the dynos"),
    "releases": ("releases", "List the app's releases"),
    "releases:info": ("releases_info", "Show one release and its config vars"),
    "releases:output": ("releases_output", "Show what a release command printed"),
    "releases:rollback": ("rollback", "Release the code and config vars of an earlier release again"),
    "rollback": ("rollback", "Release the code and config vars of an earlier release again"),
    "domains": ("domains", "List the app's domains"),
    "domains:add": ("domains_add", "Let the app answer to a domain of your own"),
    "domains:info": ("domains_info", "Show one domain, and how to reach it from here"),
    "domains:remove": ("domains_remove", "Take a domain from the app"),
    "domains:clear": ("domains_clear", "Take all custom domains from the app"),
    "maintenance": ("maintenance", "Show whether the app is in maintenance mode"),
    "maintenance:on": ("maintenance_on", "Answer every request with 503; dynos keep running"),
    "maintenance:off": ("maintenance_off", "Let requests through to the dynos again"),
    "labs": ("labs", "List the experimental features an app can enable"),
    "labs:info": ("labs_info", "Show one feature"),
    "labs:enable": ("labs_enable", "Enable an experimental feature"),
    "labs:disable": ("labs_disable", "Disable an experimental feature"),
    "features": ("features", "List the general features an app can enable"),
    "features:info": ("labs_info", "Show one feature"),
    "features:enable": ("features_enable", "Enable a feature"),
    "features:disable": ("features_disable", "Disable a feature"),
    "buildpacks": ("buildpacks", "List the buildpacks set on the app"),
    "buildpacks:set": ("buildpacks_set", "Set the app's buildpacks, in order"),
    "buildpacks:add": ("buildpacks_add", "Add a buildpack to the end of the list"),
    "buildpacks:clear": ("buildpacks_clear", "Go back to app.json, .buildpacks or detection"),
    "stack": ("stack", "Show which stacks there are and which one the app uses"),
    "stack:set": ("stack_set", "Set the app's stack"),
    "addons": ("addons", "List the app's add-ons"),
    "addons:create": ("addons_create", "Provision heroku-postgresql"),
    "addons:destroy": ("addons_destroy", "Remove an add-on and its data"),
    "pg:psql": ("pg_psql", "Open psql on the app's database"),
    "apps": ("apps", "List the apps on this machine"),
    "apps:destroy": ("apps_destroy", "Remove an app, its images and its data"),
    "chaos": ("chaos", "Show whether trouble is made for the app"),
    "chaos:on": ("chaos_on", "Restart, kill and slow down dynos and drop connections, at random"),
    "chaos:off": ("chaos_off", "Make no more trouble"),
    "doctor": ("doctor", "Say what localku needs and whether it is there; --fix gets it"),
}
"""Command, the function in `localku.cli.commands` that is it, and one line of help."""

MODULES = {
    "up": "up",
    "down": "up",
    "build": "build",
    "run": "run",
    "run_detached": "run",
    "local": "local",
    "local_run": "local",
    "reset_fs": "reset_fs",
    "logs": "logs",
    "drains": "drains",
    "drains_add": "drains",
    "drains_remove": "drains",
    "ps": "ps",
    "ps_scale": "formation",
    "ps_type": "formation",
    "ps_restart": "restart",
    "ps_stop": "restart",
    "ps_wait": "ps",
    "open_app": "apps",
    "config": "config",
    "config_get": "config",
    "config_set": "config",
    "config_unset": "config",
    "releases": "releases",
    "releases_info": "releases",
    "releases_output": "releases",
    "rollback": "releases",
    "domains": "domains",
    "domains_add": "domains",
    "domains_info": "domains",
    "domains_remove": "domains",
    "domains_clear": "domains",
    "maintenance": "maintenance",
    "maintenance_on": "maintenance",
    "maintenance_off": "maintenance",
    "labs": "labs",
    "labs_info": "labs",
    "labs_enable": "labs",
    "labs_disable": "labs",
    "features": "labs",
    "features_enable": "labs",
    "features_disable": "labs",
    "buildpacks": "buildpacks",
    "buildpacks_set": "buildpacks",
    "buildpacks_add": "buildpacks",
    "buildpacks_clear": "buildpacks",
    "stack": "stack",
    "stack_set": "stack",
    "addons": "addons",
    "addons_create": "addons",
    "addons_destroy": "addons",
    "pg_psql": "addons",
    "apps": "apps",
    "apps_destroy": "apps",
    "chaos": "chaos",
    "chaos_on": "chaos",
    "chaos_off": "chaos",
    "doctor": "doctor",
}


class LazyGroup(click.Group):
    """Knows all commands by name and help line, and imports the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        module = importlib.import_module(f"localku.cli.commands.{MODULES[found[0]]}")
        command = getattr(module, found[0])
        command.name = cmd_name
        command.short_help = found[1]
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean `localku {close[0]}`?" if close else " `localku --help` lists them."
            raise click.UsageError(f"{args[0]} is not a localku command.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Heroku on your own machine: build, run and inspect a Heroku app on Docker.

    In an app's folder, `localku up` builds it as Heroku would, gives it a Postgres and runs it.
    """
