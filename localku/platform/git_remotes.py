"""Which app a folder's git remotes name: `https://127.0.0.1:5080/APP.git`, as `heroku git:remote` sets them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from localku.context import Context
from localku.control import api_port
from localku.errors import CLIENT, Invalid, LocalkuError
from localku.records import App

USUAL = "heroku"
_PATH = re.compile(r"/([a-z][a-z0-9-]*)\.git\Z")


def app_of(context: Context, root: Path) -> App | None:
    """Return the app, None where no remote names one of ours. Raises LocalkuError where they name several."""
    port = api_port.of(context.home)
    if port is None:
        return None
    place = f"{api_port.HOST}:{port}"
    found = {
        name: app for name, url in _remotes(root, place).items() if (app := _named(context, url, place)) is not None
    }
    if USUAL in found:
        return found[USUAL]
    if len({app.id for app in found.values()}) > 1:
        raise Invalid(
            f"The git remotes of this folder name several apps: {', '.join(sorted(found))}.",
            f"Choose one: `{CLIENT} ... -a {next(iter(found.values())).name}`.",
            resource="app",
        )
    return next(iter(found.values()), None)


def _remotes(root: Path, place: str) -> Mapping[str, str]:
    """Those of the repository around a folder; none where it is not to be read, or does not mention the place."""
    from localku.project.git import git_settings, git_theirs  # a command that is told its app reads no folder

    try:
        repository = git_theirs.find(root)
        if repository is None:
            return {}
        text = git_theirs.read(repository.common / "config", 1 << 24) or b""
        return git_settings.remotes(repository) if place.encode() in text else {}
    except (OSError, LocalkuError):
        return {}  # the folder is gone, or git's own files are none that git would read


def _named(context: Context, url: str, place: str) -> App | None:
    for scheme in ("https://", "http://"):
        if url.startswith(f"{scheme}{place}/"):
            path = _PATH.fullmatch(url.removeprefix(f"{scheme}{place}"))
            return context.store.apps.named(path[1]) if path else None
    return None
