"""What a deploy takes over from the app's files: app.json once, when the app is new, and each new `.env`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform.dynos import formation
from localku.platform.releasing import config_vars
from localku.project import app_json
from localku.project.app_json import AppJson
from localku.project.project_files import Project
from localku.records import App
from localku.telling import Say


class ConfigWanted(LocalkuError):
    """app.json requires config vars that nobody has given a value."""

    kind = Kind.INVALID


def _nothing() -> None:
    """Do nothing."""


def take_over(
    context: Context, app: App, project: Project, say: Say, before_release: Callable[[], None] = _nothing
) -> bool:
    """Apply app.json to an app that has nothing yet, and a `.env` that is new or has changed.

    Return whether that changed config vars, and so made a release, which `before_release` comes before. Raise
    ConfigWanted where app.json requires a value that neither has. What marks them as applied comes last: where
    something is refused, the next try sees it again.
    """
    manifest = None if _set_up(context, app) else project.app_json
    digest = project.env_digest
    own = _from_env_file(project, say) if digest not in {app.env_file, None} else {}
    wanted = own if manifest is None else {**_from_app_json(context, app, manifest, own, say), **own}
    changed = _configure(context, app, wanted, say, before_release)
    if manifest is not None:
        entries = {name: (entry.quantity, entry.size) for name, entry in manifest.formation.items()}
        formation.from_app_json(context, app, entries)
        if app_json.POSTDEPLOY in manifest.scripts:
            context.store.apps.set_postdeploy(app, manifest.scripts[app_json.POSTDEPLOY])
    if digest != app.env_file and digest is not None:
        context.store.apps.set_env_file(app, digest)
    return changed


def _configure(
    context: Context, app: App, wanted: Mapping[str, str], say: Say, before_release: Callable[[], None]
) -> bool:
    existing = context.store.apps.config(app)
    changes = {name: value for name, value in wanted.items() if existing.get(name) != value}
    if not changes:
        return False
    from localku.platform.releasing import config

    before_release()
    config.change(context, app, changes, say, over_attachments=True)
    return True


def _set_up(context: Context, app: App) -> bool:
    """Whether app.json was applied before: Heroku reads it only when it creates an app."""
    return bool(context.store.apps.formation(app)) or context.store.releases.current_slug(app) is not None


def _from_app_json(context: Context, app: App, found: AppJson, own: Mapping[str, str], say: Say) -> dict[str, str]:
    import secrets

    from localku.platform.addons import provisioning

    provided = (
        {provisioning.CONFIG_VAR} if any(provisioning.is_postgres(addon.plan) for addon in found.addons) else set()
    )
    given = {*context.store.apps.config(app), *own, *provided}
    values, missing = app_json.resolve_env(found.env, given, lambda: secrets.token_hex(32))
    if missing:
        raise _config_wanted(app, found, missing)
    if values:
        say(f"Setting {', '.join(sorted(values))} from app.json")
        _advise(values, say)
    if found.stack and app.stack is None and found.stack.startswith("heroku-"):
        say(f"app.json requests the stack {found.stack}; to use it: {CLIENT} stack:set {found.stack}")
    return values


def _config_wanted(app: App, found: AppJson, missing: tuple[str, ...]) -> ConfigWanted:
    wanted = [entry for entry in found.env if entry.name in missing]
    described = [f"{entry.name}: {entry.description}" for entry in wanted if entry.description]
    values = " ".join(f"{name}=..." for name in missing)
    return ConfigWanted(
        f"app.json requires config vars that have no value: {', '.join(missing)}.",
        "\n".join([*described, f"{CLIENT} config:set {values} -a {app.name}"]),
    )


def _from_env_file(project: Project, say: Say) -> dict[str, str]:
    found = project.env
    if found is None:
        return {}
    for warning in found.warnings:
        say(f" !     {warning}")
    refused = config_vars.invalid(found.values)
    if refused:
        say(f" !     .env: left out {', '.join(refused)}: a config var's name has letters, digits and underscores.")
    names = [name for name in found.values if name not in RESERVED and name not in refused]
    if names:
        say(f"Setting {', '.join(sorted(names))} from .env ({ELSEWHERE})")
        _advise(names, say)
    return {name: found.values[name] for name in names}


def _advise(names: Iterable[str], say: Say) -> None:
    for name in config_vars.reserved(names):
        say(f" !     {name}: {config_vars.ADVICE}")


ELSEWHERE = "Heroku does not read it: set them there with `heroku config:set`"
"""What is easily forgotten about a `.env`."""

RESERVED = frozenset({"PORT", "DYNO", "HOME", "PATH"})
"""Names in a `.env` meant for `heroku local` that the platform sets itself."""
