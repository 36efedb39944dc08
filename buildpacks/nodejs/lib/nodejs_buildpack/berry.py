"""Yarn 2 and later, called Berry: its lockfile, and the release, the settings and the cache that an app may bring."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from nodekit import tree
from nodekit.output import BuildFailed, info, warning

from . import texts

if TYPE_CHECKING:
    from .build import Build

PRUNE_PLUGIN = Path(__file__).with_name("prune_plugin.cjs")
_SETTINGS = ".yarnrc.yml"
_CACHE = ".yarn/cache"
_MAJOR = re.compile(r"[^0-9]*([0-9]+)")
_IN_NAME = re.compile(r"yarn-(\d+\.\d+\.\d+[^/]*?)\.c?js\Z")


def locked(build: Build) -> bool:
    """Tell if Yarn 2 or later wrote the lockfile."""
    path = build.build_dir / "yarn.lock"
    return path.is_file() and "__metadata:" in path.read_text(errors="replace")


def check(build: Build) -> None:
    """Raise BuildFailed where Heroku refuses a Berry app, and warn of files that Berry does not read."""
    production = build.option("YARN_PRODUCTION")
    if production:
        raise BuildFailed(texts.yarn_production(skip="false" if production == "true" else "true"))
    for name in (".npmrc", ".yarnrc"):
        if build.has(name):
            warning(texts.not_read_by_berry(name))
    path = release(build)
    if _declared_major(build) in ("", "1"):
        if not build.has(_SETTINGS):
            raise BuildFailed(texts.NO_YARNRC)
        if not path:
            raise BuildFailed(texts.NO_YARN_PATH)
    if path and not has_release(build):
        raise BuildFailed(texts.no_release(path))


def release(build: Build) -> str:
    """Return the path of the Yarn that the app brings, `yarnPath`; empty where it names none."""
    return _setting(build, "yarnPath")


def has_release(build: Build) -> bool:
    path = release(build)
    return bool(path) and build.has(path)


def running(build: Build, node: Path) -> str:
    """Return the version of the app's own release, which is the one that runs, whatever else is installed."""
    path = build.build_dir / release(build)
    named = _IN_NAME.search(path.name)
    if named:
        return named[1]
    env = {**build.env, "YARN_IGNORE_PATH": "1"}
    done = subprocess.run(
        [node, path, "--version"], cwd=build.build_dir, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildFailed(texts.broken_release(release(build), done.stderr.strip()))
    return done.stdout.strip()


def plug_and_play(build: Build) -> bool:
    """Tell if the app keeps no node_modules, which is what Berry does unless .yarnrc.yml asks for them."""
    return _setting(build, "nodeLinker") != "node-modules"


def has_cache(build: Build) -> bool:
    """Tell if the app brings its modules as zips: Yarn calls that zero-install."""
    folder = build.build_dir / _CACHE
    return folder.is_dir() and next(os.scandir(folder), None) is not None


def cache_settings(build: Build) -> dict[str, str]:
    """Return the variables that say where the zips are.

    Plug'n'Play reads modules from them at run time: then, and where the app brings them, they are inside the app.
    The names of committed zips are those of a cache with a mirror.
    """
    env = {"YARN_ENABLE_GLOBAL_CACHE": "false"}
    if has_cache(build):
        env["YARN_ENABLE_IMMUTABLE_CACHE"] = build.config.get("YARN_ENABLE_IMMUTABLE_CACHE", "true")
    if has_cache(build) or plug_and_play(build):
        env["YARN_CACHE_FOLDER"] = build.config.get("YARN_CACHE_FOLDER", str(build.build_dir / _CACHE))
        env["YARN_ENABLE_MIRROR"] = build.config.get("YARN_ENABLE_MIRROR", "true")
    return env


def settle_cache(build: Build) -> None:
    """After pruning, remove the zips in the app where there are node_modules: nothing reads them any more."""
    if not plug_and_play(build):
        info("Removing local yarn cache to reduce slug size")
        tree.remove(build.build_dir / _CACHE)


def _declared_major(build: Build) -> str:
    """Return the first number of packageManager's Yarn, else of engines.yarn; empty where neither names one."""
    name, _, version = build.package.package_manager.partition("@")
    if name == "yarn":
        return version.partition(".")[0]
    found = _MAJOR.match(build.package.engines.get("yarn", ""))
    return found[1] if found else ""


def _setting(build: Build, name: str) -> str:
    path = build.build_dir / _SETTINGS
    for line in path.read_text(errors="replace").splitlines() if path.is_file() else ():
        key, colon, value = line.partition(":")
        if colon and key.strip("\"'") == name:
            return value.partition(" #")[0].strip().strip("\"'")
    return ""
