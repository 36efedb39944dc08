"""What happens once, when a folder becomes an app: app.json and .env (reference/heroku-runtime.md §9.2, §9.4)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.platform import addons, config, failed_build, formation, postdeploy
from localku.platform.release import release
from localku.project import app_files, app_json, env_file
from localku.project.app_json import AppJson
from localku.store.records import App

Say = Callable[[str], None]


class ConfigWanted(LocalkuError):
    """app.json requires config vars that nobody has given a value."""

    kind = Kind.INVALID


def take_over(context: Context, app: App, say: Say) -> None:
    """Apply app.json to an app that has nothing yet, and a `.env` that is new or has changed.

    Raise ConfigWanted where app.json requires a value that neither has. What marks them as applied comes
    last: where something is refused, the next try sees it again.
    """
    if app.root is None:
        return
    with failed_build.remembered(context, app, say) as heard:
        _take_over(context, app, app.root, heard)


def _take_over(context: Context, app: App, root: Path, say: Say) -> None:
    manifest = None if _set_up(context, app) else app_json.read(root)
    digest = _env_file_digest(root)
    own = _from_env_file(root, say) if digest not in {app.env_file, None} else {}
    wanted = own if manifest is None else {**_from_app_json(context, app, manifest, own, say), **own}
    _configure(context, app, wanted, say)
    if manifest is not None:
        entries = {name: (entry.quantity, entry.size) for name, entry in manifest.formation.items()}
        formation.from_app_json(context, app, entries)
        if postdeploy.NAME in manifest.scripts:
            context.store.apps.set_postdeploy(app, manifest.scripts[postdeploy.NAME])
    if digest != app.env_file and digest is not None:
        context.store.apps.set_env_file(app, digest)


def _configure(context: Context, app: App, wanted: Mapping[str, str], say: Say) -> None:
    existing = context.store.apps.config(app)
    changes = {name: value for name, value in wanted.items() if existing.get(name) != value}
    if not changes:
        return
    config.check(existing, changes)
    context.store.apps.change_config(app, changes)
    release(context, app, context.store.releases.current_slug(app), config.describe(changes), say)


def _set_up(context: Context, app: App) -> bool:
    """Whether app.json was applied before: Heroku reads it only when it creates an app."""
    return bool(context.store.apps.formation(app)) or context.store.releases.current_slug(app) is not None


def _from_app_json(context: Context, app: App, found: AppJson, own: Mapping[str, str], say: Say) -> dict[str, str]:
    provided = {addons.CONFIG_VAR} if any(addons.is_postgres(addon.plan) for addon in found.addons) else set()
    given = {*context.store.apps.config(app), *own, *provided}
    values, missing = app_json.resolve_env(found.env, given, lambda: secrets.token_hex(32))
    if missing:
        raise _config_wanted(app, found, missing)
    if values:
        say(f"Setting {', '.join(sorted(values))} from app.json")
    if found.stack and app.stack is None and found.stack.startswith("heroku-"):
        say(f"app.json asks for the stack {found.stack}: {CLIENT} stack:set {found.stack} insists on it")
    return values


def _config_wanted(app: App, found: AppJson, missing: tuple[str, ...]) -> ConfigWanted:
    wanted = [entry for entry in found.env if entry.name in missing]
    described = [f"{entry.name}: {entry.description}" for entry in wanted if entry.description]
    values = " ".join(f"{name}=..." for name in missing)
    return ConfigWanted(
        f"app.json requires config vars that have no value: {', '.join(missing)}.",
        "\n".join([*described, f"{CLIENT} config:set {values} -a {app.name}"]),
    )


def _env_file_digest(root: Path) -> str | None:
    raw = app_files.read_bytes(root, env_file.NAME)
    return None if raw is None else hashlib.sha256(raw).hexdigest()


def _from_env_file(root: Path, say: Say) -> dict[str, str]:
    found = env_file.read(root)
    if found is None:
        return {}
    for warning in found.warnings:
        say(f" !     .env: {warning}")
    names = [name for name in found.values if name not in RESERVED]
    if names:
        say(f"Setting {', '.join(sorted(names))} from .env ({ELSEWHERE})")
    return {name: found.values[name] for name in names}


ELSEWHERE = "Heroku reads none: set them there with `heroku config:set`"
"""What is easily forgotten about a `.env`."""

RESERVED = frozenset({"PORT", "DYNO", "HOME", "PATH"})
"""Names in a `.env` meant for `heroku local` that the platform sets itself."""
