"""The app's own tests, by `npm test` and its kin: https://devcenter.heroku.com/articles/testpack-api."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from .output import error

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAMS = (".heroku/node/bin", ".heroku/yarn/bin", "node_modules/.bin")
_NOTHING = """Error: There is no test command.

Name one in package.json ("scripts": {"test": …}), or in app.json
("environments": {"test": {"scripts": {"test": …}}}), which Heroku CI
runs instead of this buildpack's bin/test."""


def run(build_dir: Path) -> int:
    """Become the test command. Returns, with an exit status, only when there is none or its program is missing."""
    words = command(build_dir / "package.json")
    if not words:
        error(_NOTHING)
        return 1
    os.chdir(build_dir)
    folders = [str(build_dir / name) for name in _PROGRAMS]
    os.environ["PATH"] = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    os.environ.setdefault("NODE_ENV", "test")
    os.environ.setdefault("NPM_CONFIG_UPDATE_NOTIFIER", "false")
    try:
        os.execvp(words[0], words)  # noqa: S606 - no shell is wanted
    except FileNotFoundError:
        error(f"Error: {words[0]} isn't there.\n\nRun bin/test-compile before bin/test.")
    return 1


def command(package_json: Path) -> tuple[str, ...]:
    """Return `npm test`, `yarn test` or `pnpm test`, as heroku-buildpack-nodejs chooses; empty without a test script.

    It looks at `engines` and `packageManager`, and at no lockfile.
    """
    package = _mapping(_read(package_json))
    if not _mapping(package.get("scripts")).get("test"):
        return ()
    engines, manager = _mapping(package.get("engines")), str(package.get("packageManager") or "")
    for name in ("pnpm", "yarn"):
        if engines.get(name) or manager.startswith(name):
            return (name, "test")
    return ("npm", "test")


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
