"""`localku buildpacks` and its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, context_and_app, context_and_new_app, json_option
from localku.cli.terminal import note, say, show_json

if TYPE_CHECKING:
    from localku.records import App


@click.command()
@app_option
@json_option
def buildpacks(name: str | None, *, as_json: bool) -> None:
    """List the app's buildpacks, and who decides on them."""
    from localku.platform import views
    from localku.platform.deploying import build as verbs

    context, app = context_and_app(name)
    plan = verbs.plan_for(context, app)
    if as_json:
        set_on = () if plan.auto else plan.references
        show_json({"decided_by": plan.decided_by, "buildpacks": views.buildpack_installations(set_on)})
        return
    if plan.auto:
        say(f"{app.name} has no buildpacks set; those of {', '.join(plan.references)} that detect it are used.")
        return
    say(f"=== {app.name} Buildpack{'s' if len(plan.references) > 1 else ''} (from {plan.decided_by})\n")
    for number, reference in enumerate(plan.references, start=1):
        say(f"{number}. {reference}" if len(plan.references) > 1 else reference)


@click.command()
@click.argument("references", nargs=-1, required=True, metavar="BUILDPACK...")
@app_option
def buildpacks_set(references: tuple[str, ...], name: str | None) -> None:
    """Set the buildpacks: heroku/python, a git URL, a .tgz URL or a path, in order."""
    from localku.platform import buildpacks as verbs

    context, app = context_and_new_app(name)
    _tell(app, verbs.set_on(context, app, references))


@click.command()
@click.argument("reference", metavar="BUILDPACK")
@app_option
def buildpacks_add(reference: str, name: str | None) -> None:
    """Add a buildpack to the end of the list."""
    from localku.platform import buildpacks as verbs

    context, app = context_and_new_app(name)
    _tell(app, verbs.add(context, app, reference))


@click.command()
@app_option
def buildpacks_clear(name: str | None) -> None:
    """Take the list away."""
    from localku.platform import buildpacks as verbs

    context, app = context_and_new_app(name)
    _tell(app, verbs.set_on(context, app, ()))


def _tell(app: App, references: tuple[str, ...]) -> None:
    listed = ", ".join(references) or "none; app.json, .buildpacks or detection decides"
    note(f"Buildpacks of {app.name}: {listed}. The next build uses them.")
