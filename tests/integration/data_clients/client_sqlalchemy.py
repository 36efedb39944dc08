"""Prints what SQLAlchemy meets, as one JSON object."""

import json
import os
from collections.abc import Callable

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, NoSuchModuleError

URL = os.environ["DATABASE_URL"]
KNOWN = URL.replace("postgres://", "postgresql+psycopg://", 1)
COUNT = text("SELECT count(*) FROM of_sqlalchemy")
INSERT = text("INSERT INTO of_sqlalchemy VALUES ('one')")


def refused(make: Callable[[], object]) -> str | None:
    try:
        make()
    except (DBAPIError, NoSuchModuleError) as error:
        return str(error)


found = {"client": "SQLAlchemy", "scheme": refused(lambda: create_engine(URL))}
found["disabled"] = refused(lambda: create_engine(f"{KNOWN}?sslmode=disable").connect())
engine = create_engine(KNOWN, connect_args={"sslmode": "require"}, pool_size=21, max_overflow=0)
with engine.begin() as connection:
    found["tls"] = connection.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    connection.execute(text("CREATE TABLE of_sqlalchemy (name text UNIQUE)"))
with engine.connect() as connection:
    connection.execute(INSERT)
    connection.rollback()
    found["rolled_back"] = connection.scalar(COUNT)
    connection.execute(INSERT)
    connection.commit()
    found["committed"] = connection.scalar(COUNT)
    try:
        connection.execute(INSERT)
    except IntegrityError as error:
        found["sqlstate"] = error.orig.sqlstate
held = [engine.connect() for _ in range(20)]
found["too_many"] = refused(engine.connect)
for one in held:
    one.close()
engine.dispose()
print(json.dumps(found))
