"""bin/pre_compile and bin/post_compile of the app."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pybuild import output, programs
from pybuild.output import BuildpackError


def run(name: str, build_dir: Path, env: Mapping[str, str]) -> bool:
    """Run bin/`name` in the build folder, if the app has one; return whether it does."""
    script = build_dir / "bin" / name
    if not script.is_file():
        return False
    output.step(f"Running bin/{name} hook")
    script.chmod(script.stat().st_mode | 0o111)
    try:
        ok = programs.stream([script], env=env, cwd=build_dir).ok
    except OSError as problem:
        output.indented(_cannot_start(name, problem))
        ok = False
    if not ok:
        raise BuildpackError(
            f"hooks::{name}",
            f"Error: Failed to run the bin/{name} script.\n\n"
            f"Your app has a 'bin/{name}', which builds run so that an app can\n"
            "change them. It ended with an error: see what it wrote above.\n\n"
            "Correct it, or take it away if you don't need it.",
        )
    return True


def _cannot_start(name: str, problem: OSError) -> str:
    return (
        f"bin/{name} can't be started ({problem.strerror}). Its first line must name an interpreter, such as "
        "'#!/usr/bin/env bash', and must not end in a carriage return (Windows line ends)."
    )
