"""bin/compile: the steps of a build, in Heroku's order and words."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from nodekit import runtime
from nodekit.output import BuildFailed, error, info, step, warning
from nodekit.run import run

from . import berry, binaries, directories, install, managers, pnpm_store, preflight, profile, scripts, texts
from .build import Build, begin

if TYPE_CHECKING:
    from pathlib import Path


def main(build_dir: Path, cache_dir: Path, env_dir: Path | None, buildpack_dir: Path) -> int:
    """Build the app in `build_dir`; returns the exit status."""
    started = time.monotonic()
    report: dict[str, object] = {}
    try:
        package = preflight.check(build_dir)
        cache_dir.mkdir(parents=True, exist_ok=True)
        _compile(begin(build_dir, cache_dir, env_dir, buildpack_dir, package), report)
    except (BuildFailed, OSError) as exc:  # a full disk is no defect to show a traceback of
        report["failure"] = str(exc).partition("\n")[0]
        step("Build failed")
        error(str(exc))
    report["build_time"] = round(time.monotonic() - started, 3)
    with suppress(OSError):  # it is for bin/report alone
        _write_report(cache_dir, report)
    return 1 if "failure" in report else 0


def _compile(build: Build, report: dict[str, object]) -> None:
    step("Creating runtime environment")
    info()
    for line in build.shown:
        info(line)
    profile.write(build)
    if berry.locked(build):
        berry.check(build)
    checked_in = directories.existing(build)

    step("Installing binaries")
    binaries.describe(build.package, build)
    found = binaries.install(build)
    manager = found.manager
    build = replace(build, env={**found.env, **managers.understood(build, manager)})
    report.update(
        node_version=str(found.node),
        package_manager=manager.name,
        package_manager_version=str(manager.version),
    )
    if manager.name == "pnpm":
        profile.write_pnpm(build, manager)

    scripts.prebuild(build, manager)
    plan = install.plan(build, found)
    report["node_modules_restored"] = plan.unchanged
    install.restore(build, plan, manager)

    step("Installing dependencies")
    plan = install.install(build, plan, manager)
    if manager.name == "pnpm":
        pnpm_store.clean(build, manager)

    step("Build")
    moment = install.before_scripts(build, plan)
    scripts.build_script(build, manager)
    changed = install.changed_since(build, moment)

    pruning = partial(_prune, build, plan, manager, changed=changed)
    if _prunes_first(build, manager):
        pruning()
    if build.option("NODE_MODULES_CACHE") != "false":
        step("Caching build")
        _say_kept(build, plan, manager)
        directories.save(build, plan.runtime, checked_in, manager.name)
    if not _prunes_first(build, manager):
        pruning()

    scripts.cleanup(build, manager)
    runtime.settle(build.prefix)
    if build.option("NODE_VERBOSE") == "true":
        info()
        run(managers.list_modules(manager), cwd=build.build_dir, env=build.env)
    _closing_warnings(build, found)


def _prunes_first(build: Build, manager: binaries.Manager) -> bool:
    """Tell if what is kept is downloads of Yarn 1 alone, as in Heroku's bin/compile."""
    caches = build.option("USE_YARN_CACHE") != "false"
    return manager.name == "yarn" and caches and not build.package.cache_directories


def _prune(build: Build, plan: install.Plan, manager: binaries.Manager, *, changed: bool) -> None:
    step("Pruning devDependencies")
    install.prune(build, plan, manager)
    install.announce(build, plan, manager, changed=changed)


def _say_kept(build: Build, plan: install.Plan, manager: binaries.Manager) -> None:
    if plan.kept:
        info("- node_modules")
    if manager.name != "npm" or (plan.locked and managers.uses_npm_ci(build, manager)):
        info(install.download_cache(build, manager))


def _closing_warnings(build: Build, found: binaries.Binaries) -> None:
    if not build.has("Procfile") and "start" not in build.package.scripts and not build.has("server.js"):
        warning(texts.NO_START)
    if build.has("package-lock.json") and found.npm.major < binaries.NPM_WITH_LOCKFILE:
        warning(texts.npm_without_lockfile(str(found.npm)))


def _write_report(cache_dir: Path, report: dict[str, object]) -> None:
    target = cache_dir / "nodejs" / "report.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, sort_keys=True) + "\n")
