"""A virtual environment for a package manager, so that its own dependencies never mix with the app's."""

from __future__ import annotations

from pathlib import Path

from pybuild import bootstrap, programs, trees
from pybuild.session import Session

_LAUNCHER = """#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/../venv/bin/python" -m {name} "$@"
"""


def is_installed(root: Path) -> bool:
    return (root / "complete").is_file()


def create(session: Session, manager: str, package: str, root: Path) -> None:
    """Make `root`/venv with `package` (`poetry==2.4.1`) in it, and `root`/bin with its command alone."""
    trees.remove(root)
    root.mkdir(parents=True)
    venv = root / "venv"
    programs.quiet([session.python, "-m", "venv", "--without-pip", venv], env=session.env, cwd=session.build.tree)
    bootstrap.install(session, manager, [package], venv / "bin" / "python")
    (root / "bin").mkdir()
    launcher = root / "bin" / manager
    launcher.write_text(_LAUNCHER.format(name=manager), "utf-8")
    launcher.chmod(0o755)
    (root / "complete").touch()


def adopt(session: Session, root: Path) -> None:
    """Give an environment of an earlier build the Python of this one: its path may have changed."""
    config = root / "venv" / "pyvenv.cfg"
    lines = config.read_text("utf-8").splitlines()
    home = f"home = {session.home / 'bin'}"
    if home in lines:
        return
    new = config.with_suffix(".new")
    new.write_text("\n".join(home if line.startswith("home =") else line for line in lines) + "\n", "utf-8")
    new.replace(config)
    python = root / "venv" / "bin" / "python"
    python.unlink(missing_ok=True)
    python.symlink_to(session.python)
