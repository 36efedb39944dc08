"""One door to the four package managers. Only the one in use is loaded: an unchanged build must be quick."""

from __future__ import annotations

from pybuild.session import Session, Tool


def prepare(session: Session, manager: str, series: str) -> Tool:
    """Install the package manager itself."""
    if manager == "pip":
        from pybuild import pip

        return pip.prepare(session, series)
    if manager == "pipenv":
        from pybuild import pipenv

        return pipenv.prepare(session)
    if manager == "poetry":
        from pybuild import poetry

        return poetry.prepare(session)
    from pybuild import uv

    return uv.prepare(session)


def install(session: Session, manager: str) -> None:
    """Install what the app asks for."""
    if manager == "pip":
        from pybuild import pip as module
    elif manager == "pipenv":
        from pybuild import pipenv as module  # type: ignore[no-redef]
    elif manager == "poetry":
        from pybuild import poetry as module  # type: ignore[no-redef]
    else:
        from pybuild import uv as module  # type: ignore[no-redef]
    module.install(session)
