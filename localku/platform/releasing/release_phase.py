"""The release phase: the databases run, then the release command does, and what it prints is kept."""

from __future__ import annotations

from localku.context import Context
from localku.dyno.dyno_order import PHASE
from localku.errors import CLIENT
from localku.platform.addons import addon_servers
from localku.platform.dynos import formation, oneoff
from localku.platform.releasing import release_output
from localku.platform.releasing.release_errors import ReleaseFailed
from localku.records import App, Release, Slug
from localku.telling import Say


class ReleasePhase:
    """How `release.make` runs a release command."""

    def databases(self, context: Context, app: App) -> tuple[addon_servers.Move, ...]:
        return addon_servers.start_all(context, app)

    def run(self, context: Context, app: App, made: Release, slug: Slug, say: Say) -> None:
        say("Running release command...")
        dyno = oneoff.order(PHASE, PHASE, made, slug, size=formation.size_of(context, app, PHASE))
        with release_output.Output(context, app, made.version) as output:
            status = oneoff.run_logged(context, app, dyno, say, output.write)
        if status != 0:
            raise ReleaseFailed(
                f"Release v{made.version} failed: its release command `{dyno.command}` exited with status {status}.",
                "The previous release stays current; config vars keep their new values.\n"
                f"`{CLIENT} releases:output v{made.version} -a {app.name}` shows what the command printed.",
            )


RELEASE_PHASE = ReleasePhase()
