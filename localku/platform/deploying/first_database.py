"""Whether a build makes the app its first database, and whether Heroku would (Dev Center, "Buildpack API")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from localku.context import Context
from localku.platform.addons import provisioning
from localku.project.project_files import Project
from localku.records import App
from localku.slugs import transcript
from localku.telling import Progress, Say

SERVICE = "heroku-postgresql"


BY_HAND = f"heroku addons:create {SERVICE}"


@dataclass(frozen=True)
class FirstDatabase:
    """`plan` as asked for, `reason` a sentence without its full stop, `on_heroku` whether Heroku makes one too."""

    plan: str
    reason: str
    on_heroku: bool


class Ahead(Protocol):
    """A server that was started before anybody said that the app gets it."""

    @property
    def ident(self) -> int: ...
    def is_of(self, plan: str) -> bool: ...
    def attach(self, progress: Progress) -> None: ...
    def end(self) -> None: ...


def needed(
    context: Context, app: App, project: Project, asked: tuple[str, ...], ahead: Ahead | None = None
) -> FirstDatabase | None:
    """Return the database that the app shall get; `asked` are the add-ons the buildpack's bin/release named.

    `ahead` is on its way for just this, and no database that the app has.

    None where it has one, has set DATABASE_URL, or had one that was taken away: Heroku makes one only with
    the first deploy. LocalkuError where a dependency file cannot be read.
    """
    if (
        provisioning.CONFIG_VAR in context.store.apps.config(app)
        or any(ahead is None or one.id != ahead.ident for one in context.store.addons.attached(app))
        or _had_one(context, app)
    ):
        return None
    found = project.app_json
    plans = [addon.plan for addon in found.addons] if found else []
    for plan in (*plans, *asked):
        if provisioning.is_postgres(plan):
            return FirstDatabase(plan, "required by the buildpack or app.json", on_heroku=True)
    driver = project.postgres_driver
    return FirstDatabase(SERVICE, driver, on_heroku=False) if driver else None


def provision(
    context: Context,
    app: App,
    project: Project,
    asked: tuple[str, ...],
    say: Say,
    progress: Progress,
    ahead: Ahead | None = None,
) -> None:
    """Make the database that is `needed`, if one is, and say why; and that Heroku would not, where it would not.

    One that is on its way is attached, if it is what is needed.
    """
    found = needed(context, app, project, asked, ahead)
    if found is None:
        return
    transcript.detail(say, f"Provisioning {SERVICE} ({found.reason})")
    if not found.on_heroku:
        transcript.warning(say, f"Heroku provisions none for this app by itself; there, run `{BY_HAND}`")
    if ahead is not None and ahead.is_of(found.plan):
        ahead.attach(progress)
        return
    if ahead is not None:
        ahead.end()
    provisioning.provision(context, app, found.plan, progress)


def _had_one(context: Context, app: App) -> bool:
    return any(one.addons for one in context.store.releases.all(app))
