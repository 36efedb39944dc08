"""bin/compile: `bower install`, or the components of the last build."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from handover import spares
from nodekit import config, tree
from nodekit.output import BuildFailed, error, info, step
from nodekit.registry import Registry
from nodekit.run import run

from . import components, program, settings
from .diagnose import failure

if TYPE_CHECKING:
    from pathlib import Path


def main(build_dir: Path, cache_dir: Path, env_dir: Path | None, _buildpack_dir: Path) -> int:
    """Install the components of the app in `build_dir`; returns the exit status."""
    report: dict[str, object] = {}
    cache = cache_dir / "bower"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _compile(build_dir, cache_dir, config.read_env_dir(env_dir), report)
    except (BuildFailed, OSError) as exc:  # a full disk is no defect to show a traceback of
        report["failure"] = str(exc).partition("\n")[0]
        error(str(exc))
    with suppress(OSError):  # it is for bin/report alone
        (cache / "report.json").write_text(json.dumps(report, sort_keys=True) + "\n")
    return 1 if "failure" in report else 0


def _compile(build_dir: Path, cache_dir: Path, config_vars: dict[str, str], report: dict[str, object]) -> None:
    env = config.with_certificates(config.build_environment(config_vars))
    step("Installing Bower components")
    chosen = settings.read(build_dir, env)
    registry = Registry(cache_dir / "nodekit", env, offline=config.offline(env))
    bower = program.find(build_dir, registry, env)
    report["bower_version"] = bower.version

    target = build_dir / chosen.directory
    kept = components.Kept(cache_dir / "bower" / "components")
    key = components.key(build_dir, env, bower.version)
    repeatable = chosen.repeatable and not target.exists()
    moved = repeatable and spares.take(build_dir, chosen.directory, spares.token(key))
    report["components_restored"] = moved or (repeatable and kept.restore(key, target))
    if report["components_restored"]:
        info(f"Using {chosen.directory} of the last build: bower.json and .bowerrc are unchanged")
    else:
        _install(bower, build_dir, cache_dir / "bower", env)
    if repeatable and not moved and target.is_dir():
        if not report["components_restored"]:
            kept.keep(key, target)
        spares.announce(build_dir, chosen.directory, spares.token(key))


def _install(bower: program.Program, build_dir: Path, cache: Path, env: dict[str, str]) -> None:
    offline = config.offline(env)
    command = (*bower.command, "install", *_options(cache, offline=offline))
    # bower would keep all of this and its own settings under HOME, which in a build may be read-only.
    wanted = {**env, "PATH": bower.path, "XDG_CONFIG_HOME": str(cache / "config")}
    done = run(command, cwd=build_dir, env=wanted)
    tree.remove(cache / "tmp")
    if not done.ok:
        raise BuildFailed(failure(done.output, done.status, offline=offline))


def _options(cache: Path, *, offline: bool) -> tuple[str, ...]:
    options = (
        "--config.interactive=false",
        "--config.analytics=false",
        f"--config.storage.packages={cache / 'packages'}",
        f"--config.storage.registry={cache / 'registry'}",
        f"--config.storage.links={cache / 'links'}",
        f"--config.storage.empty={cache / 'empty'}",
        f"--config.tmp={cache / 'tmp'}",
    )
    as_root = ("--allow-root",) if os.geteuid() == 0 else ()
    return (*options, *as_root, *(("--offline",) if offline else ()))
