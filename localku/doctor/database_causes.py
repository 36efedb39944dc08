"""#7, #11, #12, #16: a database that is not the one on the desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localku.doctor.evidence import BUILD
from localku.doctor.finding import Finding, Level
from localku.errors import CLIENT

if TYPE_CHECKING:
    from localku.doctor.evidence import Evidence


def scheme(evidence: Evidence) -> Finding | None:
    """#7: a DATABASE_URL that begins with postgres://, which SQLAlchemy does not know."""
    for voice, _, line in evidence.search(
        r"NoSuchModuleError: Can't load plugin: sqlalchemy\.dialects:postgres\b(?!ql)"
    ):
        spot = evidence.tree.first(r"['\"]DATABASE_URL['\"]", (".py",))
        name = f"postgresql+{_driver(evidence)}".rstrip("+")
        what = (
            f"{voice} gave SQLAlchemy a URL that begins with postgres://, a name it dropped in 1.4; "
            "Heroku's DATABASE_URL starts with it and cannot be changed"
        )
        fix = f'rewrite it in the code: `os.environ["DATABASE_URL"].replace("postgres://", "{name}://", 1)`'
        return Finding(7, "POSTGRES://", Level.FAILED, what, fix, str(spot or ""), (line,), voice=voice)
    return None


def _driver(evidence: Evidence) -> str:
    """The driver that is installed; which one a bare `postgresql` means has changed with SQLAlchemy 2.1."""
    old = evidence.uses("psycopg2") or evidence.uses("psycopg2-binary")
    return "psycopg2" if old else "psycopg" if evidence.uses("psycopg") else ""


_TLS = (
    r"no pg_hba\.conf entry for host .{0,200}(?:SSL off|no encryption)",
    r"(?i)(?:self[- ]signed certificate|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT)",
    r"root certificate file .{0,200} does not exist",
)


def tls(evidence: Evidence) -> Finding | None:
    """#11: a connection to the database without TLS, or one that distrusts its certificate."""
    for voice, match, line in evidence.search(*_TLS):
        if not re.search(r"pg_hba|certificate", line, re.IGNORECASE) and "CERT" not in line:
            continue
        node = "pg" in evidence.tree.node or "sequelize" in evidence.tree.node or "knex" in evidence.tree.node
        if not (evidence.has_database or "DATABASE_URL" in evidence.config):
            continue
        refused = "pg_hba" in match[0]
        why = (
            "the database accepts only TLS connections"
            if refused
            else "the certificate of Heroku Postgres is self-signed"
        )
        spot = evidence.tree.first(
            r"sslmode|ssl_require|rejectUnauthorized|\bssl\s*[:=]|new (?:Pool|Client|Sequelize)\(|psycopg2?\.connect\("
        )
        fix = (
            "give the client `ssl: { rejectUnauthorized: false }` (with Sequelize inside dialectOptions)"
            if node
            else (
                "connect with sslmode=require, not disable or verify-full (Django: "
                "dj_database_url.config(ssl_require=True))"
            )
        )
        return Finding(
            11,
            "DATABASE TLS",
            Level.FAILED,
            f"{voice} was refused by the database: {why}",
            fix,
            str(spot or ""),
            (line,),
            voice=voice,
        )
    return None


_NO_RELATION = (
    r"relation \"([\w.]+)\" does not exist",
    r"column \"?([\w.]+)\"? (?:of relation \"\w+\" )?does not exist",
    r"The table `([\w.]+)` does not exist in the current database",
)


def migrations(evidence: Evidence) -> Finding | None:
    """#12: a table that the database does not have, and no release phase that would make it."""
    if found := _no_table_of_sqlite(evidence):
        return found
    if "release" in evidence.types:
        return None
    for voice, match, line in evidence.search(*_NO_RELATION):
        command = _migrate(evidence)
        if voice.startswith(("run.", "postgres")):
            continue
        what = (
            f"{voice} asked for `{match[1]}`, which the database does not have: a new database is "
            "empty, and no release phase runs the migrations"
        )
        fix = f"add `release: {command}` to the Procfile; for now `{CLIENT} run {command}`"
        return Finding(12, "MIGRATIONS", Level.FAILED, what, fix, "Procfile", (line,), match[1], voice)
    return None


def _migrate(evidence: Evidence) -> str:
    """Name the command that migrates, from the files of the tool."""
    tree = evidence.tree
    manage = tree.named("manage.py")
    if manage:
        return f"python {manage[0]} migrate"
    if tree.named("alembic.ini"):
        return "flask db upgrade" if evidence.uses("flask-migrate") else "alembic upgrade head"
    for package, command in (
        ("prisma", "npx prisma migrate deploy"),
        ("@prisma/client", "npx prisma migrate deploy"),
        ("sequelize-cli", "npx sequelize-cli db:migrate"),
        ("knex", "npx knex migrate:latest"),
        ("typeorm", "npx typeorm migration:run"),
    ):
        if package in tree.node:
            return command
    return "COMMAND that makes the tables"


