"""Who sets a config var: the platform, an add-on, or the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.doctor.evidence import Evidence

GIVEN = frozenset(
    {"PORT", "DYNO", "HOME", "PATH", "PWD", "USER", "SHELL", "TERM", "LANG", "PS1", "HOSTNAME", "TMPDIR", "STACK",
     "WEB_CONCURRENCY", "DYNO_RAM", "PYTHONPATH", "PYTHONHOME", "NODE_ENV", "NODE_HOME", "MEMORY_AVAILABLE"}
)  # fmt: skip
"""What a dyno has without anybody setting it (Dev Center, "Dyno Startup Behavior", "Heroku Labs: Dyno Metadata")."""

_ADDONS = {
    "CLOUDAMQP_URL": "cloudamqp",
    "CLOUDINARY_URL": "cloudinary",
    "JAWSDB_URL": "jawsdb",
    "MEMCACHIER_SERVERS": "memcachier",
    "REDIS_URL": "heroku-redis",
    "SENDGRID_API_KEY": "sendgrid",
}
"""Config vars that an add-on of Heroku's brings, which localku does not have."""

_DATABASE_URL, _POSTGRES = "DATABASE_URL", "addons:create heroku-postgresql"


def setting(name: str, *tools: str) -> str:
    """Say how to get the config var, here and on Heroku: by its add-on where one brings it."""
    if name == _DATABASE_URL:
        here, there = _POSTGRES, _POSTGRES
    else:
        here = f"config:set {name}=…"
        there = f"addons:create {_ADDONS[name]}" if name in _ADDONS else here
    if tools == ("localku",):
        return f"`localku {here}`"
    return f"`localku {here}`, and on Heroku `heroku {there}`"


_FOLDERS = {"subdir": "PROJECT_PATH", "monorepo": "APP_BASE"}
"""What is in the name of a buildpack that makes a folder the app, and the config var that tells it which."""


def folder(evidence: Evidence) -> str:
    """Return the config var that names the app's folder to a buildpack of it, where nobody has set it."""
    return next((name for name in _of_folders(evidence) if name not in evidence.config), "")


def is_moved(evidence: Evidence) -> bool:
    """Whether a buildpack makes some folder the app: the top of the repository is not what others see."""
    return any(name in evidence.config for name in _of_folders(evidence))


def _of_folders(evidence: Evidence) -> tuple[str, ...]:
    return tuple(name for part, name in _FOLDERS.items() if any(part in one.lower() for one in evidence.buildpacks))
