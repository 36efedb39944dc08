"""What bin/release tells the platform."""

from __future__ import annotations

from pathlib import Path

from pybuild import python_home
from pybuild.installed import importable

POSTGRES = "---\naddons:\n  - heroku-postgresql\n"


def release(build_dir: Path) -> str:
    """Return YAML that asks for a database if this is a Django app with psycopg2, else nothing.

    Upstream's rule (heroku-buildpack-python v351, bin/release), which does not know psycopg 3.
    """
    tree = build_dir / ".heroku" / "python"
    if not (build_dir / "manage.py").is_file() or not (tree / "lib").is_dir():
        return ""
    folders = (python_home.site_packages(tree), build_dir)
    return POSTGRES if all(importable(name, *folders) for name in ("django", "psycopg2")) else ""
