"""What the slug's dynos and the next buildpack are told about Node."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from .managers import pnpm_store

if TYPE_CHECKING:
    from pathlib import Path

    from .binaries import Manager
    from .build import Build

# pnpm 11 compares node_modules with the folder it was installed in before it runs a script; a build's folder is
# never the dyno's, so it may warn but must not install anew.
_PNPM_PROFILE = 'export pnpm_config_verify_deps_before_run="${pnpm_config_verify_deps_before_run:-warn}"\n'
_PNPM_VERIFIES = 11


def write(build: Build) -> None:
    """Write .profile.d and the `export` file; a buildpack folder that is not writable gets no `export`."""
    folder = build.build_dir / ".profile.d"
    folder.mkdir(exist_ok=True)
    for script in (build.buildpack_dir / "profile").iterdir():
        shutil.copyfile(script, folder / script.name)
    at = build.build_dir
    path = f"{at}/.heroku/node/bin:{at}/.heroku/yarn/bin:$PATH:{at}/node_modules/.bin"
    lines = (
        f'export PATH="{path}"',
        f'export NODE_HOME="{build.prefix}"',
        'export NODE_OPTIONS=${NODE_OPTIONS:-"--max_old_space_size=2560"}',
    )
    _export(build, "".join(f"{line}\n" for line in lines), "w")


def write_for_tests(build_dir: Path, buildpack_dir: Path) -> None:
    """Give the dyno of a test run NODE_ENV=test."""
    for script in (buildpack_dir / "ci-profile").iterdir():
        shutil.copyfile(script, build_dir / ".profile.d" / script.name)


def write_pnpm(build: Build, manager: Manager) -> None:
    """Add what pnpm needs to be told."""
    lines = [f'export {name}="{value}"\n' for name, value in pnpm_store(build, manager).items()]
    _export(build, "".join(lines), "a")
    if manager.version.major >= _PNPM_VERIFIES:
        (build.build_dir / ".profile.d" / "pnpm.sh").write_text(_PNPM_PROFILE)


def _export(build: Build, text: str, mode: str) -> None:
    if os.access(build.buildpack_dir, os.W_OK):
        with (build.buildpack_dir / "export").open(mode) as file:
            file.write(text)