def _no_table_of_sqlite(evidence: Evidence) -> Finding | None:
    """One in a file of the dyno: what a release phase or `run` migrates is the file of another dyno."""
    for voice, match, line in evidence.search(r"\bno such table: ([\w.]+)"):
        if voice == BUILD or voice.startswith("run."):
            continue
        what = (
            f"{voice} asked for `{match[1]}` in a SQLite database that has no tables: the file is the dyno's own, so "
            "neither a release phase nor a one-off dyno can migrate it"
        )
        fix = (
            f"move to Postgres: `{CLIENT} addons:create heroku-postgresql`, connect to DATABASE_URL, and add "
            f"`release: {_migrate(evidence)}` to the Procfile"
        )
        return Finding(12, "MIGRATIONS", Level.FAILED, what, fix, "", (line,), match[1], voice)
    return None


_DIALECT = (
    r"operator does not exist: ([\w \[\]]{1,60} [=<>~!*+/-]{1,9} [\w \[\]]{1,60})",
    r"function ((?:strftime|datetime|julianday|ifnull|group_concat|date)\([\w ,]*\)) does not exist",
    r"(invalid input syntax for type (?:integer|boolean|uuid|timestamp|date|numeric))",
    r"(column \"\w+\" is of type \w+ but expression is of type \w+)",
    r"(value too long for type character varying\(\d+\))",
    r"(column \"[\w.]+\" must appear in the GROUP BY clause)",
)


def sqlite(evidence: Evidence) -> Finding | None:
    """#16: SQLite where the app has a Postgres, in the settings or in the SQL."""
    tree = evidence.tree
    if "DATABASE_URL" in evidence.config or evidence.has_database:
        for name in tree.named("settings.py") + [
            path for path in tree.texts if path.endswith(".py") and "settings" in path
        ]:
            text = tree.texts.get(name, "")
            spot = tree.first(r"django\.db\.backends\.sqlite3", (name,))
            if spot is not None and not re.search(_FROM_OUTSIDE, _databases(text)):
                what = (
                    "The app has a Postgres (DATABASE_URL is set), and the settings use a SQLite file that "
                    "every restart discards"
                )
                fix = (
                    '`DATABASES = {"default": dj_database_url.config(default="sqlite:///db.sqlite3")}`, '
                    "with `import dj_database_url` above and `dj-database-url` in the dependencies"
                )
                return Finding(16, "SQLITE", Level.RISK, what, fix, str(spot), (spot.text,))
        spot = tree.first(r"['\"]sqlite:///[^'\"]*['\"]", (".py",))
        if spot is not None and not tree.says(r"DATABASE_URL|dj_database_url", (".py",)):
            what = (
                "The app has a Postgres (DATABASE_URL is set), and the code opens a SQLite file that "
                "every restart discards"
            )
            return Finding(
                16, "SQLITE", Level.RISK, what, 'read the URL from os.environ["DATABASE_URL"]', str(spot), (spot.text,)
            )
    elif found := _kept_in_a_file(evidence):
        return found
    if not tree.says(r"sqlite", (".py", ".js", ".ts")):
        return None
    for voice, match, line in evidence.search(*_DIALECT):
        what = (
            f"{voice} sent Postgres what only SQLite accepts: {match[0]}; the code also uses SQLite, "
            "which does not check types"
        )
        fix = "use Postgres locally as well (`localku` provisions one), cast in the query or correct the column's type"
        return Finding(16, "SQLITE", Level.FAILED, what, fix, "", (line,), match[0], voice)
    return None


_FROM_OUTSIDE = r"DATABASE_URL|dj_database_url|django_on_heroku|django_heroku|environ|getenv|env\(|config\("
_FOR_ONE_MACHINE = re.compile(r"(^|/|_)(local|dev|development|test|testing|ci)(_settings)?\.py$")


def _kept_in_a_file(evidence: Evidence) -> Finding | None:
    """SQLite as `django-admin startproject` sets it up, where there is no Postgres."""
    for spot in evidence.tree.grep(r"django\.db\.backends\.sqlite3", (".py",)):
        text = evidence.tree.texts[spot.path]
        if "settings" not in spot.path or _FOR_ONE_MACHINE.search(spot.path) or _NO_DATA.search(text):
            continue
        if re.search(_FROM_OUTSIDE, _databases(text)):
            continue
        what = (
            "The app has no Postgres, and the settings keep its data in a SQLite file, in the dyno: what is written "
            "to it is gone with every restart, on Heroku at least once a day"
        )
        fix = (
            "name dj-database-url and `psycopg[binary]` in the dependencies, write `DATABASES = "
            '{"default": dj_database_url.config(default="sqlite:///db.sqlite3")}` with `import dj_database_url` above, '
            f"and `{CLIENT} addons:create heroku-postgresql`"
        )
        return Finding(16, "SQLITE", Level.RISK, what, fix, str(spot), (spot.text,))
    return None


_NO_DATA = re.compile(r":memory:")


def _databases(text: str) -> str:
    """The part of the settings that is about DATABASES."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    start = next((number for number, line in enumerate(lines) if re.match(r"\s*DATABASES\b", line)), None)
    if start is None:
        return "\n".join(lines)
    mentions = [
        line
        for line in lines
        if "DATABASE_URL" in line or "dj_database_url" in line or "DATABASES[" in line or "django_heroku" in line
    ]
    end = next((number for number in range(start + 1, len(lines)) if re.match(r"[A-Za-z]", lines[number])), len(lines))
    return "\n".join(lines[start:end] + mentions)
