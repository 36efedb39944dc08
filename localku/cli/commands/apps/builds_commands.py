"""`localku builds` and its kin, as the plugin heroku-builds has them (github.com/heroku/heroku-builds)."""

from __future__ import annotations

import codecs

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.tables import aligned, moment
from localku.cli.terminal import say, show_json, write


@click.command()
@app_option
@click.option("-n", "--num", default=15, show_default=True, type=click.IntRange(1), help="How many.")
@json_option
def builds(name: str | None, num: int, *, as_json: bool) -> None:
    """List the app's builds, newest first."""
    from localku.platform import views
    from localku.platform.deploying import builds as verbs
    from localku.platform.releasing import release_ids
    from localku.records import USER

    context, app = context_and_app(name)
    found = verbs.listed(context, app)[:num]
    if as_json:
        ids = release_ids.of(context, app)
        show_json([views.build(app, build, ids) for build in found])
        return
    now = context.clock.now()
    say(f"=== {app.name} Builds\n")
    rows = [("Created At", "Duration", "ID", "Source Version", "Status", "User")]
    for build in found:
        until = now if build.status.value == "pending" else build.updated_at
        took = f"{(until - build.created_at).total_seconds():.0f}s"
        version = (build.source_version or "")[:8]
        rows.append((moment(build.created_at, now), took, build.id, version, build.status.value, USER))
    for line in aligned(rows):
        say(line)


@click.command()
@click.argument("build", required=False)
@app_option
@json_option
def builds_info(build: str | None, name: str | None, *, as_json: bool) -> None:
    """Show one build, the newest if none is named."""
    from localku.platform import views
    from localku.platform.deploying import builds as verbs
    from localku.platform.releasing import release_ids
    from localku.records import USER

    context, app = context_and_app(name)
    found = verbs.find(context, app, build)
    if as_json:
        show_json(views.build(app, found, release_ids.of(context, app)))
        return
    say(f"=== Build {found.id}\n")
    for key, value in (
        *(("" if number else "Buildpacks:", reference) for number, reference in enumerate(found.buildpacks)),
        ("By:", USER),
        ("Release:", f"v{found.release}" if found.release else ""),
        ("Source:", found.source_version or ""),
        ("Stack:", found.stack),
        ("Status:", found.status.value),
        ("When:", found.created_at.isoformat()),
    ):
        if value:
            say(f"{key:<12} {value}")


@click.command()
@click.argument("build", required=False)
@app_option
def builds_output(build: str | None, name: str | None) -> None:
    """Show what a build printed, the newest one's if none is named; follow one that still runs."""
    from localku.platform.deploying import builds as verbs

    context, app = context_and_app(name)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in verbs.output(context, app, verbs.find(context, app, build)):
        write(decoder.decode(piece))
