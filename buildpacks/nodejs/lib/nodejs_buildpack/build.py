"""One build: its folders, its config, and the environment its programs get."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodekit import config
from nodekit.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from .package import Package

PREFIX = ".heroku/node"

# heroku-buildpack-nodejs lib/environment.sh
_DEFAULTS = {
    "NPM_CONFIG_LOGLEVEL": "error",
    "NODE_MODULES_CACHE": "true",
    "NODE_ENV": "production",
    "NODE_VERBOSE": "false",
}
# bin/test-compile sets these in its own environment.
_FROM_ENVIRONMENT = ("NPM_CONFIG_PRODUCTION", "NODE_ENV")
_BUILD_NODE_OPTIONS = "--max_old_space_size=2560"
_SHOWN = ("NPM_CONFIG_", "YARN_", "USE_NPM_", "USE_YARN_", "NODE_")


@dataclass(frozen=True)
class Build:
    """`env` is what every program of this build sees; `shown` the part of it the build log may show."""

    build_dir: Path
    cache_dir: Path
    buildpack_dir: Path
    package: Package
    config: dict[str, str]
    env: dict[str, str]
    shown: tuple[str, ...]

    @property
    def prefix(self) -> Path:
        return self.build_dir / PREFIX

    @property
    def cache(self) -> Path:
        """The part of CACHE_DIR that belongs to this buildpack."""
        return self.cache_dir / "nodejs"

    @property
    def offline(self) -> bool:
        return config.offline(self.env)

    @property
    def registry(self) -> Registry:
        return Registry(self.cache_dir / "nodekit", self.env, offline=self.offline)

    def has(self, name: str) -> bool:
        return (self.build_dir / name).is_file()

    def option(self, name: str) -> str:
        """Return the value of an environment or config variable, empty when unset."""
        return self.env.get(name, "")


def begin(build_dir: Path, cache_dir: Path, env_dir: Path | None, buildpack_dir: Path, package: Package) -> Build:
    """Collect what a build needs. Config vars win over defaults, both over the environment given."""
    chosen = config.read_env_dir(env_dir)
    given = {name: os.environ[name] for name in _FROM_ENVIRONMENT if os.environ.get(name)}
    defaults = {**_DEFAULTS, **given}
    if (build_dir / "yarn.lock").is_file():
        defaults["USE_YARN_CACHE"] = "true"
    visible = {**defaults, **config.of_earlier_buildpacks(), **chosen}
    env = {**defaults, **config.with_certificates(config.build_environment(chosen))}
    env.setdefault("NODE_OPTIONS", _BUILD_NODE_OPTIONS)
    prefix = build_dir / PREFIX
    env["PATH"] = f"{prefix}/bin:{build_dir}/.heroku/yarn/bin:{os.environ.get('PATH', os.defpath)}"
    env.update(_program_settings(env, cache_dir / "nodejs"))
    shown = tuple(config.shown(name, visible[name]) for name in sorted(visible) if name.startswith(_SHOWN))
    return Build(build_dir, cache_dir, buildpack_dir, package, chosen, env, shown)


def _program_settings(env: dict[str, str], cache: Path) -> dict[str, str]:
    """Settings a config var may override: where the caches are, and no network talk nobody asked for."""
    wanted = {
        "NPM_CONFIG_CACHE": str(cache / "npm"),
        "NPM_CONFIG_AUDIT": "false",
        "NPM_CONFIG_FUND": "false",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
        "YARN_CACHE_FOLDER": str(cache / "yarn"),
        "YARN_ENABLE_TELEMETRY": "false",
        "YARN_ENABLE_MIRROR": "false",
        "YARN_GLOBAL_FOLDER": str(cache / "yarn-global"),
    }
    return {name: value for name, value in wanted.items() if name not in env}
