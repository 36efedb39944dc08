"""app.json: what a new app needs. Heroku reads it only when it creates the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localku.errors import Invalid
from localku.project import schedule, shapes
from localku.project.app_files import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

NAME = "app.json"
POSTDEPLOY = "postdeploy"
"""Of `scripts`: runs once, after the first release with code."""


@dataclass(frozen=True)
class EnvEntry:
    """A config var the app wants: a default `value`, or `generator` "secret", or neither."""

    name: str
    value: str | None = None
    required: bool = True
    generator: str | None = None
    description: str | None = None


@dataclass(frozen=True)
class Formation:
    """How many dynos of a process type; `size` as written (`basic`, `standard-1x` …), None: the default."""

    quantity: int = 1
    size: str | None = None


@dataclass(frozen=True)
class AddonWanted:
    """`plan` is `service` or `service:plan`; `as_` the name of its attachment."""

    plan: str
    as_: str | None
    options: Mapping[str, str]


@dataclass(frozen=True)
class CronEntry:
    """A command that runs on a schedule, as on Dokku; Heroku's own app.json has none."""

    command: str
    schedule: str


@dataclass(frozen=True)
class AppJson:
    """`scripts` holds postdeploy and the like (`dokku.predeploy` for nested ones), `environments` is raw."""

    name: str | None
    buildpacks: tuple[str, ...]
    env: tuple[EnvEntry, ...]
    formation: Mapping[str, Formation]
    addons: tuple[AddonWanted, ...]
    scripts: Mapping[str, str]
    stack: str | None
    success_url: str | None
    environments: Mapping[str, Any]
    cron: tuple[CronEntry, ...] = ()


def read(root: Path) -> AppJson | None:
    """The app.json of the app at `root`, None when it has none. LocalkuError when it is broken."""
    data = read_json(root, NAME)
    return None if data is None else from_data(data)


def from_data(data: Mapping[str, Any]) -> AppJson:
    """Check and name the parts of a parsed app.json. Keys Heroku does not know are ignored."""
    env = shapes.mapping(data, "env", NAME, {"DEBUG": {"value": "false"}})
    formation = shapes.mapping(data, "formation", NAME, {"web": {"quantity": 1}})
    return AppJson(
        name=shapes.text(data, "name", NAME),
        buildpacks=tuple(_buildpack(item) for item in shapes.sequence(data, "buildpacks", NAME, [_BUILDPACK])),
        env=tuple(_env(key, value) for key, value in env.items()),
        formation={key: _formation(key, value) for key, value in formation.items()},
        addons=tuple(_addon(item) for item in shapes.sequence(data, "addons", NAME, ["heroku-postgresql"])),
        scripts=_scripts(shapes.mapping(data, "scripts", NAME, {"postdeploy": "bin/setup"})),
        stack=shapes.text(data, "stack", NAME),
        success_url=shapes.text(data, "success_url", NAME),
        environments=shapes.mapping(data, "environments", NAME, {"test": {}}),
        cron=tuple(_cron(item, n) for n, item in enumerate(shapes.sequence(data, "cron", NAME, [_CRON]))),
    )


def resolve_env(
    entries: Iterable[EnvEntry], existing: AbstractSet[str] | Mapping[str, str], secret: Callable[[], str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """(config vars to set, names of required ones nobody gave a value).

    What `existing` already names is left alone; `secret` makes the value of a generated one.
    """
    values: dict[str, str] = {}
    missing = []
    for entry in entries:
        if entry.name in existing:
            continue
        if entry.generator is not None:
            values[entry.name] = secret()
        elif entry.value is not None:
            values[entry.name] = entry.value
        elif entry.required:
            missing.append(entry.name)
    return values, tuple(missing)


_BUILDPACK = {"url": "heroku/nodejs"}


def _buildpack(item: object) -> str:
    url = item.get("url") if isinstance(item, dict) else None
    if not isinstance(url, str) or not url.strip():
        raise shapes.wrong(NAME, "buildpacks", 'a list of objects with a "url"', [_BUILDPACK])
    return url.strip()


def _env(key: str, value: object) -> EnvEntry:
    where = f"env.{key}"
    if not key or "=" in key or any(char.isspace() or char == "\0" for char in key):
        raise Invalid(f"app.json: {key!r} cannot be the name of a config var.", "Use A-Z, 0-9 and _.")
    if not isinstance(value, dict):
        return EnvEntry(key, _value(value, where))
    required, generator = value.get("required"), value.get("generator")
    if not isinstance(required, bool | None):
        raise shapes.wrong(NAME, f"{where}.required", "true or false", {"required": False})
    if generator not in (None, "secret"):
        raise shapes.wrong(NAME, f"{where}.generator", '"secret", the only generator', {"generator": "secret"})
    return EnvEntry(
        key,
        value=None if value.get("value") is None else _value(value["value"], f"{where}.value"),
        required=required is not False,
        generator=generator,
        description=shapes.text(value, "description", NAME, where=f"{where}.description"),
    )


def _value(value: object, where: str) -> str:
    text = shapes.scalar(value)
    if text is None or "\0" in text:
        raise shapes.wrong(NAME, where, "a string", {"value": "…"})
    return text


def _formation(key: str, value: object) -> Formation:
    where = f"formation.{key}"
    if not isinstance(value, dict):
        raise shapes.wrong(NAME, where, "an object", {key: {"quantity": 1, "size": "basic"}})
    quantity = value.get("quantity", 1)
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 0 <= quantity <= MAX_QUANTITY:
        raise shapes.wrong(NAME, f"{where}.quantity", f"a number from 0 to {MAX_QUANTITY}", {"quantity": 1})
    return Formation(quantity, shapes.text(value, "size", NAME, where=f"{where}.size"))


MAX_QUANTITY = 100
"""Dynos of one process type: Heroku's limit per process type, and already more than one machine runs."""


_CRON = {"command": "bin/cleanup", "schedule": "0 3 * * *"}


def _cron(item: object, number: int) -> CronEntry:
    where = f"cron[{number}]"
    if not isinstance(item, dict):
        raise shapes.wrong(NAME, where, "an object", _CRON)
    command, when = item.get("command"), item.get("schedule")
    if not isinstance(command, str) or not command.strip():
        raise shapes.wrong(NAME, f"{where}.command", "a command", _CRON)
    if not isinstance(when, str) or not schedule.is_valid(when):
        raise shapes.wrong(NAME, f"{where}.schedule", "a schedule of minute, hour, day, month and weekday", _CRON)
    return CronEntry(command.strip(), " ".join(when.split()))


def _addon(item: object) -> AddonWanted:
    if isinstance(item, str) and item.strip():
        return AddonWanted(item.strip(), None, {})
    plan = item.get("plan") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(plan, str) or not plan.strip():
        raise shapes.wrong(NAME, "addons", 'a list of plans or objects with a "plan"', ["heroku-postgresql"])
    options = shapes.mapping(item, "options", NAME, {"version": "17"})
    named = {key: _value(value, f"addons.options.{key}") for key, value in options.items()}
    return AddonWanted(plan.strip(), shapes.text(item, "as", NAME, where="addons.as"), named)


def _scripts(data: Mapping[str, Any]) -> dict[str, str]:
    scripts = {}
    for key, value in data.items():
        if isinstance(value, dict):
            scripts.update({f"{key}.{name}": command for name, command in shapes.strings(value).items()})
        elif isinstance(value, str):
            scripts[key] = value
        elif value is not None:
            raise shapes.wrong(NAME, f"scripts.{key}", "a command", {key: "bin/setup"})
    return scripts
