"""bin/test: the test command of app.json, else Django's or pytest's.

Heroku CI runs app.json's before it asks a buildpack, and Heroku's own buildpack for Python has no bin/test:
https://devcenter.heroku.com/articles/testpack-api
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pybuild import output
from pybuild.collectstatic import find_manage_py
from pybuild.context import TREE

_NOTHING = """Error: There is no test command.

Name one in app.json: "environments": {"test": {"scripts": {"test": …}}}"""


def run(build_dir: Path) -> int:
    """Run setup and tests in the words of Heroku CI's log; return the first exit status that isn't 0."""
    scripts = _scripts(build_dir / "app.json")
    command = scripts.get("test") or _default(build_dir)
    if not command:
        output.error(_NOTHING)
        return 1
    setup = scripts.get("test-setup", "")
    if not setup:
        output.step("No test-setup command provided. Skipping.")
    env = _environment(build_dir)
    return (setup and _run("test-setup", setup, build_dir, env)) or _run("test", command, build_dir, env)


def _scripts(app_json: Path) -> dict[str, str]:
    """Return `test-setup` and `test` of app.json's environment "test", as far as it has them."""
    try:
        content: object = json.loads(app_json.read_text("utf-8-sig"))
    except (OSError, ValueError):
        return {}
    for name in ("environments", "test", "scripts"):
        content = content.get(name) if isinstance(content, dict) else None
    scripts = content if isinstance(content, dict) else {}
    return {name: text for name in ("test-setup", "test") if isinstance(text := scripts.get(name), str)}


def _default(build_dir: Path) -> str:
    manage = find_manage_py(build_dir)
    if manage is not None:
        return f"python {manage} test"
    return "pytest" if (build_dir / TREE / "bin" / "pytest").exists() else ""


def _environment(build_dir: Path) -> dict[str, str]:
    """Return what `.profile.d` gives a dyno, for a build that lies elsewhere."""
    path = f"{build_dir / TREE / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {"LANG": "en_US.UTF-8", "PYTHONPATH": str(build_dir), "PYTHONUNBUFFERED": "true", **os.environ, "PATH": path}


def _run(kind: str, command: str, build_dir: Path, env: Mapping[str, str]) -> int:
    output.step(f"Running {kind} command `{command}`...")
    status = subprocess.run(["bash", "-c", command], cwd=build_dir, env=env, check=False).returncode
    ended = "completed successfully" if status == 0 else f"failed with exit status {status}"
    output.step(f"{kind} command `{command}` {ended}")
    return status
