"""Known causes of a failed installation, found in its output."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A text in the output (case doesn't count) and the error that explains it."""

    text: str
    error: str


CAUSES = (
    Cause(
        "Could not find gdal-config",
        "Error: Package installation failed since the GDAL library wasn't found.\n\n"
        "The stack has no GDAL, GEOS or PROJ. The Geo buildpack installs\n"
        "them; it must run before the Python buildpack:\n"
        "https://github.com/heroku/heroku-geo-buildpack",
    ),
    Cause(
        "sqlite3.h: No such file or directory",
        "Error: Package installation failed since SQLite headers weren't found.\n\n"
        "Neither Heroku's stacks nor this buildpack have SQLite's headers.\n\n"
        "Python brings SQLite along: take 'pysqlite3' out of your\n"
        "dependencies and write 'import sqlite3' instead. If you need\n"
        "pysqlite3, its versions from 0.6.0 on don't need the headers.",
    ),
    Cause(
        "Please use pip<24.1 if you need to use this version",
        "Error: One of your dependencies contains broken metadata.\n\n"
        "pip no longer installs packages with invalid version numbers in\n"
        "their metadata, such as Celery before 5.2.1. The output above names\n"
        "the package: ask for a newer version of it.",
    ),
    Cause(
        "pg_config executable not found",
        "Error: Package installation failed since pg_config wasn't found.\n\n"
        "psycopg2 is being compiled, which needs PostgreSQL's headers. Ask\n"
        "for 'psycopg2-binary', or 'psycopg[binary]', which need none.",
    ),
)


def diagnose(log: str) -> Cause | None:
    """Return the cause of a failed installation, if it is one of the known ones."""
    return next((cause for cause in CAUSES if re.search(re.escape(cause.text), log, re.IGNORECASE)), None)
