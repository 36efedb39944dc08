"""Heroku's data API on a database that is there: what its CLI asks, and its effect seen through another request."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from support.api_http import ApiClient, api_client
from support.localku import Localku, wait_for


@pytest.fixture(scope="module")
def client(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> ApiClient:
    made = api_client(lk, tmp_path_factory.mktemp("elsewhere"))
    made.call("POST", "/apps", {"name": "dataful"})
    return made


@pytest.fixture(scope="module")
def database(client: ApiClient) -> str:
    made = client.call("POST", "/apps/dataful/addons", {"plan": "heroku-postgresql:essential-0"})
    assert (made["state"], made["config_vars"]) == ("provisioned", ["DATABASE_URL"])
    return str(made["id"])


def sql(client: ApiClient, text: str) -> str:
    return client.lk.ok("pg:psql", "-a", "dataful", "-c", text, cwd=client.folder).out


def finished(client: ApiClient, transfer: Any) -> Any:
    def look() -> Any:
        found = client.call("GET", f"/client/v11/apps/dataful/transfers/{transfer['uuid']}")
        return found if found["finished_at"] else None

    return wait_for(look)


def test_it_says_what_it_is(client: ApiClient, database: str) -> None:
    info = client.call("GET", f"/client/v11/databases/{database}")
    rows = {one["name"]: one["values"] for one in info["info"]}
    assert rows["Status"] == ["Available"]
    config = client.call("GET", "/apps/dataful/config-vars")
    assert info["resource_url"] == config["DATABASE_URL"]
    assert client.call("GET", f"/client/v11/databases/{database}/wait_status")["waiting?"] is False


def test_it_has_one_credential(client: ApiClient, database: str) -> None:
    (one,) = client.call("GET", f"/postgres/v0/databases/{database}/credentials")
    assert (one["name"], one["credentials"][0]["state"]) == ("default", "active")
    assert client.call("GET", f"/postgres/v0/databases/{database}/credentials/default") == one


def test_its_password_is_rotated_for_each_app_that_has_it(client: ApiClient, database: str) -> None:
    client.call("POST", "/apps", {"name": "beside-dataful"})
    client.call("POST", "/addon-attachments", {"addon": database, "app": "beside-dataful", "name": "SHARED"})
    before = client.call("GET", "/apps/dataful/config-vars")["DATABASE_URL"]
    with psycopg.connect(before, autocommit=True) as connection:
        client.call("POST", f"/postgres/v0/databases/{database}/credentials/default/credentials_rotation", {})
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    now = client.call("GET", "/apps/dataful/config-vars")["DATABASE_URL"]
    assert client.call("GET", "/apps/beside-dataful/config-vars") == {"SHARED_URL": now}
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(before)
    with psycopg.connect(now) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    for app, name in (("dataful", "DATABASE_URL"), ("beside-dataful", "SHARED_URL")):
        newest = client.call("GET", f"/apps/{app}/releases")[-1]
        assert newest["description"] == f"Update {name} by heroku-postgresql"
    client.lk.ok("pg:credentials:rotate", "-a", "dataful", "--confirm", "dataful", cwd=client.folder)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(now)
    client.call("POST", f"/postgres/v0/databases/{database}/credentials_rotation", {"forced": True})
    assert sql(client, "SELECT 41 + 1").count("42") == 1
    client.call("DELETE", "/apps/beside-dataful")


def test_a_report_on_it(client: ApiClient, database: str) -> None:
    assert client.call("GET", f"/client/v11/databases/{database}/metrics") == []
    assert client.call("GET", f"/client/v11/databases/{database}/burst_status") == {}
    asked = {"app": "dataful", "database": "DATABASE_URL", "plan": "essential-0", "url": "postgres://"}
    report = client.call("POST", "/reports", asked)
    assert (report["app"], report["database"]) == ("dataful", "DATABASE_URL")
    lights = {one["name"]: one["status"] for one in report["checks"]}
    assert lights["Connection Count"] == "green"
    assert all(one["results"] for one in report["checks"] if one["status"] != "green")


def test_a_reset_empties_it(client: ApiClient, database: str) -> None:
    sql(client, "CREATE TABLE kept (a int)")
    client.call("PUT", f"/client/v11/databases/{database}/reset", {})
    assert "kept" not in sql(client, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    client.call("POST", f"/client/v11/databases/{database}/connection_reset")
    assert "1" in sql(client, "SELECT 1")


def test_a_backup_is_made_restored_and_deleted(client: ApiClient, database: str) -> None:
    sql(client, "CREATE TABLE one (a int); INSERT INTO one VALUES (4711)")
    backup = finished(client, client.call("POST", f"/client/v11/databases/{database}/backups"))
    assert backup["succeeded"] is True
    listed = client.call("GET", "/client/v11/apps/dataful/transfers")
    assert [one["uuid"] for one in listed] == [backup["uuid"]]
    sql(client, "DROP TABLE one")
    order = {"backup_url": backup["to_url"]}
    restored = finished(client, client.call("POST", f"/client/v11/databases/{database}/restores", order))
    assert restored["succeeded"] is True
    assert "4711" in sql(client, "SELECT a FROM one")
    client.call("DELETE", f"/client/v11/apps/dataful/transfers/{backup['num']}")
    assert backup["uuid"] not in [one["uuid"] for one in client.call("GET", "/client/v11/apps/dataful/transfers")]


def test_one_is_copied_into_another_and_destroyed(client: ApiClient, database: str) -> None:
    other = client.call("POST", "/apps/dataful/addons", {"plan": "heroku-postgresql:essential-0"})
    url = client.call("GET", "/apps/dataful/config-vars")["DATABASE_URL"]
    sql(client, "CREATE TABLE two (a int); INSERT INTO two VALUES (815)")
    asked = {"from_url": url, "to_url": "", "from_name": "DATABASE", "to_name": "OTHER"}
    copied = finished(client, client.call("POST", f"/client/v11/databases/{other['id']}/transfers", asked))
    assert copied["succeeded"] is True
    found = client.lk.ok(
        "pg:psql", other["config_vars"][0], "-a", "dataful", "-c", "SELECT a FROM two", cwd=client.folder
    )
    assert "815" in found.out
    gone = client.call("DELETE", f"/apps/dataful/addons/{other['id']}")
    assert gone["state"] == "deprovisioned"
    assert [one["id"] for one in client.call("GET", "/apps/dataful/addons")] == [database]
