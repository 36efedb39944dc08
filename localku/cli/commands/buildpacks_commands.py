"""`localku buildpacks` and its kin."""

from __future__ import annotations

import click

from localku.cli.options import app_option, context_and_app, here, json_option
from localku.cli.terminal import note, say, show_json


@click.command()
@app_option
@json_option
def buildpacks(name: str | None, *, as_json: bool) -> None:
    """List the app's buildpacks, and who decides on them."""
    from localku.platform import build as verbs

    context, app = context_and_app(name)
    plan = verbs.plan_for(context, app)
    if as_json:
        show_json({"decided_by": plan.decided_by, "buildpacks": [] if plan.auto else list(plan.references)})
        return
    if plan.auto:
        say(f"{app.name} has no buildpacks set; those of {', '.join(plan.references)} that detect it are used.")
        return
    say(f"=== {app.name} Buildpack{'s' if len(plan.references) > 1 else ''} (from {plan.decided_by})\n")
    for number, reference in enumerate(plan.references, start=1):
        say(f"{number}. {reference}" if len(plan.references) > 1 else reference)


def _change(name: str | None, references: tuple[str, ...], *, keep: bool) -> None:
    from localku.context import open_context
    from localku.platform import apps
    from localku.slugs import chain

    for reference in references:
        chain.check(reference)
    context = open_context()
    app = apps.find_or_create(context, here(), name)
    before = context.store.apps.buildpacks(app) if keep else ()
    context.store.apps.set_buildpacks(app, before + references)
    listed = ", ".join(before + references) or "none; app.json, .buildpacks or detection decides"
    note(f"Buildpacks of {app.name}: {listed}. The next build uses them.")


@click.command()
@click.argument("references", nargs=-1, required=True, metavar="BUILDPACK...")
@app_option
def buildpacks_set(references: tuple[str, ...], name: str | None) -> None:
    """Set the buildpacks: heroku/python, a git URL, a .tgz URL or a path, in order."""
    _change(name, references, keep=False)


@click.command()
@click.argument("reference", metavar="BUILDPACK")
@app_option
def buildpacks_add(reference: str, name: str | None) -> None:
    """Add a buildpack to the end of the list."""
    _change(name, (reference,), keep=True)


@click.command()
@app_option
def buildpacks_clear(name: str | None) -> None:
    """Take the list away."""
    _change(name, (), keep=False)
