"""`localku drains` and its kin."""

from __future__ import annotations

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.terminal import note, say, show_json


@click.command()
@app_option
@json_option
def drains(name: str | None, *, as_json: bool) -> None:
    """List the app's drains: where its log is sent to."""
    from localku.platform import drains as verbs
    from localku.platform import views

    context, app = context_and_app(name)
    found = verbs.of(context, app)
    if as_json:
        show_json([views.log_drain(app, drain) for drain in found])
    elif found:
        say("=== Drains\n")
        for drain in found:
            say(f"{drain.url} ({drain.token})")
    else:
        note(f"No drains on {app.name}.")


@click.command()
@click.argument("url")
@app_option
def drains_add(url: str, name: str | None) -> None:
    """Send the app's log to an https, http, syslog or syslog+tls URL while the app runs."""
    from localku.platform import drains as verbs
    from localku.platform.dynos.running import is_running

    context, app = context_and_app(name)
    say(f"Successfully added drain {verbs.add(context, app, url).url}")
    if is_running(context, app) is None:
        note(f"The log is sent while {app.name} runs: localku up")


@click.command()
@click.argument("drain", metavar="URL|TOKEN|ID")
@app_option
def drains_remove(drain: str, name: str | None) -> None:
    """Send nothing more to a drain."""
    from localku.platform import drains as verbs

    context, app = context_and_app(name)
    say(f"Successfully removed drain {verbs.remove(context, app, drain).url}")
