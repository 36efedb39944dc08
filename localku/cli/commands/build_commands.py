"""`localku build`."""

from __future__ import annotations

from typing import Any

import click

from localku.cli.options import app_option, here, json_option
from localku.cli.terminal import Progress, note, say, show_json
from localku.errors import LocalkuError
from localku.slugs.build_limits import megabytes


@click.command()
@app_option
@click.option("--offline", is_flag=True, help="Build in containers without any network, from the caches alone.")
@click.option("--force", is_flag=True, help="Build even when nothing has changed.")
@click.option("--head", is_flag=True, help="Build the last commit, as git push sends it, not the folder as it is.")
@click.option("--clear-cache", is_flag=True, help="Throw the buildpacks' caches away first.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors; the build's output when it fails.")
@json_option
def build(
    name: str | None, *, offline: bool, force: bool, head: bool, clear_cache: bool, quiet: bool, as_json: bool
) -> None:
    """Build the app in this folder as Heroku would, and release it.

    Nothing is run but the release phase. The result is an image, localku/APP:vN.
    """
    from localku.cli.diagnosing import examined, explain
    from localku.context import open_context
    from localku.platform import addons, apps, first_build, setup
    from localku.platform import build as verb
    from localku.slugs.builder import BuildFailed

    context = open_context()
    app = apps.find_or_create(context, here(), name)
    transcript = Transcript(quiet=quiet, to_stderr=as_json)
    options = verb.Options(offline=offline, force=force or clear_cache, clear_cache=clear_cache, head=head)
    findings: list[Any] = []
    try:
        with (
            first_build.undone(context, app),
            addons.stopped_after(context, app),
            examined(context, app) as findings,
        ):
            setup.take_over(context, app, transcript)
            app = context.store.apps.by_id(app.id)
            outcome = verb.build(context, app, transcript, transcript.progress, options)
    except LocalkuError as error:
        transcript.progress.clear()
        if quiet:
            transcript.reveal()
        explain(findings)
        if as_json:
            failed = {"app": app.name, "status": "failed", "error": error.message, "output": transcript.lines}
            show_json({**failed, "findings": [finding.as_json() for finding in findings]})
        if isinstance(error, BuildFailed):
            raise click.exceptions.Exit(1) from error
        raise
    transcript.progress.clear()
    if as_json:
        show_json(_as_json(app.name, outcome, transcript.lines))
    elif not outcome.built and not quiet:
        say(f"nothing changed, v{outcome.release.version} stays")
    elif not quiet:
        show_disk_use(context, app)


def show_disk_use(context: Any, app: Any) -> None:
    """Say what the app takes up in the engine."""
    from localku.platform import housekeeping

    use = housekeeping.disk_use(context, app)
    note(
        f"       {megabytes(use.newest)} on disk with its stack; "
        f"{use.images} image(s) kept, {megabytes(use.own)} of them the app's own files"
    )


def _as_json(app_name: str, outcome: Any, lines: list[str]) -> dict[str, Any]:
    return {
        "app": app_name,
        "status": "succeeded",
        "built": outcome.built,
        "release": f"v{outcome.release.version}",
        "image": outcome.slug.image,
        "stack": outcome.slug.stack,
        "buildpacks": list(outcome.slug.buildpacks),
        "process_types": dict(outcome.slug.process_types),
        "slug_size": outcome.slug.size,
        "commit": outcome.slug.commit,
        "output": lines,
    }


class Transcript:
    """Takes the build's lines: prints them live, or keeps them for when they are wanted."""

    def __init__(self, *, quiet: bool = False, to_stderr: bool = False) -> None:
        self.lines: list[str] = []
        self.progress = Progress()
        self._quiet = quiet
        self._print = note if to_stderr else say

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        if not self._quiet:
            self.progress.clear()
            self._print(line)

    def reveal(self) -> None:
        for line in self.lines:
            note(line)
