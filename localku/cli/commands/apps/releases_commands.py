"""`localku releases` and its kin, and `rollback`."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.shell import completers
from localku.cli.tables import aligned, moment
from localku.cli.terminal import hand_over, note, say, show_json, write

if TYPE_CHECKING:
    from localku.records import Release

STATUS = {
    "failed": "release command failed",
    "pending": "release command executing",
    "expired": "release expired",
}
"""What Heroku's CLI says of a release's status."""


@click.command()
@app_option
@click.option("-n", "--num", default=15, show_default=True, type=click.IntRange(1), help="How many.")
@json_option
def releases(name: str | None, num: int, *, as_json: bool) -> None:
    """List the app's releases, newest first."""
    from localku.platform import views
    from localku.platform.releasing import release_ids
    from localku.platform.releasing import releases as verbs

    context, app = context_and_app(name)
    found = verbs.listed(context, app)[:num]
    current = verbs.current(context, app)
    if as_json:
        ids = release_ids.of(context, app)
        show_json([views.release(app, release, current, ids) for release in found])
        return
    now = context.clock.now()
    say(f"=== {app.name} Releases - Current: v{current.version if current else '-'}\n")
    rows = [("v", "description", "user", "created_at")]
    for release in found:
        described = f"{release.description} {STATUS.get(release.status, '')}".strip()
        rows.append((f"v{release.version}", described, release.actor, moment(release.created_at, now)))
    for line in aligned(rows):
        say(line)


@click.command()
@click.argument("release", required=False, shell_complete=completers.releases)
@app_option
@click.option("-s", "--shell", is_flag=True, help="Print the config vars as NAME=value lines for a shell.")
@json_option
def releases_info(release: str | None, name: str | None, *, shell: bool, as_json: bool) -> None:
    """Show one release, the newest if none is named, with its config vars."""
    from localku.cli.commands.apps.config_commands import quoted
    from localku.platform import views
    from localku.platform.releasing import release_ids
    from localku.platform.releasing import releases as verbs

    context, app = context_and_app(name)
    found = verbs.find(context, app, release)
    if as_json:
        told = views.release(app, found, verbs.current(context, app), release_ids.of(context, app))
        show_json({**told, "config_vars": dict(found.config)})
        return
    say(f"=== Release v{found.version}\n")
    for key, value in _facts(found):
        say(f"{key:<23} {value}")
    say(f"\n=== v{found.version} Config vars\n")
    width = max((len(key) for key in found.config), default=0) + 1
    for key, value in sorted(found.config.items()):
        if shell:
            hand_over(f"{key}={quoted(value)}")
        else:
            say(f"{key + ':':<{width}} {value}")


def _facts(found: Release) -> list[tuple[str, str]]:
    status = f" ({STATUS[found.status]})" if found.status in STATUS else ""
    return [
        *(("" if number else "Add-ons:", plan) for number, plan in enumerate(sorted((found.addons or {}).values()))),
        ("By:", found.actor),
        ("Change:", f"{found.description}{status}"),
        ("Eligible for Rollback?:", "Yes" if found.is_eligible else "No"),
        ("When:", found.created_at.isoformat()),
    ]


@click.command()
@click.argument("release", required=False, shell_complete=completers.releases)
@app_option
def releases_output(release: str | None, name: str | None) -> None:
    """Show what a release command printed, the newest release's if none is named; follow one that still runs."""
    from localku.platform.releasing import release_output
    from localku.platform.releasing import releases as verbs

    context, app = context_and_app(name)
    found = verbs.find(context, app, release)
    pieces = release_output.read(context, app, found)
    if pieces is None:
        note(f" !     Release v{found.version} has no release output available.")
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        write(decoder.decode(piece))


@click.command()
@click.argument("release", required=False, shell_complete=completers.releases)
@app_option
def rollback(release: str | None, name: str | None) -> None:
    """Release the code and config vars of an earlier release again; the one before if none is named."""
    from localku.platform.addons import addon_servers
    from localku.platform.releasing import releases as verbs

    context, app = context_and_app(name)
    chosen, before = verbs.target(context, app, release), verbs.current(context, app)
    with addon_servers.stopped_after(context, app):
        done = verbs.rollback(context, app, chosen, note)
    note(f"Rolling back {app.name} to v{chosen.version}... done, v{done.version}")
    note(" !     Rollback affects code and config vars; it doesn't add or remove addons.")
    if before is not None:
        note(f" !     To undo, run: localku rollback v{before.version} -a {app.name}")


@click.command()
@app_option
def releases_retry(name: str | None) -> None:
    """Release what the newest release has once more, and so run its release command again."""
    from localku.platform.addons import addon_servers
    from localku.platform.releasing import releases as verbs

    context, app = context_and_app(name)
    last = verbs.find(context, app, None)
    with addon_servers.stopped_after(context, app):
        made = verbs.retry(context, app, note)
    note(f"Retrying v{last.version} on {app.name}... done, v{made.version}")
