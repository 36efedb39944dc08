"""`localku apps`, `apps:destroy` and `open`."""

from __future__ import annotations

import sys

import click

from localku.cli.confirm import confirm as ask
from localku.cli.options import app_option, confirm_option, json_option
from localku.cli.shell.user_shell import here
from localku.cli.terminal import note, say, show_json
from localku.errors import Kind, LocalkuError


@click.command()
@click.option("--disk", is_flag=True, help="Show what each app takes up on the engine's disk.")
@json_option
def apps(*, disk: bool, as_json: bool) -> None:
    """List the apps on this machine."""
    from localku.opening import open_context
    from localku.platform import views
    from localku.platform.app_facts import app_status

    if disk:
        _show_disk(as_json=as_json)
        return
    found = app_status.listed(open_context())
    if as_json:
        show_json([views.app(one) for one in found])
        return
    for one in found:
        state = f"up at {one.url}" if one.url else "down"
        say(f"{one.app.name:<30} {state:<45} {one.app.root or '(no folder)'}")
    if not found:
        say("No apps yet: `localku up` in an app's folder creates one.")


def _show_disk(*, as_json: bool) -> None:
    from localku.cli.tables import aligned
    from localku.cli.terminal import Progress
    from localku.opening import open_context
    from localku.platform import views
    from localku.platform.app_facts import app_disk
    from localku.slugs.build_limits import megabytes

    progress = Progress()
    if sys.stderr.isatty():
        progress("Measuring the engine's volumes", None)
    found = sorted(app_disk.of_all(open_context()), key=lambda one: -one.total)
    progress.clear()
    if as_json:
        show_json([views.app_disk(one) for one in found])
        return
    rows = [["App", "Slugs", "Build cache", "Databases", "Other", "In all"]]
    for one in found:
        sizes = (one.layers, one.cache, one.data, one.other, one.total)
        rows.append([one.app.name, *(megabytes(size) if size else "-" for size in sizes)])
    for line in aligned(rows, ruled=True):
        say(line)


@click.command()
@app_option
@confirm_option
def apps_destroy(name: str | None, confirm: str | None) -> None:
    """Remove an app with its images, caches, log and database."""
    from localku.opening import open_context
    from localku.platform import apps as verbs
    from localku.platform import destroy

    context = open_context()
    app = verbs.find(context, here(), name)
    destroy.refuse_running(context, app)
    ask(app.name, confirm, f"This destroys {app.name} and its database. The folder {app.root} stays.")
    destroy.destroy(context, app)
    note(f"Destroying {app.name} (including all add-ons)... done")


@click.command()
@app_option
def open_app(name: str | None) -> None:
    """Open the app in a browser; where there is none, print its address."""
    import webbrowser

    from localku.opening import open_context
    from localku.platform import apps as verbs
    from localku.platform.app_facts import app_status

    context = open_context()
    app = verbs.find(context, here(), name)
    address = app_status.of(context, app).url
    if address is None:
        raise LocalkuError(f"{app.name} is not running.", "`localku up` starts it.", kind=Kind.CONFLICT, resource="app")
    say(address)
    webbrowser.open(address)
