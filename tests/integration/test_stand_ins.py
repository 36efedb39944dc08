"""psql, pg_dump and pg_restore on a machine that has none, in a shell that has run `eval "$(localku env)"`."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from support import engine_view
from support.heroku_cli import Shell, path_without, shell
from support.localku import Localku, wait_for, write_app

MISSING = ("psql", "pg_dump", "pg_restore", "heroku")


@pytest.fixture(scope="module")
def user(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = write_app(tmp_path_factory.mktemp("apps") / "tools", {"note": "no app yet\n"})
    path = path_without(MISSING, tmp_path_factory.mktemp("path") / "bin")
    made = shell(lk, folder, None, tmp_path_factory.mktemp("user"), path)
    lk.ok("create", "tools", cwd=folder)
    lk.ok("addons:create", "heroku-postgresql", cwd=folder)
    return Shell(folder, made.environ | {"URL": lk.ok("config:get", "DATABASE_URL", cwd=folder).out.strip()})


def psql(user: Shell, *arguments: str, stdin: str | None = None) -> str:
    done = user.run("psql", user.environ["URL"], "-qAt", *arguments, stdin=stdin)
    assert done.status == 0, done.err
    return done.out


def sleeps(user: Shell) -> bool:
    """Whether somebody's query does."""
    return "pg_sleep" in psql(user, "-c", "SELECT query FROM pg_stat_activity WHERE wait_event = 'PgSleep'")


def test_they_run_with_pipes_files_and_exit_statuses(user: Shell) -> None:
    assert user.run("psql", "--version").out.startswith("psql (PostgreSQL) ")
    rows = "".join(f"{number}\n" for number in range(20_000))
    psql(user, stdin=f"CREATE TABLE one (id int);\nCOPY one FROM stdin;\n{rows}\\.\n")
    (user.folder / "asks.sql").write_text("SELECT count(*) FROM one;\n")
    assert psql(user, "-f", "asks.sql") == "20000\n"
    assert psql(user, "-c", "SELECT id FROM one ORDER BY id") == rows
    failed = user.run("psql", user.environ["URL"], "-c", "SELECT nothing")
    assert (failed.status, failed.out) == (1, "")
    assert 'column "nothing" does not exist' in failed.err
    assert user.run("psql", user.environ["URL"], "-v", "ON_ERROR_STOP=1", stdin="SELECT nothing;\n").status == 3


def test_a_dump_is_the_user_s_file_and_comes_back(user: Shell) -> None:
    assert user.run("pg_dump", "-Fc", "-f", "kept.dump", user.environ["URL"]).status == 0
    kept = user.folder / "kept.dump"
    assert (kept.read_bytes()[:5], kept.stat().st_uid) == (b"PGDMP", os.geteuid())
    psql(user, "-c", "DROP TABLE one")
    done = user.run("pg_restore", "--no-owner", "--table", "one", "-d", user.environ["URL"], str(kept))
    assert done.status == 0, done.err
    assert psql(user, "-c", "SELECT count(*) FROM one") == "20000\n"


def test_at_a_terminal_ctrl_c_ends_the_query_and_not_psql(user: Shell) -> None:
    status, seen = user.at_terminal(
        "psql",
        user.environ["URL"],
        typed=(
            ("=> ", "SELECT pg_sleep(100);\n"),
            (lambda: sleeps(user), "\x03"),
            ("canceling statement", "SELECT 6*7;\n"),
            (" 42", "\\q\n"),
        ),
    )
    assert status == 0
    assert "ERROR:  canceling statement due to user request" in seen


def test_ctrl_c_without_a_terminal_ends_the_query_too(user: Shell) -> None:
    command = ["psql", user.environ["URL"], "-c", "SELECT pg_sleep(100)"]
    running = subprocess.Popen(command, cwd=user.folder, env=user.environ, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: sleeps(user))
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 1
    assert "canceling statement due to user request" in err


def test_what_was_killed_leaves_nothing(lk: Localku, user: Shell) -> None:
    command = ["psql", user.environ["URL"]]
    running = subprocess.Popen(command, cwd=user.folder, env=user.environ, stdin=subprocess.PIPE)
    wait_for(lambda: engine_view.containers(lk.home, "role=tool"))
    time.sleep(1)
    running.kill()
    running.communicate()
    assert wait_for(lambda: not engine_view.containers(lk.home, "role=tool"))


def test_a_bare_heroku_says_how_to_get_one(user: Shell) -> None:
    done = user.run("heroku", "apps")
    assert done.status == 127
    assert "npm install --global heroku" in done.err
