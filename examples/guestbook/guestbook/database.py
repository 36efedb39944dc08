"""Everything the app asks of Postgres."""

import os
from typing import Any

import psycopg
from psycopg.rows import dict_row

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    message text NOT NULL,
    signed timestamptz NOT NULL DEFAULT now(),
    words integer,
    counted_by text
)
"""

ADD = "INSERT INTO entry (name, message) VALUES (%s, %s)"

LATEST = "SELECT name, message, signed, words, counted_by FROM entry ORDER BY id DESC LIMIT 50"

# SKIP LOCKED lets several workers share the table: none waits for another.
COUNT_ONE = """
UPDATE entry SET words = cardinality(regexp_split_to_array(trim(message), '\\s+')), counted_by = %s
WHERE id = (SELECT id FROM entry WHERE words IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, words
"""


class NoDatabase(Exception):
    """DATABASE_URL is not set: no Postgres add-on is attached to the app."""


def connect() -> psycopg.Connection[dict[str, Any]]:
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise NoDatabase
    return psycopg.connect(url, row_factory=dict_row, connect_timeout=5)


def create_tables() -> None:
    with connect() as connection:
        connection.execute(SCHEMA)


def add(name: str, message: str) -> None:
    with connect() as connection:
        connection.execute(ADD, (name, message))


def latest() -> list[dict[str, Any]]:
    with connect() as connection:
        return connection.execute(LATEST).fetchall()


def count_one(connection: psycopg.Connection[dict[str, Any]], dyno: str) -> dict[str, Any] | None:
    """Count the words of one entry that nobody has counted yet; None if there is none."""
    with connection.transaction():
        return connection.execute(COUNT_ONE, (dyno,)).fetchone()
