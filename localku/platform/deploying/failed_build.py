"""What the newest build said, where it failed; forgotten when one succeeds or has nothing to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from localku.context import Context
from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.locks import Busy
from localku.platform.releasing.release import ReleaseFailed
from localku.slugs.builder import BuildFailed
from localku.store.records import App, Observation
from localku.telling import Say

KIND = "transcript"
LINES = 400
"""The end of the output, which is what is kept."""


@contextmanager
def remembered(context: Context, app: App, say: Say) -> Iterator[Say]:
    """Keep what is said in the block where that fails, and why; but not what is another build's or the engine's."""
    said: list[str] = []

    def heard(line: str) -> None:
        said.append(line)
        say(line)

    try:
        yield heard
    except (ReleaseFailed, EngineUnavailable, Busy):
        raise
    except BuildFailed as error:
        keep(context, app, error.output)
        raise
    except LocalkuError as error:
        keep(context, app, (*said, f" !     {error.message}"), (error.message, error.hint))
        raise


def keep(context: Context, app: App, output: tuple[str, ...], refusal: tuple[str, str] | None = None) -> None:
    """Remember what a failed build printed, and localku's own words; of one that did not fail, nothing."""
    releases = context.store.releases.all(app)
    data = {"output": list(output[-LINES:]), "refusal": refusal}
    seen = Observation(app.id, "build", KIND, releases[0].version, data, context.clock.now())
    with suppress(LocalkuError):  # a store that cannot be written has its own error
        context.store.observations.keep(seen)


def read(context: Context, app: App) -> tuple[tuple[str, ...], tuple[str, str] | None]:
    """Return the end of the newest build's output if it failed, and why where localku said so itself.

    It counts until a slug is made, whatever else is released meanwhile.
    """
    seen = next((one for one in context.store.observations.of(app) if one.kind == KIND), None)
    if seen is None or not isinstance(seen.data, dict):  # an older localku kept a list
        return (), None
    for release in context.store.releases.all(app):
        if release.created_at < seen.at:
            break
        with suppress(LookupError):  # old slugs are taken away
            if release.slug_id and context.store.releases.slug(release.slug_id).created_at >= seen.at:
                return (), None
    refusal = seen.data["refusal"]
    return tuple(seen.data["output"]), (refusal[0], refusal[1]) if refusal else None
