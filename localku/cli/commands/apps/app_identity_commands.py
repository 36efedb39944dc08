"""`localku apps:rename`, `apps:attach` and `apps:info`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, json_option
from localku.cli.shell.user_shell import here
from localku.cli.terminal import note, say, show_json

if TYPE_CHECKING:
    from localku.platform.app_facts.app_info import AppInfo


@click.command()
@click.argument("new", metavar="NEW_NAME")
@app_option
@json_option
def apps_rename(new: str, name: str | None, *, as_json: bool) -> None:
    """Rename the app. Its dynos, database and data stay as they are.

    A running app answers to its new name at once, and no longer to the old one. Its dynos see the new
    HEROKU_APP_NAME when they next start.
    """
    from localku.opening import open_context
    from localku.platform import apps as verbs
    from localku.platform import views
    from localku.platform.app_facts import app_info

    context = open_context()
    app = verbs.find(context, here(), name)
    renamed = verbs.rename(context, app, new)
    found = app_info.info(context, renamed)
    if as_json:
        show_json(views.app(found.status))
        return
    note(f"Renaming {app.name} to {renamed.name}... done")
    say(found.status.url or renamed.default_domain)


@click.command()
@click.argument("name", metavar="NAME")
@json_option
def apps_attach(name: str, *, as_json: bool) -> None:
    """Make this folder one of an existing app's, as `git:remote` does on Heroku with a clone.

    The app keeps its other folders: commands work in each of them, and a build takes the one it is started in.
    """
    from localku.opening import open_context
    from localku.platform import app_folders, views
    from localku.platform import apps as verbs
    from localku.platform.app_facts import app_info

    context = open_context()
    attached = app_folders.attach(context, verbs.find(context, here(), name), here())
    if as_json:
        show_json(views.app_info(app_info.info(context, attached.app)))
        return
    if attached.before is not None:
        note(f" !     {attached.root} was a folder of {attached.before.name} until now.")
    say(f"{attached.root} belongs to app {attached.app.name} now.")


@click.command()
@app_option
@click.option("-s", "--shell", is_flag=True, help="Print KEY=value lines for a shell.")
@json_option
def apps_info(name: str | None, *, shell: bool, as_json: bool) -> None:
    """Show what the app is: add-ons, dynos, folders, stack and address."""
    from localku.opening import open_context
    from localku.platform import apps as verbs
    from localku.platform import views
    from localku.platform.app_facts import app_info

    context = open_context()
    found = app_info.info(context, verbs.find(context, here(), name))
    if as_json:
        show_json(views.app_info(found))
    elif shell:
        _show_shell(found)
    else:
        _show(found)


def _show(found: AppInfo) -> None:
    rows = {
        "Addons": [f"heroku-postgresql:{addon.plan}" for addon in found.addons],
        "Dynos": [f"{kind}: {number}" for kind, number in found.quantities.items()],
        "Folder": [str(folder) for folder in found.folders],
        "ID": [found.status.app.uuid],
        "Slug Size": [_megabytes(found.slug_size)],
        "Stack": [found.stack or "chosen at the first build"],
        "Web URL": [found.status.url or "not running"],
    }
    say(f"=== {found.status.app.name}\n")
    for title, values in rows.items():
        for number, value in enumerate(values):
            label = "" if number else f"{title}:"
            say(f"{label:<12}{value}")


def _show_shell(found: AppInfo) -> None:
    quantities = ", ".join(f"{kind}: {number}" for kind, number in found.quantities.items())
    values = {
        "id": found.status.app.uuid,
        "name": found.status.app.name,
        "addons": ",".join(f"heroku-postgresql:{addon.plan}" for addon in found.addons),
        "dynos": f"{{ {quantities} }}" if quantities else "{}",
        "folder": str(found.folders[0]) if found.folders else "",
        "slug_size": str(found.slug_size or 0),
        "stack": found.stack or "",
        "web_url": found.status.url or "",
    }
    for key, value in values.items():
        say(f"{key}={shlex.quote(value)}")


def _megabytes(size: int | None) -> str:
    from localku.slugs.build_limits import megabytes

    return "no slug yet" if size is None else megabytes(size)
