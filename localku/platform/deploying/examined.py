"""What a source would be built from, and whether the slug in force was built from the same.

Apart from `making.py`: a deploy that finds nothing to build needs nothing of a build.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from localku.context import Context
from localku.platform import app_folders
from localku.platform.deploying import deploy_source
from localku.project.project_files import Project
from localku.project.sources.app_source import Source
from localku.records import App, Release, Slug
from localku.slugs import chain
from localku.slugs.values import Plan
from localku.telling import Progress

SEEN = "seen-files.json"
"""The file's name in the app's folder that says what a large app's files held."""


@dataclass(frozen=True)
class Examined:
    files: Source
    plan: Plan


def examine(
    context: Context, app: App, tree: deploy_source.Tree, buildpacks: tuple[str, ...], progress: Progress
) -> Examined:
    """Read the source and decide the chain, before all by `buildpacks`. What nobody can read is said now."""
    files = tree.collect(progress, context.store.folder(app) / SEEN)
    _ = tree.project.procfile, tree.project.app_json
    return Examined(files, plan(context, app, tree.project, buildpacks))


def unchanged(context: Context, app: App, examined: Examined) -> tuple[Release, Slug] | None:
    """Return what is in force where it was made of just this and can still run."""
    current = context.store.releases.current(app)
    if current is None or current.slug_id is None:
        return None
    slug = context.store.releases.slug(current.slug_id)
    if slug.fingerprint != fingerprint(examined.files, examined.plan, app) or not context.engine.has_image(slug.image):
        return None
    return current, slug


def plan_for(context: Context, app: App) -> Plan:
    """Decide the chain for the app's own folder."""
    return plan(context, app, Project(app_folders.root_of(app)))


def plan(context: Context, app: App, project: Project, asked: tuple[str, ...] = ()) -> Plan:
    """Decide the chain: `asked` of this build, then `localku buildpacks`, app.json, `.buildpacks`, then detection."""
    return chain.plan(
        (
            ("the build's request", lambda: asked),
            (chain.BY_USER, lambda: context.store.apps.buildpacks(app)),
            ("app.json", lambda: project.app_json.buildpacks if project.app_json else ()),
            (".buildpacks", lambda: project.buildpacks),
        )
    )


def fingerprint(files: Source, plan: Plan, app: App) -> str:
    """Make out what a slug is made of: the same again needs no build."""
    text = "\0".join([files.fingerprint, chain.key(plan), app.stack or "auto"])
    return hashlib.sha256(text.encode()).hexdigest()
