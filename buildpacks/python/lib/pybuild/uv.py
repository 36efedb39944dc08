"""uv: uv.lock."""

from __future__ import annotations

from functools import partial

from pybuild import bootstrap, failure, offline, output, programs
from pybuild.package_managers import PINS
from pybuild.programs import Finished
from pybuild.session import Session, Tool


def prepare(session: Session) -> Tool:
    """Install uv into CACHE_DIR: only builds need it."""
    version = PINS["uv"]
    root = session.build.cache / "python-uv"
    if (root / "bin" / "uv").is_file():
        output.step(f"Using cached uv {version}")
    else:
        output.step(f"Installing uv {version}")
        bootstrap.install(session, "uv", [f"uv=={version}"], session.python, "--target", str(root), "--upgrade")
    variables = {
        "UV_PROJECT_ENVIRONMENT": str(session.home),
        "UV_NO_MANAGED_PYTHON": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_LINK_MODE": "hardlink",
        "UV_CACHE_DIR": str(session.build.downloads / "uv"),
    }
    return Tool(version, variables, (root / "bin",))


def install(session: Session) -> None:
    command = ["uv", "sync", "--locked", *([] if session.build.install_test else ["--no-default-groups"])]
    output.step(f"Installing dependencies using '{' '.join(command)}'")
    if session.unchanged:
        output.indented("uv.lock unchanged since the last build.")
        return
    finished, was_offline = offline.with_fallback(partial(_run, session, command), offline=session.build.offline)
    if not finished.ok:
        missing = offline.missing(finished.log) if was_offline else ()
        raise failure.of("uv", finished.log, was_offline=was_offline, missing=missing)


def _run(session: Session, command: list[str], *, alone: bool) -> Finished:
    env = {**session.env, **({"UV_OFFLINE": "1"} if alone else {})}
    return programs.stream(
        [*command, "--color", "always", "--compile-bytecode", "--no-progress"], env=env, cwd=session.build.build_dir
    )
