"""One door to the four package managers."""

from __future__ import annotations

from pybuild import pip, pipenv, poetry, uv
from pybuild.session import Session, Tool


def prepare(session: Session, manager: str, series: str) -> Tool:
    """Install the package manager itself."""
    if manager == "pip":
        return pip.prepare(session, series)
    return {"pipenv": pipenv.prepare, "poetry": poetry.prepare, "uv": uv.prepare}[manager](session)


def install(session: Session, manager: str) -> None:
    """Install what the app asks for."""
    {"pip": pip.install, "pipenv": pipenv.install, "poetry": poetry.install, "uv": uv.install}[manager](session)
