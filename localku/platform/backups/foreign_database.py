"""A database that is not an add-on: one on this machine, by its name, or any, by its URL."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from localku.errors import Invalid, LocalkuError

PORT = 5432
FOLDERS = ("/var/run/postgresql", "/run/postgresql", "/tmp")
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", ""})
SECONDS = 10.0
_URL = re.compile(r"postgres(ql)?://")
_FIELD = re.compile(r"((?:\\.|[^:\\])*)(?::|$)")


@dataclass(frozen=True)
class Foreign:
    """`host` is a name, an address, or the folder of a socket."""

    host: str
    port: int
    user: str
    password: str
    database: str
    sslmode: str = "prefer"

    @property
    def name(self) -> str:
        """What to call it, without what is secret."""
        return self.database if self.is_local else f"database {self.database} on {self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where pg:pull makes it."""
        return self.host in LOCAL or self.host.startswith("/")

    def connected(self) -> socket.socket:
        """Connect to its server. Raises LocalkuError where nobody answers."""
        try:
            if self.host.startswith("/"):
                made = socket.socket(socket.AF_UNIX)
                made.connect(f"{self.host}/.s.PGSQL.{self.port}")
            else:
                made = socket.create_connection((self.host, self.port), timeout=SECONDS)
                made.settimeout(None)
        except OSError as error:
            raise LocalkuError(
                f"No PostgreSQL server answers at {self.host}:{self.port}: {error.strerror or error}.",
                "Is it running? PGHOST and PGPORT, or a URL, say where it is.",
            ) from error
        return made

    def environment(self, address: str, port: int, database: str | None = None) -> dict[str, str]:
        """Variables that have a tool connect to where the server is reached, and know whom it talks with."""
        socketed = self.host.startswith("/")
        return {
            "PGHOSTADDR": address,
            **({} if socketed else {"PGHOST": self.host}),
            "PGPORT": str(port),
            "PGUSER": self.user,
            **({"PGPASSWORD": self.password} if self.password else {}),
            "PGDATABASE": database or self.database,
            "PGSSLMODE": "disable" if socketed else self.sslmode,
            "PGGSSENCMODE": "disable",
            "PGAPPNAME": "localku",
        }


def parsed(asked: str, environ: Mapping[str, str], passwords: str | None = None) -> Foreign:
    """Read a name or a URL; what is not said comes from libpq's variables, and `passwords`, the text of ~/.pgpass."""
    parts = urlsplit(asked) if _URL.match(asked) else None
    if parts is None and ("://" in asked or not asked):
        raise Invalid(f"'{asked}' is neither a database's name nor its postgres:// URL.")
    host = (parts.hostname if parts else environ.get("PGHOST")) or _default_host(environ)
    port = (parts.port if parts else None) or int(environ.get("PGPORT") or PORT)
    user = unquote(parts.username or "") if parts else ""
    user = user or environ.get("PGUSER") or getpass.getuser()
    database = unquote(parts.path[1:]) if parts else asked
    given = unquote(parts.password or "") if parts else ""
    found = given or environ.get("PGPASSWORD") or _kept(passwords or "", (_known(host), str(port), database, user))
    mode = parse_qs(parts.query).get("sslmode", [""])[0] if parts else ""
    return Foreign(host, port, user, found, database or user, mode or environ.get("PGSSLMODE") or "prefer")


def password_file(environ: Mapping[str, str]) -> str | None:
    """The text of the user's password file."""
    try:
        return Path(environ.get("PGPASSFILE") or Path.home() / ".pgpass").read_text()
    except (OSError, RuntimeError, UnicodeDecodeError):
        return None


def _default_host(environ: Mapping[str, str]) -> str:
    port = environ.get("PGPORT") or PORT
    return next((folder for folder in FOLDERS if Path(folder, f".s.PGSQL.{port}").is_socket()), "localhost")


def _known(host: str) -> str:
    return "localhost" if host.startswith("/") else host


def _kept(text: str, sought: Iterable[str]) -> str:
    """Find a password (PostgreSQL documentation, "The Password File")."""
    for line in text.splitlines():
        *fields, password = [re.sub(r"\\(.)", r"\1", one) for one in _FIELD.findall(line.strip())[:5]] or [""]
        wanted = tuple(sought)
        if len(fields) == len(wanted) and all(mine in {"*", its} for mine, its in zip(fields, wanted, strict=True)):
            return password
    return ""
