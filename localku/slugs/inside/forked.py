"""Programs in Python that need no interpreter of their own: they run in a copy of the driver, which has read them.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import runpy
import select
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

FIRST_LINE = b"#!/usr/bin/env python3"

LOOK_SECONDS = 0.05
"""How often something else is looked at while a program runs."""


def preload(buildpacks: Path, while_true: Callable[[], bool]) -> None:
    """Import the modules of the buildpacks' libraries, one by one, as long as there is nothing better to do."""
    before = list(sys.path)
    try:
        for library in sorted(buildpacks.glob("*/lib")):
            sys.path[:0] = [str(library)]
            for package in sorted(each.name for each in library.iterdir() if (each / "__init__.py").is_file()):
                for module in pkgutil.iter_modules([str(library / package)], f"{package}."):
                    if not while_true():
                        return
                    importlib.import_module(module.name)
    finally:
        sys.path[:] = before


def can(program: Path) -> bool:
    """Whether it is one of those programs."""
    with program.open("rb") as file:
        return file.readline().rstrip() == FIRST_LINE


def run(
    program: Path,
    arguments: Sequence[str],
    *,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    out: int = 1,
    err: int = 2,
    meanwhile: Callable[[], None] | None = None,
) -> int:
    """Run it to its end, what it prints going to the file descriptors `out` and `err`; return its exit status.

    `meanwhile` is called again and again until then.
    """
    ends, lives = os.pipe()  # nobody writes: that the child has closed its end shows that it is over
    try:
        child = start(program, arguments, cwd=cwd, env=env, out=out, err=err)
    finally:
        os.close(lives)
    with open(ends, "rb"):  # noqa: PTH123 - a descriptor
        while meanwhile is not None and not select.select([ends], [], [], LOOK_SECONDS)[0]:
            meanwhile()
        return wait(child)


def start(
    program: Path,
    arguments: Sequence[str],
    *,
    cwd: str | None = None,
    env: Mapping[str, str] | None = None,
    out: int = 1,
    err: int = 2,
) -> int:
    """Start it as `run` does; return its process id."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _become(program, arguments, cwd, env, (out, err))
    return child


def wait(child: int) -> int:
    """Wait for its end; return its exit status."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _become(
    program: Path,
    arguments: Sequence[str],
    cwd: str | None,
    env: Mapping[str, str] | None,
    output: tuple[int, int],
) -> None:
    status = 1
    try:
        out, err = (os.dup(each) for each in output)
        os.dup2(out, 1)
        os.dup2(err, 2)
        if cwd is not None:
            os.chdir(cwd)
        if env is not None:
            os.environ.clear()
            os.environ.update(env)
        sys.argv = [str(program), *arguments]
        status = _status_of(program)
    except BaseException:  # noqa: BLE001 - as an interpreter of its own would
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _status_of(program: Path) -> int:
    try:
        runpy.run_path(str(program), run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0
