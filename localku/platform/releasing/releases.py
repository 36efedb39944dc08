"""Looking releases up, and rolling back to one (Dev Center, "Releases")."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localku.context import Context
from localku.dyno.dyno_order import PHASE
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.releasing import release as verb
from localku.platform.releasing.release_phase import RELEASE_PHASE
from localku.records import App, Release, Slug
from localku.states import ReleaseStatus
from localku.telling import Say

NAME = re.compile(r"v?([0-9]{1,9})\Z", re.IGNORECASE)


def listed(context: Context, app: App) -> tuple[Release, ...]:
    """All releases, newest first; one whose localku was killed in the release phase is expired."""
    verb.settle(context, app)
    return context.store.releases.all(app)


def current(context: Context, app: App) -> Release | None:
    """Return the release in force: the newest that succeeded."""
    return context.store.releases.current(app)


def find(context: Context, app: App, name: str | None) -> Release:
    """Return the release `v12` or `12`, or of this UUID; the newest where no name is given."""
    known = listed(context, app)
    if name is None:
        return known[0]
    match = NAME.match(name)
    version = int(match[1]) if match else None
    found = next((one for one in known if version == one.version or name == one.uuid), None)
    if found is None:
        raise LocalkuError(
            f"Couldn't find that release: {name}.",
            f"{app.name} has v{known[-1].version} to v{known[0].version}.",
            kind=Kind.NOT_FOUND,
            resource="release",
        )
    return found


def slug_of(context: Context, app: App, ident: str) -> Slug:
    """Return the app's slug of this UUID."""
    for one in context.store.releases.slugs(app):
        if one.uuid == ident:
            return one
    raise LocalkuError("Couldn't find that slug.", kind=Kind.NOT_FOUND, resource="slug")


def from_slug(context: Context, app: App, slug: Slug, description: str | None, say: Say | None = None) -> Release:
    """Release a slug as it is, with the config vars of now; its release phase runs."""
    if not context.engine.has_image(slug.image):
        raise LocalkuError(
            "This slug is gone: localku keeps those of the newest builds.",
            f"Build that code again: git checkout {slug.commit or 'COMMIT'} && {CLIENT} build",
            kind=Kind.NOT_FOUND,
            resource="slug",
        )
    text = description or f"Deploy {(slug.commit or slug.fingerprint)[:8]}"
    made = verb.make(context, app, phase=RELEASE_PHASE, slug=slug, description=text, say=say)
    _tag_newest(context, slug)
    return made


def retry(context: Context, app: App, say: Say | None = None) -> Release:
    """Release what the newest release has once more, for its release command to run again.

    Raise LocalkuError where that has none.
    """
    last = listed(context, app)[0]
    slug = context.store.releases.slug(last.slug_id) if last.slug_id is not None else None
    if slug is None or PHASE not in slug.process_types:
        raise LocalkuError(
            "App must have a release-phase command to use this command.",
            "It is the `release` line of the Procfile.",
            kind=Kind.INVALID,
            resource="release",
        )
    return from_slug(context, app, slug, f"Retry of v{last.version}: {last.description}", say)


def _tag_newest(context: Context, slug: Slug) -> None:
    repository, _, _ = slug.image.partition(":")
    context.engine.images.tag(slug.image, repository, "latest")


def target(context: Context, app: App, name: str | None) -> Release:
    """Return the release a rollback leads to: the named one, or the last eligible before the one in force."""
    if name is not None:
        return find(context, app, name)
    eligible = [one for one in listed(context, app) if one.is_eligible]
    if len(eligible) < 2:  # noqa: PLR2004 - the one in force, and one before it
        raise LocalkuError(
            f"No eligible release found for {app.name} to roll back to.",
            f"A rollback needs an earlier release with code; `{CLIENT} releases` lists them.",
            kind=Kind.NOT_FOUND,
            resource="release",
        )
    return eligible[1]


def rollback(context: Context, app: App, chosen: Release, say: Say | None = None) -> Release:
    """Make a new release with the slug and the config vars of `chosen`; its release phase runs.

    Config vars that add-ons provide stay as they are. Raise LocalkuError where Heroku refuses, or where the
    slug's image is gone.
    """
    slug = _slug(context, app, chosen)
    made = verb.make(
        context,
        app,
        phase=RELEASE_PHASE,
        slug=slug,
        config=lambda now: _changes(context, app, chosen, now),
        description=f"Rollback to v{chosen.version}",
        say=say,
    )
    _tag_newest(context, slug)
    return made


def _slug(context: Context, app: App, chosen: Release) -> Slug:
    version = f"v{chosen.version}"
    if chosen.status == ReleaseStatus.PENDING:
        raise LocalkuError(
            f"The release command of {version} is still running.",
            f"`{CLIENT} releases:output {version}`",
            kind=Kind.CONFLICT,
            resource="release",
        )
    if chosen.status != ReleaseStatus.SUCCEEDED:
        what = "has expired" if chosen.status == ReleaseStatus.EXPIRED else "failed"
        raise LocalkuError(
            f"{version} {what}, so it cannot be rolled back to.",
            "Choose one that succeeded.",
            kind=Kind.INVALID,
            resource="release",
        )
    if chosen.slug_id is None:
        raise LocalkuError(
            f"{version} has no code: it is older than the first build.",
            "Choose a later one.",
            kind=Kind.NOT_FOUND,
            resource="release",
        )
    slug = context.store.releases.slug(chosen.slug_id)
    again = f"Build that code again: git checkout {slug.commit or 'COMMIT'} && {CLIENT} build"
    _refuse_other_addons(context, app, chosen, again)
    if not context.engine.has_image(slug.image):
        raise LocalkuError(
            f"The slug of {version} is gone: localku keeps those of the newest builds.",
            again,
            kind=Kind.NOT_FOUND,
            resource="release",
        )
    return slug


def _refuse_other_addons(context: Context, app: App, chosen: Release, again: str) -> None:
    now = {addon.engine_name for addon in context.store.addons.of(app)}
    then = now if chosen.addons is None else set(chosen.addons)
    if now == then:
        return
    changes = [f"{name} was added" for name in sorted(now - then)]
    changes += [f"{name} was removed" for name in sorted(then - now)]
    raise LocalkuError(
        f"Cannot roll back to v{chosen.version}: {', '.join(changes)} after it.",
        f"Heroku does not roll back across a change of add-ons.\n{again}",
        kind=Kind.INVALID,
        resource="release",
    )


def _changes(context: Context, app: App, chosen: Release, live: Mapping[str, str]) -> Mapping[str, str | None]:
    """What makes the app's config vars those of the release, less the add-ons' own: a database may have moved."""
    kept = {one.config_var for one in context.store.attachments.of(app)}
    gone = dict.fromkeys(live.keys() - chosen.config.keys())
    return {name: value for name, value in {**gone, **chosen.config}.items() if name not in kept}
