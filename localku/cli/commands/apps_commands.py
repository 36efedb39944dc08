"""`localku apps`, `apps:destroy` and `open`."""

from __future__ import annotations

from typing import Any

import click

from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option, here, json_option
from localku.cli.terminal import note, say, show_json
from localku.errors import LocalkuError
from localku.states import Wanted


@click.command()
@json_option
def apps(*, as_json: bool) -> None:
    """List the apps on this machine."""
    from localku.context import open_context

    found = open_context().store.apps.all()
    if as_json:
        show_json([_row(app) for app in found])
        return
    for app in found:
        state = f"up at http://{app.name}.localhost:{app.port}" if app.wanted is Wanted.UP else "down"
        say(f"{app.name:<30} {state:<45} {app.root or '(no folder)'}")
    if not found:
        say("No apps yet: `localku up` in an app's folder creates one.")


def _row(app: Any) -> dict[str, Any]:
    return {"id": app.uuid, "name": app.name, "root": app.root, "wanted": app.wanted, "port": app.port}


@click.command()
@app_option
@confirm_option
def apps_destroy(name: str | None, confirm: str | None) -> None:
    """Remove an app with its images, caches, log and database."""
    from localku.context import open_context
    from localku.platform import apps as verbs
    from localku.platform import destroy
    from localku.platform.running import is_running

    context = open_context()
    app = verbs.find(context, here(), name)
    if is_running(context, app) is not None:
        raise LocalkuError(f"{app.name} is running.", "Stop it with `localku down` first.")
    ask(app.name, confirm, f"This destroys {app.name} and its database. The folder {app.root} stays.")
    destroy.destroy(context, app)
    note(f"Destroying {app.name} (including all add-ons)... done")


@click.command()
@app_option
def open_app(name: str | None) -> None:
    """Open the app in a browser; where there is none, print its address."""
    import webbrowser

    from localku.context import open_context
    from localku.platform import apps as verbs

    context = open_context()
    app = verbs.find(context, here(), name)
    if app.wanted is not Wanted.UP:
        raise LocalkuError(f"{app.name} is not running.", "`localku up` starts it.")
    address = f"http://{app.name}.localhost:{app.port}"
    say(address)
    webbrowser.open(address)
