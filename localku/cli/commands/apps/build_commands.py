"""`localku build`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from localku.cli.options import app_option, json_option
from localku.cli.shell.user_shell import here
from localku.cli.terminal import note, say, show_json
from localku.errors import LocalkuError
from localku.slugs.build_limits import megabytes

if TYPE_CHECKING:
    from localku.context import Context
    from localku.platform.deploying.deploy_values import Deployed
    from localku.records import App


@click.command()
@app_option
@click.option("--offline", is_flag=True, help="Build in containers without network, using only the caches.")
@click.option("--force", is_flag=True, help="Build even if nothing has changed.")
@click.option(
    "--head", is_flag=True, help="Build the last commit, as git push sends it, instead of the folder as it is."
)
@click.option("--clear-cache", is_flag=True, help="Clear the build cache first.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors, and the build's output if it fails.")
@click.option("--timings", is_flag=True, help="Print the seconds of each step at the end.")
@json_option
def build(
    name: str | None,
    *,
    offline: bool,
    force: bool,
    head: bool,
    clear_cache: bool,
    quiet: bool,
    timings: bool,
    as_json: bool,
) -> None:
    """Build the app in this folder as Heroku would, and release it.

    Nothing is run but the release phase. The result is an image, localku/APP:latest.
    """
    from localku.cli import build_steps
    from localku.cli.deploying import Transcript
    from localku.cli.diagnosing import explain
    from localku.opening import open_context
    from localku.platform import apps, new_apps
    from localku.platform.deploying import deploy as verb
    from localku.platform.deploying import deploy_source
    from localku.platform.deploying.deploy_values import Options
    from localku.slugs.build_errors import BuildFailed

    context = open_context()
    new = not apps.is_known(context, here(), name)
    app = new_apps.find_or_create(context, here(), name)
    transcript = Transcript(context, app, quiet=quiet, to_stderr=as_json)
    options = Options(offline=offline, force=force, clear_cache=clear_cache, new_app=new)
    try:
        with transcript.live():
            deployed = verb.deploy(context, app, deploy_source.of(app, head=head), options, transcript)
    except LocalkuError as error:
        transcript.progress.clear()
        if quiet:
            transcript.reveal()
        explain(transcript.findings)
        if as_json:
            failed = {"app": app.name, "status": "failed", "error": error.message, "output": transcript.lines}
            show_json({**failed, "findings": [finding.as_json() for finding in transcript.findings]})
        if isinstance(error, BuildFailed):
            raise click.exceptions.Exit(1) from error
        raise
    transcript.progress.clear()
    steps = transcript.steps.end()
    if as_json:
        shown = {"timings": [step.as_json() for step in steps]} if timings else {}
        show_json({**_as_json(deployed, transcript.lines), **shown})
        return
    if not deployed.built and not quiet:
        say(f"No changes since v{deployed.release.version}; skipping build.")
    elif not quiet:
        show_disk_use(context, app)
    if timings:
        for line in build_steps.table(steps):
            note(line)


def show_disk_use(context: Context, app: App) -> None:
    """Say what the app takes up in the engine."""
    from localku.platform import housekeeping

    use = housekeeping.disk_use(context, app)
    note(
        f"       {megabytes(use.newest)} on disk with its stack; "
        f"{use.images} image(s) kept, {megabytes(use.own)} of them the app's own files"
    )


def _as_json(deployed: Deployed, lines: list[str]) -> dict[str, Any]:
    return {
        "app": deployed.app.name,
        "status": "succeeded",
        "built": deployed.built,
        "release": f"v{deployed.release.version}",
        "image": deployed.image,
        "stack": deployed.slug.stack,
        "buildpacks": list(deployed.slug.buildpacks),
        "process_types": dict(deployed.slug.process_types),
        "slug_size": deployed.slug.size,
        "commit": deployed.slug.commit,
        "output": lines,
    }
