"""What happens once, when a folder becomes an app: app.json and .env (reference/heroku-runtime.md §9.2, §9.4)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from localku.platform import config, formation
from localku.platform.context import Context
from localku.platform.release import release
from localku.project import app_json, env_file
from localku.store.records import App

Say = Callable[[str], None]


def take_over(context: Context, app: App, say: Say) -> None:
    """Apply app.json to an app that has nothing yet, and a `.env` that is new or has changed."""
    if app.root is None:
        return
    wanted: dict[str, str | None] = {}
    if not _set_up(context, app):
        wanted.update(_from_app_json(context, app, say))
    wanted.update(_from_env_file(context, app, say))
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


def _from_app_json(context: Context, app: App, say: Say) -> dict[str, str | None]:
    if app.root is None:
        return {}
    found = app_json.read(app.root)
    if found is None:
        return {}
    values, missing = app_json.resolve_env(found.env, context.store.apps.config(app), lambda: secrets.token_hex(32))
    if values:
        say(f"Setting {', '.join(sorted(values))} from app.json")
    if missing:
        say(f" !     app.json asks for {', '.join(missing)}: localku config:set {missing[0]}=...")
    formation.from_app_json(context, app, {name: (e.quantity, e.size) for name, e in found.formation.items()})
    if found.stack and app.stack is None and found.stack.startswith("heroku-"):
        say(f"app.json asks for the stack {found.stack}: localku stack:set {found.stack} insists on it")
    return dict(values)


def _from_env_file(context: Context, app: App, say: Say) -> dict[str, str | None]:
    if app.root is None:
        return {}
    file = app.root / ".env"
    if not file.is_file():
        return {}
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest == app.env_file:
        return {}
    found = env_file.read(app.root)
    context.store.apps.set_env_file(app, digest)
    if found is None:
        return {}
    for warning in found.warnings:
        say(f" !     .env: {warning}")
    names = [name for name in found.values if name not in RESERVED]
    if names:
        say(f"Setting {', '.join(sorted(names))} from .env")
    return {name: found.values[name] for name in names}


RESERVED = frozenset({"PORT", "DYNO", "HOME", "PATH"})
"""Names in a `.env` meant for `heroku local` that the platform sets itself."""
