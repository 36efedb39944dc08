"""Prints what psycopg 3 meets, as one JSON object."""

import json
import os
from contextlib import ExitStack

import psycopg

URL = os.environ["DATABASE_URL"]
SSL = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


def refused(url: str) -> str | None:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError as error:
        return str(error)


def count(connection: psycopg.Connection) -> int:
    return connection.execute("SELECT count(*) FROM of_psycopg").fetchone()[0]


found = {"client": "psycopg", "disabled": refused(f"{URL}?sslmode=disable")}
with psycopg.connect(URL) as preferred, psycopg.connect(f"{URL}?sslmode=require") as required:
    found["tls"] = preferred.execute(SSL).fetchone()[0] and required.execute(SSL).fetchone()[0]
with psycopg.connect(URL) as connection:
    connection.execute("CREATE TABLE of_psycopg (name text UNIQUE)")
with psycopg.connect(URL) as connection:
    connection.execute("INSERT INTO of_psycopg VALUES ('one')")
    connection.rollback()
    found["rolled_back"] = count(connection)
    with connection.transaction():
        connection.execute("INSERT INTO of_psycopg VALUES ('one')")
    found["committed"] = count(connection)
    try:
        connection.execute("INSERT INTO of_psycopg VALUES ('one')")
    except psycopg.Error as error:
        found["sqlstate"] = error.sqlstate
with ExitStack() as held:
    for _ in range(20):
        held.enter_context(psycopg.connect(URL))
    found["too_many"] = refused(URL)
print(json.dumps(found))
