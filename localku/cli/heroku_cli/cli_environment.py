"""The environment that Heroku's CLI runs in: every host it would talk to is localku, and no file of the user changes.

The variables are read by the CLI itself: github.com/heroku/heroku-cli-command (vars.ts), github.com/heroku/cli.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from localku import whole_file

if TYPE_CHECKING:
    from localku.cli.heroku_cli.api_access import Access

SECURE = "X-Localku-Scheme"
"""Asks the API for links that are https."""

LOOPBACK = ("localhost", "127.0.0.1")


def variables(access: Access, environ: Mapping[str, str]) -> dict[str, str]:
    """What is set beside what the user has."""
    cache = access.folder / "cache"
    return {
        "HEROKU_API_KEY": access.token,
        "HEROKU_BUILDPACK_REGISTRY_URL": access.url,
        "HEROKU_CACHE_DIR": str(cache),
        "HEROKU_CONFIG_DIR": str(access.folder / "config"),
        "HEROKU_DATA_DIR": str(access.folder / "data"),
        "HEROKU_DATA_HOST": LOOPBACK[1],
        "HEROKU_HOST": access.url,
        "HEROKU_LOGIN_HOST": access.url,
        "HEROKU_PARTICLEBOARD_URL": access.url,
        "HEROKU_STATUS_HOST": access.url,
        "PGDIAGNOSE_URL": LOOPBACK[1],
        "HEROKU_DISABLE_AUTOUPDATE": "1",
        "HEROKU_NOTIFICATIONS": "0",
        "HEROKU_SKIP_NEW_VERSION_CHECK": "1",
        "DISABLE_TELEMETRY": "true",
        "CURL_CA_BUNDLE": str(access.bundle),
        "GIT_CONFIG_GLOBAL": str(access.folder / "gitconfig"),
        "GIT_SSL_CAINFO": str(access.bundle),
        "NODE_EXTRA_CA_CERTS": str(access.bundle),
        "NO_PROXY": past_proxies(environ),
        "no_proxy": past_proxies(environ),
    }


def of_download() -> dict[str, str | None]:
    """Beside that, for `pg:backups:download`, which fetches by https alone, and through a proxy whatever NO_PROXY is.

    A var that is None is taken away.
    """
    return {
        "HEROKU_HEADERS": json.dumps({SECURE: "https"}),
        **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")),
    }


def past_proxies(environ: Mapping[str, str]) -> str:
    """What the user reaches without a proxy, and this machine."""
    given = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(",")
    return ",".join(dict.fromkeys([*(one.strip() for one in given if one.strip()), *LOOPBACK]))


def prepare(access: Access, environ: Mapping[str, str]) -> None:
    """Make the files that the variables name.

    The CLI writes to git's global configuration before almost every command: it gets one of its own, which includes
    the user's. An empty file in the cache is all that keeps it from telling of its terms of service.
    """
    terms = access.folder / "cache" / "terms-of-service"
    terms.parent.mkdir(exist_ok=True)
    terms.touch()
    config = access.folder / "gitconfig"
    wanted = "".join(f"[include]\n\tpath = {_quoted(one)}\n" for one in _git_configurations(environ))
    if not config.is_file() or not config.read_text().startswith(wanted):
        whole_file.write(config, wanted)


def _git_configurations(environ: Mapping[str, str]) -> list[str]:
    """Where git would look for the user's own (git-config(1), "FILES")."""
    named = environ.get("GIT_CONFIG_GLOBAL")
    if named is not None:
        return [named] if named and Path(named).is_file() else []
    home = environ.get("HOME", "")
    return [f"{environ.get('XDG_CONFIG_HOME') or f'{home}/.config'}/git/config", f"{home}/.gitconfig"]


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
