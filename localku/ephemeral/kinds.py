"""The kinds of files that apps write at run time, and what to do about each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from localku.errors import CLIENT


class Kind(StrEnum):
    DATABASE = "database"
    UPLOAD = "upload"
    SESSION = "session"
    LOG = "log"
    CACHE = "cache"
    BYTECODE = "bytecode"
    TEMPORARY = "temporary"
    PID = "pid or socket"
    STATIC = "static output"
    HISTORY = "shell history"
    PACKAGE = "package"
    CONFIG = "config"
    SOURCE = "source changed"
    DELETED = "source deleted"
    READ_ONLY = "read-only place"
    OTHER = "other"

    @property
    def plural(self) -> str:
        """The kind in a phrase such as `2 uploads in media/`."""
        return _PLURALS.get(self, f"{self} files")


_PLURALS = {
    Kind.DATABASE: "databases",
    Kind.UPLOAD: "uploads",
    Kind.SESSION: "sessions",
    Kind.LOG: "logs",
    Kind.SOURCE: "source files",
    Kind.DELETED: "source files",
    Kind.READ_ONLY: "misplaced files",
    Kind.OTHER: "files",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What Heroku would have done and what to use instead (empty: there is nothing to do).

    `keep` says that somebody would miss the file. `repeats` marks what a
    scaled dyno makes again at every boot but a one-off dyno makes in vain.
    """

    verdict: str
    instead: str
    keep: bool
    repeats: bool = False


ADVICE = {
    Kind.DATABASE: Advice(
        "every dyno has its own copy, and a restart restores the deployed one or leaves none",
        f"Heroku Postgres: `{CLIENT} addons:create heroku-postgresql`, then connect to DATABASE_URL",
        keep=True,
    ),
    Kind.UPLOAD: Advice(
        "gone at the next restart, and never seen by other dynos: links to it answer 404",
        "object storage such as S3 (Django: django-storages), or a column in Postgres for small files",
        keep=True,
    ),
    Kind.SESSION: Advice(
        "visitors are logged out at every restart, and whenever another dyno answers them",
        "sessions in the database, in Redis or in signed cookies",
        keep=True,
    ),
    Kind.LOG: Advice(
        "gone at the next restart; `heroku logs` never shows it",
        f"write to stdout: `{CLIENT} logs` and log drains collect that",
        keep=False,
    ),
    Kind.CACHE: Advice(
        "empty after every restart, and one per dyno",
        "nothing, if a cold cache is only slow; Redis or Memcached to share it",
        keep=False,
    ),
    Kind.BYTECODE: Advice("compiled again after every restart", "", keep=False),
    Kind.TEMPORARY: Advice("gone at the next restart, as temporary files should be", "", keep=False),
    Kind.PID: Advice("gone with the process it belongs to", "", keep=False),
    Kind.STATIC: Advice(
        "gone at the next restart, and never seen by other dynos",
        "make it in the build: the Python buildpack runs collectstatic, the Node.js one `npm run build`",
        keep=False,
        repeats=True,
    ),
    Kind.HISTORY: Advice("gone with the one-off dyno", "", keep=False),
    Kind.PACKAGE: Advice(
        "gone at the next restart, and never installed in other dynos",
        "list it in requirements.txt or package.json, so that the build installs it",
        keep=False,
        repeats=True,
    ),
    Kind.CONFIG: Advice(
        "gone at the next restart, and never seen by other dynos",
        f"config vars: `{CLIENT} config:set NAME=value`",
        keep=True,
    ),
    Kind.SOURCE: Advice(
        "the deployed version is back after a restart, and other dynos never saw the change",
        "change it in Git and deploy; keep data that changes in Postgres",
        keep=True,
    ),
    Kind.DELETED: Advice(
        "the file is back after a restart, and other dynos still have it",
        "delete it in Git and deploy, or list it in .slugignore",
        keep=True,
    ),
    Kind.READ_ONLY: Advice(
        "the write itself fails: only /app, /tmp and /var/tmp are writable",
        "write temporary files to /tmp and everything else to Postgres or object storage",
        keep=True,
    ),
    Kind.OTHER: Advice(
        "gone at the next restart, and never seen by other dynos",
        "Postgres or object storage, or make it in the build",
        keep=True,
    ),
}
