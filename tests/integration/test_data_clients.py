"""psycopg, Django, SQLAlchemy and node-postgres in a dyno, with the DATABASE_URL that it has."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.localku import Localku, commit

SOURCE = Path(__file__).with_name("data_clients")
PROGRAMS = {
    "psycopg": "python client_psycopg.py",
    "Django": "python client_django.py",
    "SQLAlchemy": "python client_sqlalchemy.py",
    "node-postgres": "node client_postgres.js",
}


@pytest.fixture(scope="module")
def seen(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("apps") / "data-clients"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    commit(folder, "first")
    lk.ok("create", folder.name, cwd=folder)
    lk.ok("addons:create", "heroku-postgresql:hobby-dev", cwd=folder)
    lk.ok("build", cwd=folder)
    told = lk.ok("run", "--no-tty", "; ".join(PROGRAMS.values()), cwd=folder)
    found = [json.loads(row) for row in told.out.splitlines() if row.startswith("{")]
    assert [one["client"] for one in found] == list(PROGRAMS), told
    return {one["client"]: one for one in found}


@pytest.mark.parametrize("client", PROGRAMS)
def test_a_client_meets_what_it_would_on_heroku(client: str, seen: dict[str, dict[str, Any]]) -> None:
    found = seen[client]
    assert found["tls"] is True
    assert re.search(
        r'no pg_hba\.conf entry for host ".+", user "u\w+", database "d\w+", no encryption', found["disabled"]
    )
    assert (found["rolled_back"], found["committed"], found["sqlstate"]) == (0, 1, "23505")
    assert re.search(r'too many connections for role "u\w+"', found["too_many"])


def test_a_connection_of_django_is_kept_for_the_next_request(seen: dict[str, dict[str, Any]]) -> None:
    assert seen["Django"]["kept"] is True


def test_what_the_url_is_known_for(seen: dict[str, dict[str, Any]]) -> None:
    """Its scheme, which SQLAlchemy does not know, and a certificate that its server has signed itself."""
    assert "sqlalchemy.dialects:postgres" in seen["SQLAlchemy"]["scheme"]
    assert seen["node-postgres"]["verified"].startswith("DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate")
    assert seen["node-postgres"]["disabled"].startswith("28000: ")
    assert seen["node-postgres"]["too_many"].startswith("53300: ")
