"""Install the app's modules, or find that the last build's are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nodekit import tree
from nodekit.output import BuildFailed, info, step, warning
from nodekit.run import run

from . import directories, managers, modules, scripts, texts
from .diagnose import install_failure

if TYPE_CHECKING:
    from pathlib import Path

    from .binaries import Binaries, Manager
    from .build import Build

# An install script of the app that reads only files an install key covers, or has its own way to be quick.
_REPEATABLE = re.compile(
    r"^(?:\./|node )?(?:node_modules/\.bin/|node_modules/bower/bin/)?bower\s+(?:install|i)\b[^;&|]*$"
)

_LOCKFILES = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")


@dataclass(frozen=True)
class Plan:
    """How this build gets its node_modules.

    `state` is what the cache holds for it, `key` names what it needs; `locked`: the source has a lockfile.
    """

    cache: modules.Cache
    state: modules.State
    key: str
    runtime: str
    checked_in: bool
    kept: bool
    locked: bool

    @property
    def unchanged(self) -> bool:
        return self.kept and self.state.key == self.key


def plan(build: Build, binaries: Binaries) -> Plan:
    """Look at app and cache; after the heroku-prebuild script, which may write what an install reads."""
    cache = modules.Cache(build.cache / "modules")
    runtime = modules.runtime_key(build, binaries)
    kept = build.option("NODE_MODULES_CACHE") != "false"
    return Plan(
        cache=cache,
        state=cache.load() if kept else modules.State(),
        key=modules.install_key(build, runtime) if repeatable(build, binaries.manager) else "",
        runtime=runtime,
        checked_in=(build.build_dir / "node_modules").exists(),
        kept=kept and repeatable(build, binaries.manager),
        locked=any(build.has(name) for name in _LOCKFILES),
    )


def repeatable(build: Build, manager: Manager) -> bool:
    """Tell if package.json, lockfile and settings alone decide what an install leaves in node_modules."""
    package = build.package
    own = all(_REPEATABLE.match(script.strip()) for script in package.install_scripts.values())
    whole = manager.name != "berry" or not managers.plug_and_play(build)
    checked_in = (build.build_dir / "node_modules").exists()
    return own and whole and not package.local_dependencies and not checked_in


def modules_dir(build: Build) -> Path:
    return build.build_dir / "node_modules"


def restore(build: Build, found: Plan, manager: Manager) -> None:
    """Print and do the "Restoring cache" step, which is silent when there is nothing to restore."""
    if not found.kept and build.option("NODE_MODULES_CACHE") == "false":
        step("Restoring cache")
        info("Caching has been disabled because NODE_MODULES_CACHE=false")
        return
    folders = directories.kept(build, found.runtime)
    if found.state.key or folders:
        step("Restoring cache")
    if found.state.key:
        _restore_modules(build, found, manager)
    if folders:
        directories.restore(build)


def _restore_modules(build: Build, found: Plan, manager: Manager) -> None:
    if found.unchanged:
        found.cache.restore(modules_dir(build), found.state, pruned=not scripts.has_build(build))
        found.cache.restore_lockfile(build.build_dir)
        info("- node_modules")
    elif found.state.runtime != found.runtime:
        info("Cached directories were not restored due to a change in version of node, npm, yarn or stack")
        info("Module installation may take longer for this build")
    elif found.checked_in:
        info("- node_modules is checked into source control and cannot be cached")
    elif manager.name == "npm" and not managers.uses_npm_ci(build, manager):
        found.cache.restore(modules_dir(build), found.state, pruned=False)
        info("- node_modules")
    else:
        info(f"- {manager.command} cache")


def install(build: Build, found: Plan, manager: Manager) -> Plan:
    """Fill node_modules; returns the plan with the state of the cache after it."""
    if found.unchanged:
        info(f"Using node_modules of the last build: package.json, lockfile, node and {manager.command} are unchanged")
        for script in build.package.install_scripts:
            scripts.run_script(build, manager, script)
        return found
    if manager.command == "yarn" and found.checked_in and manager.name != "berry":
        warning(texts.CHECKED_IN)
        tree.remove(modules_dir(build))
    _run_install(build, found, manager)
    if not found.kept or not modules_dir(build).is_dir():
        found.cache.forget()
        return replace(found, kept=False)
    state = found.cache.keep(modules_dir(build), found.key, found.runtime, copies=found.state.copies)
    if not found.locked:
        found.cache.keep_lockfile(build.build_dir)
    return replace(found, state=state)


def _run_install(build: Build, found: Plan, manager: Manager) -> None:
    wanted = managers.install(build, manager)
    if found.checked_in and manager.name == "npm":
        info("Prebuild detected (node_modules already exists)")
        info("Rebuilding any native modules")
        _run(build, manager, managers.Install("", ("npm", "rebuild")))
        lock = " + shrinkwrap" * build.has("npm-shrinkwrap.json")
        command = ("npm", "install", *managers.npm_options(build, manager))
        wanted = managers.Install(f"Installing any new modules (package.json{lock})", command)
    info(wanted.title)
    _run(build, manager, wanted)


def _run(build: Build, manager: Manager, wanted: managers.Install) -> None:
    done = run(wanted.command, cwd=build.build_dir, env=build.env | wanted.env)
    if not done.ok:
        name = "Yarn" if manager.command == "yarn" else manager.name
        log = build.build_dir / "npm-debug.log"  # npm before 5 names there what it asked for
        told = (log.read_text(errors="replace") if log.is_file() else "") + done.output
        raise BuildFailed(install_failure(told, name, done.command, done.status))


def prune(build: Build, found: Plan, manager: Manager) -> None:
    """Remove devDependencies, by the package manager or as it did when it last was asked."""
    wanted = managers.prune(build, manager)
    if wanted.skipped:
        info(f"Skipping because {wanted.skipped}")
        return
    folder = modules_dir(build)
    if found.unchanged and found.state.pruned is not None:
        found.cache.repeat_prune(found.state.pruned, folder)
        return
    before = tree.stamps(folder) if found.kept else {}
    extra = managers.install(build, manager).env
    _run(build, manager, managers.Install("", wanted.command, extra))
    if found.kept and folder.is_dir():
        found.cache.keep_pruned(found.state, before, folder)
