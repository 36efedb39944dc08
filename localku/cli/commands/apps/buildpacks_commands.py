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
    from localku.platform.deploying import examined as verbs

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


index_option = click.option(
    "-i", "--index", type=click.IntRange(1), metavar="N", help="The buildpack's number in the list, from 1."
)


@click.command()
@click.argument("references", nargs=-1, required=True, metavar="BUILDPACK...")
@app_option
@index_option
def buildpacks_set(references: tuple[str, ...], name: str | None, index: int | None) -> None:
    """Set the buildpacks: heroku/python, a git URL, a .tgz URL or a path, in order; with --index, one of them."""
    from localku.platform import buildpacks as verbs

    context, app = context_and_new_app(name)
    if index is None:
        _tell(app, "set", verbs.set_on(context, app, references))
    elif len(references) > 1:
        raise click.UsageError("--index sets one buildpack.")
    else:
        _tell(app, "set", verbs.put(context, app, references[0], index))


@click.command()
@click.argument("reference", metavar="BUILDPACK")
@app_option
@index_option
def buildpacks_add(reference: str, name: str | None, index: int | None) -> None:
    """Add a buildpack to the end of the list, or at a place of it."""
    from localku.platform import buildpacks as verbs

    context, app = context_and_new_app(name)
    _tell(app, "added", verbs.add(context, app, reference, index))


@click.command()
@click.argument("reference", metavar="[BUILDPACK]", required=False)
@app_option
@index_option
def buildpacks_remove(reference: str | None, name: str | None, index: int | None) -> None:
    """Remove a buildpack, by its name or its number."""
    from localku.platform import buildpacks as verbs

    which = reference if index is None else index
    if which is None or (reference is not None and index is not None):
        raise click.UsageError("Name the buildpack, or give its number with --index.")
    context, app = context_and_app(name)
    _tell(app, "removed", verbs.remove(context, app, which))


@click.command()
@app_option
def buildpacks_clear(name: str | None) -> None:
    """Take the list away."""
    from localku.platform import buildpacks as verbs

    context, app = context_and_new_app(name)
    verbs.set_on(context, app, ())
    say(f"Buildpacks cleared. {DETECTED.format(app=app.name)}")


DETECTED = "Next release on {app} will detect buildpacks normally."


def _tell(app: App, done: str, references: tuple[str, ...]) -> None:
    """In the words of Heroku's CLI (`packages/cli/src/lib/buildpacks/buildpacks.ts` of github.com/heroku/cli)."""
    if not references:
        say(f"Buildpack {done}. {DETECTED.format(app=app.name)}")
    elif len(references) == 1:
        say(f"Buildpack {done}. Next release on {app.name} will use {references[0]}.")
    else:
        say(f"Buildpack {done}. Next release on {app.name} will use:")
        for number, reference in enumerate(references, start=1):
            say(f"  {number}. {reference}")
    if references:
        these = "this buildpack" if len(references) == 1 else "these buildpacks"
        note(f"Run `localku up` to create a new release using {these}.")
