"""The pip that is run, and what it is told of the world."""

from __future__ import annotations

from pathlib import Path

from pybuild import bootstrap
from pybuild.session import Session


def module(session: Session) -> Path:
    """Return what Python runs as pip. `python -m pip` would look for `pip` in the app first."""
    here = session.site_packages / "pip"
    return here if here.is_dir() else bootstrap.bundled_pip(session)


def environment(session: Session) -> dict[str, str]:
    """Return the environment for pip: PIP_EXTRA_INDEX_URL is the one config var that Heroku gives it."""
    extra = session.config.get("PIP_EXTRA_INDEX_URL")
    return {**session.env, **({"PIP_EXTRA_INDEX_URL": extra} if extra else {})}
