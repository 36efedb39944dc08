"""Scripts of package.json that a build runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodekit.output import BuildFailed, info, step, warning
from nodekit.run import run

from . import managers
from .diagnose import script_failure

if TYPE_CHECKING:
    from .binaries import Manager
    from .build import Build

_PREBUILD, _POSTBUILD, _BUILD, _CLEANUP = "heroku-prebuild", "heroku-postbuild", "build", "heroku-cleanup"

_NG_BUILD = """\
"ng build" detected as build script. `ng build --prod` makes the bundle for production; the config var
NODE_BUILD_FLAGS=--prod adds the flag without a change to package.json."""


def prebuild(build: Build, manager: Manager) -> None:
    if _PREBUILD in build.package.scripts:
        step("Prebuild")
        run_script(build, manager, _PREBUILD)


def has_build(build: Build) -> bool:
    return _POSTBUILD in build.package.scripts or _BUILD in build.package.scripts


def build_script(build: Build, manager: Manager) -> None:
    """Run heroku-postbuild, or build; heroku-postbuild wins."""
    scripts = build.package.scripts
    if _POSTBUILD in scripts:
        if _BUILD in scripts:
            info('Detected both "build" and "heroku-postbuild" scripts')
        run_script(build, manager, _POSTBUILD)
    elif _BUILD in scripts:
        if scripts[_BUILD] == "ng build":
            warning(_NG_BUILD)
        run_script(build, manager, _BUILD, build.option("NODE_BUILD_FLAGS"))


def cleanup(build: Build, manager: Manager) -> None:
    if _CLEANUP in build.package.scripts:
        step("Cleanup")
        run_script(build, manager, _CLEANUP)


def run_script(build: Build, manager: Manager, script: str, flags: str = "") -> None:
    """Run one script. BuildFailed says why it failed, as far as its output tells."""
    info(f"Running {script}" + (" (yarn)" if manager.command == "yarn" else ""))
    if flags:
        info(f"Running with {flags} flags")
    if manager.name == "yarn" and not build.package.scripts.get(script, "").strip():
        return  # Yarn 1 calls an empty script an error
    env = build.env | (managers.pnpm_store(build, manager) if manager.name == "pnpm" else {})
    done = run(managers.run_script(build, manager, script, flags), cwd=build.build_dir, env=env)
    if not done.ok:
        raise BuildFailed(script_failure(done.output, manager.name, script, done.status))
