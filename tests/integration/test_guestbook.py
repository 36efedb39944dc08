"""Flask with web, worker, release phase and Postgres: what a database and a formation must do."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from support import engine_view
from support.localku import Localku, Result, copy_example, get, post, wait_for


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_example("guestbook", tmp_path_factory.mktemp("apps") / "guestbook")


@pytest.fixture(scope="module")
def up(lk: Localku, folder: Path) -> Iterator[Result]:
    yield lk.ok("up", "--detach", "-p", "5600", "--formation", "worker=1", cwd=folder)
    lk.ok("down", cwd=folder)


@pytest.fixture
def address(lk: Localku, folder: Path, up: Result) -> str:
    (app,) = lk.ok("apps", "--json", cwd=folder).json
    return f"http://127.0.0.1:{app['port']}"


@pytest.fixture
def database(lk: Localku, folder: Path, up: Result) -> str:
    return lk.ok("config:get", "DATABASE_URL", cwd=folder).out.strip()


def test_the_release_phase_ran_before_the_formation(up: Result, lk: Localku, folder: Path) -> None:
    assert "Release command declared: this new release will not be available until the command succeeds." in up.out
    assert "Running release command..." in up.out
    log = lk.ok("logs", "-n", "500", cwd=folder).out
    assert log.index("heroku[release.") < log.index("heroku[web.1]: Starting process")


def test_the_database_url_is_herokus(database: str) -> None:
    url = urlsplit(database)
    assert url.scheme == "postgres"
    assert re.fullmatch(r"u[a-z0-9]{13}", url.username or "")
    assert re.fullmatch(r"p[0-9a-f]{64}", url.password or "")
    assert re.fullmatch(r"/d[a-z0-9]{13}", url.path)
    assert url.hostname not in {"localhost", "127.0.0.1"}


def test_the_port_is_open_on_the_bridge_only(database: str) -> None:
    port = urlsplit(database).port
    table = subprocess.run(["ss", "-ltnH", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    listening = {row.split()[3].rpartition(":")[0] for row in table.splitlines()}
    assert listening == {urlsplit(database).hostname}


def test_the_host_and_the_dynos_use_the_same_url(lk: Localku, folder: Path, database: str) -> None:
    with psycopg.connect(database, sslmode="require") as connection:
        (here,) = connection.execute("SELECT current_database()").fetchone() or ("",)
        (encrypted,) = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() or (
            False,
        )
    there = lk.ok("run", 'psql "$DATABASE_URL" -Atc "SELECT current_database()"', cwd=folder).out.strip()
    assert (here, encrypted) == (there, True)


def test_tls_is_not_optional(database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry .* no encryption"):
        psycopg.connect(database, sslmode="disable")


def test_the_role_is_no_superuser_and_has_its_plan_s_connections(database: str) -> None:
    with psycopg.connect(database, sslmode="require") as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolconnlimit FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, 20)
        connection.execute("CREATE EXTENSION hstore")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY (SELECT 1) TO PROGRAM 'true'")


def test_a_worker_runs_only_because_it_was_asked_for(lk: Localku, folder: Path, up: Result) -> None:
    states = {row["name"]: row["state"] for row in lk.ok("ps", "--json", cwd=folder).json}
    assert states == {"web.1": "up", "worker.1": "up"}


def test_scaling_to_zero_stops_just_that_type(lk: Localku, folder: Path, up: Result) -> None:
    lk.ok("ps:scale", "worker=0", cwd=folder)
    wait_for(lambda: [row["name"] for row in lk.ok("ps", "--json", cwd=folder).json] == ["web.1"])
    lk.ok("ps:scale", "worker=1", cwd=folder)
    wait_for(lambda: [row["state"] for row in lk.ok("ps", "--json", cwd=folder).json] == ["up", "up"])


def test_forwarding_headers_reach_the_app_and_web_concurrency_fits_the_dyno(
    lk: Localku, folder: Path, address: str
) -> None:
    log = lk.ok("logs", "-n", "1500", cwd=folder).out
    assert "Python buildpack: Detected 512 MB available memory" in log
    assert "Python buildpack: Defaulting WEB_CONCURRENCY to 2 based on the available memory." in log


def test_one_dyno_s_crash_leaves_the_other_up(lk: Localku, folder: Path, address: str) -> None:
    before = {row["name"]: row["updated_at"] for row in lk.ok("ps", "--json", cwd=folder).json}
    get(f"{address}/crash", "guestbook.localhost")
    wait_for(lambda: "Process exited with status 3" in lk.ok("logs", "-n", "300", cwd=folder).out)

    def up_again() -> dict[str, str] | None:
        rows = lk.ok("ps", "--json", cwd=folder).json
        found = {row["name"]: row["updated_at"] for row in rows if row["state"] == "up"}
        return found if found.get("web.1", before["web.1"]) != before["web.1"] else None

    assert wait_for(up_again)["worker.1"] == before["worker.1"]
    log = lk.ok("logs", "-n", "300", cwd=folder).out
    assert "heroku[web.1]: State changed from up to crashed" in log
    assert "heroku[web.1]: State changed from crashed to starting" in log


def test_a_config_var_is_a_release_and_restarts_the_dynos(lk: Localku, folder: Path, address: str) -> None:
    newest = lk.ok("releases", "--json", cwd=folder).json[0]["version"]
    done = lk.ok("config:set", "COLOUR=blue", cwd=folder)
    assert done.err.splitlines()[-1] == f"Setting COLOUR and restarting guestbook... done, v{newest + 1}"
    wait_for(lambda: {row["release"]["version"] for row in lk.ok("ps", "--json", cwd=folder).json} == {newest + 1})
    assert lk.ok("config:get", "COLOUR", cwd=folder).out == "blue\n"
    lk.ok("config:unset", "COLOUR", cwd=folder)
    assert lk.run("config:get", "COLOUR", cwd=folder).status == 1
    assert lk.ok("releases", "--json", cwd=folder).json[0]["description"] == "Unset COLOUR config vars"


def test_a_failing_release_phase_leaves_the_old_release_in_force(lk: Localku, folder: Path, address: str) -> None:
    procfile = folder / "Procfile"
    good = procfile.read_text()
    procfile.write_text(re.sub(r"^release: .*$", "release: echo no good; false", good, flags=re.MULTILINE))
    current = [row for row in lk.ok("releases", "--json", cwd=folder).json if row["current"]]
    failed = lk.run("build", cwd=folder)
    procfile.write_text(good)
    assert failed.status == 1
    assert "no good" in failed.out
    assert "its release command `echo no good; false` exited with status 1" in failed.err
    assert [row for row in lk.ok("releases", "--json", cwd=folder).json if row["current"]] == current
    assert get(address, "guestbook.localhost")[0] == 200


def test_rows_outlive_down_and_reset_fs(lk: Localku, folder: Path, address: str) -> None:
    post(f"{address}/", {"name": "Ada", "message": "a row that stays"}, "guestbook.localhost")
    assert "a row that stays" in get(address, "guestbook.localhost")[1]
    lk.ok("reset-fs", cwd=folder)
    lk.ok("down", cwd=folder)
    assert engine_view.after_down(lk.home, "guestbook", running=True) == []
    lk.ok("up", "--detach", "-p", "5600", cwd=folder)
    (app,) = lk.ok("apps", "--json", cwd=folder).json
    assert "a row that stays" in get(f"http://127.0.0.1:{app['port']}", "guestbook.localhost")[1]


def test_certificates_and_proxies_never_reach_the_slug(lk: Localku, folder: Path, up: Result) -> None:
    out = lk.ok("run", "env; grep -rl -i 'ca-certificates' /app/.profile.d /app/guestbook || true", cwd=folder).out
    assert "SSL_CERT_FILE" not in out
    assert "PIP_CERT" not in out
    assert "ca-certificates" not in out
    config = subprocess.run(
        ["docker", "inspect", engine_view.image(lk.home, "guestbook"), "--format", "{{json .Config}}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert lk.ok("config:get", "DATABASE_URL", cwd=folder).out.strip() not in config
    assert "CERT" not in config


def test_psql_through_localku(lk: Localku, folder: Path, up: Result) -> None:
    out = lk.ok("pg:psql", "-c", "SELECT 40 + 2 AS answer", cwd=folder).out
    assert "42" in out


def test_localku_says_what_it_did_not_start(lk: Localku, folder: Path, up: Result) -> None:
    lk.ok("ps:scale", "worker=0", cwd=folder)
    again = lk.ok("up", "--detach", cwd=folder)
    assert "Not started, as on Heroku: worker (localku ps:scale worker=1 starts it)" in again.out
