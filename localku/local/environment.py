"""The environment of local processes: this one's, and over it what the env files say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from localku.errors import Kind, LocalkuError
from localku.local.plan import Task
from localku.project import env_file
from localku.project.app_files import LeadsOut
from localku.project.env_file import EnvFile


def read(root: Path, names: str | None) -> EnvFile:
    """The env files of a comma-separated list, later ones over earlier ones; `.env`, if there is one, without a list.

    As with `heroku local`, a `.env` that is no file (a virtual environment of that name) is only warned of.
    """
    if names is None:
        if (root / env_file.NAME).exists() and not (root / env_file.NAME).is_file():
            return EnvFile({}, (f"{env_file.NAME} is not a file; ignored.",))
        return _default(root)
    found = EnvFile({})
    for name in filter(None, (part.strip() for part in names.split(","))):
        one = env_file.read(root, name, named=True)
        if one is None:
            raise LocalkuError(
                f"There is no env file {name}.", "Create it with NAME=value lines, or omit -e.", kind=Kind.NOT_FOUND
            )
        found = EnvFile({**found.values, **one.values}, found.warnings + one.warnings)
    return found


def _default(root: Path) -> EnvFile:
    try:
        return env_file.read(root) or EnvFile({})
    except LeadsOut as error:
        raise LeadsOut(error.message, f"{error.hint}\nOr confirm it: -e {env_file.NAME}") from error


def of(task: Task, env: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """One process's environment. Python prints at once, as it does under Heroku's buildpack."""
    return {
        "PYTHONUNBUFFERED": "1",
        "FOREMAN_WORKER_NAME": task.name,
        **environ,
        **env,
        "PORT": str(task.port),
    }
