"""The door of bin/compile: every failure ends here, as one error block and exit status 1."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path

from pybuild import ahead as making
from pybuild import compile as compiling
from pybuild import context, output
from pybuild.build_data import BuildData
from pybuild.output import BuildpackError


def main(arguments: list[str], buildpack_dir: Path) -> int:
    if len(arguments) != 3:  # noqa: PLR2004 - the three that the Buildpack API names
        print("Usage: bin/compile BUILD_DIR CACHE_DIR ENV_DIR", file=sys.stderr)
        return 2
    data = BuildData(Path(arguments[1]))
    try:
        data.begin()
        with data.timing("total"):
            build = context.from_arguments(arguments, os.environ, buildpack_dir)
            compiling.run(build, data)
    except BuildpackError as problem:
        if problem.text:
            output.error(problem.text)
        data.fail(failure_reason=problem.reason, **({"failure_detail": problem.detail} if problem.detail else {}))
        return 1
    except OSError as problem:
        output.error(f"Internal Error: An unhandled buildpack error occurred.\n\n{problem}")
        data.fail(failure_reason="internal-error::unhandled", failure_detail=str(problem))
        return 1
    finally:
        _join()
        data.write()
    return 0


def ahead(arguments: list[str], buildpack_dir: Path) -> int:
    """Do beforehand what can be done; what cannot is bin/compile's to do, and to explain."""
    with contextlib.suppress(BuildpackError, OSError):
        making.make(context.from_arguments(arguments, os.environ, buildpack_dir))
    return 0


def _join() -> None:
    """Wait for what runs beside the build. Interpreters do so at their end, but a copy of a process ends without."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
