"""Config vars: one file each in ENV_DIR, name and value."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# heroku-buildpack-nodejs lib/environment.sh: names a config var may not change during a build.
_KEPT_FROM_BUILD = frozenset(
    ("PATH", "GIT_DIR", "CPATH", "CPPATH", "LD_PRELOAD", "LIBRARY_PATH", "LANG", "BUILD_DIR"),
)
_OF_THE_MACHINE = frozenset(
    ("NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "NPM_CONFIG_REGISTRY", "YARN_REGISTRY", "YARN_NPM_REGISTRY_SERVER"),
)
"""What tells how this machine reaches registries: the platform's, not the app's nor another buildpack's."""

_SECRET = re.compile(r"AUTH|TOKEN|PASSWORD|SECRET|CREDENTIAL|CERT$|KEY$", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/@\s]+@")


def read_env_dir(env_dir: Path | None) -> dict[str, str]:
    """Return the config vars a build may see; an absent folder holds none."""
    if env_dir is None or not env_dir.is_dir():
        return {}
    return {
        each.name: each.read_text(errors="surrogateescape").rstrip("\n")
        for each in sorted(env_dir.iterdir())
        if each.is_file() and each.name not in _KEPT_FROM_BUILD
    }


def build_environment(config: dict[str, str]) -> dict[str, str]:
    """Return this process's environment with the config vars over it, less what nobody else shall see.

    That is what a git push leaves behind, and what localku tells its own buildpacks.
    """
    return {**{k: v for k, v in os.environ.items() if k != "GIT_DIR" and not k.startswith("LOCALKU_")}, **config}


def of_earlier_buildpacks() -> dict[str, str]:
    """Return the environment without what is this machine's: the rest may be of an earlier buildpack's `export`."""
    return {name: value for name, value in os.environ.items() if name not in _OF_THE_MACHINE}


def with_certificates(env: dict[str, str]) -> dict[str, str]:
    """Return the environment with the host's extra authorities under the names Node.js and npm read.

    Node.js reads NODE_EXTRA_CA_CERTS from 7.3 on and never SSL_CERT_FILE; npm on an older Node.js reads only
    its own `cafile`. Git has a name of its own too.
    """
    bundle = env.get("NODE_EXTRA_CA_CERTS") or env.get("SSL_CERT_FILE") or ""
    if not os.path.isfile(bundle):  # noqa: PTH113
        return env
    named = {"NODE_EXTRA_CA_CERTS": bundle, "GIT_SSL_CAINFO": bundle}
    if "npm_config_cafile" not in env:
        named["NPM_CONFIG_CAFILE"] = bundle
    return {**named, **env}


def offline(env: dict[str, str]) -> bool:
    """Tell whether the platform, or a config var, says that nothing can be fetched."""
    name = "LOCALKU_OFFLINE"
    return (env.get(name) or os.environ.get(name, "")).lower() in ("1", "true", "yes")


def shown(name: str, value: str) -> str:
    """Return `NAME=value` as it may appear in a build log: no secret, no password inside a URL."""
    return f"{name}={'***' if _SECRET.search(name) else _USERINFO.sub('***@', value)}"
