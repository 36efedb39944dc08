"""Install the app's modules, or find that the last build's are the same."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handover import spares
from nodekit import tree
from nodekit.output import BuildFailed, info, step, warning
from nodekit.run import run

from . import berry, directories, managers, modules, pnpm_workspace, scripts, texts
from .diagnose import install_failure

if TYPE_CHECKING:
    from pathlib import Path

    from .binaries import Binaries, Manager
    from .build import Build

# An install script of the app that reads only files an install key covers, or has its own way to be quick.
_REPEATABLE = re.compile(
    r"^(?:\./|node )?(?:node_modules/\.bin/|node_modules/bower/bin/)?bower\s+(?:install|i)\b[^;&|]*$"
)

_MODULES = "node_modules"
_LOCKFILES = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")


@dataclass(frozen=True)
class Plan:
    """How this build gets its node_modules.

    `state` is what the cache holds for it, `key` names what it needs; `locked`: the source has a lockfile;
    `moved`: it has the last build's already, which needs no pruning any more.
    """

    cache: modules.Cache
    state: modules.State
    key: str
    runtime: str
    checked_in: bool
    kept: bool
    locked: bool
    moved: bool = False

    @property
    def unchanged(self) -> bool:
        return self.kept and self.state.key == self.key


def plan(build: Build, binaries: Binaries) -> Plan:
    """Look at app and cache, and take what can be moved from the last build.

    This comes after the heroku-prebuild script, which may write what an install reads.
    """
    cache = modules.Cache(build.cache / "modules")
    runtime = modules.runtime_key(build, binaries)
    wanted = build.option("NODE_MODULES_CACHE") != "false"
    again = repeatable(build, binaries.manager)
    found = Plan(
        cache=cache,
        state=cache.recorded() if wanted else modules.State(),
        key=modules.install_key(build, runtime) if again else "",
        runtime=runtime,
        checked_in=modules_dir(build).exists(),
        kept=wanted and again,
        locked=any(build.has(name) for name in _LOCKFILES),
    )
    if _take(build, found, binaries.manager):
        return replace(found, moved=True)
    return replace(found, state=cache.load()) if wanted else found


def _take(build: Build, found: Plan, manager: Manager) -> bool:
    """Move the last build's modules here, if they are in the state in which this build begins with them."""
    if not found.unchanged:
        return False
    prunes = managers.prune(build, manager).runs
    if found.state.digest == modules.NOTHING:
        return True
    if prunes and (found.state.pruned is None or _needs_more(build, found.state)):
        return False
    return spares.take(build.build_dir, _MODULES, _token(found, prunes=prunes))


def _needs_more(build: Build, state: modules.State) -> bool:
    """Tell if the build script needs modules that are pruned after it."""
    return scripts.has_build(build) and state.pruned is not None and bool(state.pruned.removed)


def _token(found: Plan, *, prunes: bool) -> str:
    return spares.token(found.key, prunes)


def repeatable(build: Build, manager: Manager) -> bool:
    """Tell if package.json, lockfile and settings alone decide what an install leaves in node_modules."""
    package = build.package
    own = all(_REPEATABLE.match(script.strip()) for script in package.install_scripts.values())
    whole = manager.name != "berry" or not berry.plug_and_play(build)
    single = manager.name != "pnpm" or not pnpm_workspace.configured(build)
    checked_in = modules_dir(build).exists()
    return own and whole and single and not package.local_dependencies and not checked_in


def modules_dir(build: Build) -> Path:
    return build.build_dir / _MODULES


def restore(build: Build, found: Plan, manager: Manager) -> None:
    """Print and do the "Restoring cache" step, which is silent when there is nothing to restore."""
    if not found.kept and build.option("NODE_MODULES_CACHE") == "false":
        step("Restoring cache")
        info("Caching has been disabled because NODE_MODULES_CACHE=false")
        return
    folders = directories.kept(build, found.runtime)
    downloads = manager.name != "npm" and _built_before(build)
    if found.state.key or folders or downloads:
        step("Restoring cache")
    if found.state.key:
        _restore_modules(build, found, manager)
    elif downloads:
        info(download_cache(build, manager))
    if folders:
        directories.restore(build, manager.name)


def _built_before(build: Build) -> bool:
    """Tell if the last build with this cache succeeded, and so left its downloads there."""
    try:
        return "failure" not in json.loads((build.cache / "report.json").read_text())
    except (OSError, ValueError):
        return False


def download_cache(build: Build, manager: Manager) -> str:
    """Return what to say of the cache that the package manager itself keeps."""
    if manager.name == "berry" and berry.has_cache(build):
        return "- yarn cache is checked into source control and cannot be cached"
    return f"- {manager.command} cache"


def _restore_modules(build: Build, found: Plan, manager: Manager) -> None:
    if found.unchanged:
        if not found.moved:
            pruned = managers.prune(build, manager).runs and not scripts.has_build(build)
            found.cache.restore(modules_dir(build), found.state, pruned=pruned)
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
        info(download_cache(build, manager))


def install(build: Build, found: Plan, manager: Manager) -> Plan:
    """Fill node_modules; returns the plan with the state of the cache after it."""
    if found.unchanged:
        info(f"Using node_modules of the last build: package.json, lockfile, node and {manager.command} are unchanged")
        for script in build.package.install_scripts:
            scripts.run_script(build, manager, script)
        return found
    if manager.command == "yarn" and found.checked_in and manager.name != "berry":
        _checked_in(build)
    _run_install(build, found, manager)
    installed = modules_dir(build).is_dir()
    if not found.kept or (not installed and scripts.has_build(build)):
        found.cache.forget()
        return replace(found, kept=False)
    if installed:
        state = found.cache.keep(modules_dir(build), found.key, found.runtime, copies=found.state.copies)
    else:
        state = found.cache.keep_nothing(found.key, found.runtime)
    if not found.locked:
        found.cache.keep_lockfile(build.build_dir)
    return replace(found, state=state)


def _checked_in(build: Build) -> None:
    """Remove modules that the source has, unless a config var says that they are meant to be there."""
    if build.option("SKIP_NODE_MODULES_CHECK") == "true":
        info(texts.KEPT_MODULES)
        return
    warning(texts.CHECKED_IN)
    tree.remove(modules_dir(build))


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
    for note in wanted.notes:
        info(note)
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
    if wanted.warning:
        warning(wanted.warning)
    if wanted.skipped:
        info(f"Skipping because {wanted.skipped}")
    if not wanted.runs:
        return
    if wanted.announced:
        info(wanted.announced)
    if not found.moved:
        _remove(build, found, manager, wanted)
    if manager.name == "berry":
        berry.settle_cache(build)


def _remove(build: Build, found: Plan, manager: Manager, wanted: managers.Prune) -> None:
    folder = modules_dir(build)
    whole = found.kept and found.cache.is_all_in(folder, found.state)
    if found.unchanged and found.state.pruned is not None and whole:
        found.cache.repeat_prune(found.state.pruned, folder)
        return
    before = tree.stamps(folder) if whole and folder.is_dir() else {}
    extra = managers.install(build, manager).env | wanted.env
    for project in pnpm_workspace.projects(build) if wanted.reinstalls else ():
        tree.remove(project / _MODULES)
    _run(build, manager, managers.Install("", wanted.command, extra))
    if whole and folder.is_dir():
        found.cache.keep_pruned(found.state, before, folder)


def before_scripts(build: Build, found: Plan) -> int | None:
    """Return the moment before the build script, where it matters whether that changes node_modules."""
    waiting = found.kept and not found.moved and scripts.has_build(build) and not _needs_more(build, found.state)
    return spares.mark(build.build_dir) if waiting else None


def changed_since(build: Build, moment: int | None) -> bool:
    return moment is not None and not spares.untouched(modules_dir(build), moment)


def announce(build: Build, found: Plan, manager: Manager, *, changed: bool) -> None:
    """Offer node_modules, pruned by now, to the next build; `changed` says that the build script wrote into it."""
    settled = found.moved or changed or not modules_dir(build).is_dir()
    if not found.kept or settled or _needs_more(build, found.cache.recorded()):
        return
    prunes = managers.prune(build, manager).runs
    spares.announce(build.build_dir, _MODULES, _token(found, prunes=prunes))
