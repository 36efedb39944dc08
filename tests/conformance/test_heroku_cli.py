"""Heroku's own CLI, unmodified, against localku: what it does is seen through another of its commands, or by curl.

The app is a few lines with a buildpack of its own, so that the minutes are the CLI's and not a build's.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.heroku_cli import Shell, installed, shell
from support.localku import Localku, commit, get, wait_for, write_app
from support.tiny import FILES, hurry


@pytest.fixture(scope="module")
def lk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Localku]:
    made = Localku(tmp_path_factory.mktemp("cli"))
    made.ok("doctor", "--fix", cwd=made.home)
    yield made
    made.clean()


@pytest.fixture(scope="module")
def user(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """In the folder of an app that was created and pushed."""
    folder = write_app(tmp_path_factory.mktemp("apps") / "shelf", FILES)
    made = shell(lk, folder, installed(), tmp_path_factory.mktemp("user"))
    made.heroku("create", "shelf")
    done = made.git("push", "heroku", "HEAD:main")
    assert done.status == 0, done.err
    return made


def test_create_has_added_a_remote_and_the_push_is_up(lk: Localku, user: Shell) -> None:
    assert re.search(r"heroku\thttps://127\.0\.0\.1:\d+/shelf\.git \(fetch\)", user.git("remote", "-v").out)
    assert user.heroku("apps") == "=== localku Apps\n\nshelf\n"
    (app,) = lk.ok("apps", "--json", cwd=user.folder).json
    assert wait_for(lambda: get(f"http://127.0.0.1:{app['port']}/", host="shelf.localhost") == (200, "ok\n"))
    assert "web.1: up" in user.heroku("ps")


def test_who_one_is_and_that_there_is_nothing_to_log_in_to(user: Shell) -> None:
    assert user.heroku("auth:whoami") == "localku\n"
    assert "Logged in as localku" in user.run("heroku", "login").err
    assert user.heroku("logout") == ""
    assert user.heroku("auth:whoami") == "localku\n"


def test_config_vars(user: Shell) -> None:
    assert "SERVER:" in user.heroku("config:set", "SERVER=production", "EMPTY=")
    assert user.heroku("config:get", "SERVER") == "production\n"
    assert json.loads(user.heroku("config", "--json")) == {"EMPTY": "", "SERVER": "production"}
    user.heroku("config:unset", "EMPTY")
    assert "EMPTY" not in user.heroku("config")
    assert "Unset EMPTY config vars" in user.heroku("releases")


def test_a_rollback(user: Shell) -> None:
    newest = json.loads(user.heroku("releases", "--json"))[0]["version"]
    user.heroku("rollback", f"v{newest - 1}")
    assert "EMPTY" in user.heroku("config")
    assert f"Rollback to v{newest - 1}" in user.heroku("releases:info")


def test_dynos(user: Shell) -> None:
    user.heroku("ps:scale", "worker=1")
    assert wait_for(lambda: "worker.1: up" in user.heroku("ps"), every=1)
    assert "worker=1:Basic" in user.heroku("ps:scale")
    user.heroku("ps:restart", "worker.1")
    user.heroku("ps:scale", "worker=0")
    assert wait_for(lambda: "worker.1" not in user.heroku("ps"), every=1)
    assert user.run("heroku", "ps:scale", "nobody=1").status != 0


def test_one_off_dynos(user: Shell) -> None:
    assert user.heroku("run", "echo one; echo two") == "one\ntwo\n"
    assert user.run("heroku", "run", "--exit-code", "sh -c 'exit 4'").status == 4
    lines = "".join(f"{number}\n" for number in range(20_000))
    assert user.heroku("run", "wc -l", stdin=lines).split() == ["20000"]
    assert "run." in user.run("heroku", "run:detached", "true").err


def test_a_one_off_dyno_at_a_terminal(user: Shell) -> None:
    asks = 'p=sec; read -rsp "${p}ret: " word; echo; stty size; echo "[$word]"'
    status, seen = user.at_terminal("heroku", "run", f"bash --norc -c '{asks}'", typed=(("secret: ", "hidden\n"),))
    assert status == 0
    assert "[hidden]" in seen
    assert seen.count("hidden") == 1
    assert re.search(r"\r\n\d+ \d+\r", seen)


def test_logs(user: Shell) -> None:
    text = user.heroku("logs", "--num", "1500")
    assert "heroku[web.1]: State changed from starting to up" in text
    assert "app[api]: Deploy" in text
    only = user.heroku("logs", "--dyno-name", "web.1", "--num", "5").splitlines()
    assert only
    assert all("[web.1]:" in line for line in only if line)


def test_domains_drains_features_and_maintenance(lk: Localku, user: Shell) -> None:
    user.heroku("domains:add", "www.example.com")
    (app,) = lk.ok("apps", "--json", cwd=user.folder).json
    assert get(f"http://127.0.0.1:{app['port']}/", host="www.example.com") == (200, "ok\n")
    assert "www.example.com" in user.heroku("domains")
    user.heroku("domains:remove", "www.example.com")
    assert "www.example.com" not in user.heroku("domains")
    user.heroku("drains:add", "https://logs.example.com/")
    assert "https://logs.example.com/" in user.heroku("drains")
    user.heroku("drains:remove", "https://logs.example.com/")
    user.heroku("labs:enable", "runtime-dyno-metadata")
    assert "[+] runtime-dyno-metadata" in user.heroku("labs")
    user.heroku("maintenance:on")
    assert get(f"http://127.0.0.1:{app['port']}/", host="shelf.localhost")[0] == 503
    user.heroku("maintenance:off")
    assert get(f"http://127.0.0.1:{app['port']}/", host="shelf.localhost")[0] == 200


def test_buildpacks(user: Shell) -> None:
    user.heroku("buildpacks:set", "https://github.com/heroku/heroku-buildpack-python")
    user.heroku("buildpacks:add", "--index", "1", "https://github.com/heroku/heroku-buildpack-nodejs")
    listed = user.heroku("buildpacks")
    assert listed.index("nodejs") < listed.index("python")
    user.heroku("buildpacks:clear")
    assert "has no Buildpack" in user.heroku("buildpacks") + user.run("heroku", "buildpacks").err


@contextmanager
def pushing(user: Shell, until: str) -> Iterator[subprocess.Popen[str]]:
    """A push that has said so much."""
    command = ["git", "push", "heroku", "HEAD:main"]
    with subprocess.Popen(command, cwd=user.folder, env=user.environ, stderr=subprocess.PIPE, text=True) as push:
        assert push.stderr is not None
        assert any(until in line for line in push.stderr)
        yield push


def test_two_pushes_in_order(lk: Localku, user: Shell) -> None:
    user.heroku("config:set", "SLOW_BUILD=60")
    (user.folder / "page").write_text("first\n")
    commit(user.folder, "first")
    with pushing(user, "Making something of nothing") as before:
        (user.folder / "page").write_text("second\n")
        commit(user.folder, "second")
        with pushing(user, "remote: Waiting for another build of shelf...") as after:
            user.heroku("config:unset", "SLOW_BUILD")
            hurry(lk.home, "shelf")
            said = before.communicate()[1] + after.communicate()[1]
    assert (before.returncode, after.returncode) == (0, 0), said
    head = user.git("rev-parse", "HEAD").out.strip()
    newest, older = lk.ok("builds", "--json", cwd=user.folder).json[:2]
    assert (newest["status"], older["status"]) == ("succeeded", "succeeded")
    assert newest["source_blob"]["version"] == head


def test_the_article_s_database(user: Shell, tmp_path: Path) -> None:
    made = user.run("heroku", "addons:create", "heroku-postgresql:hobby-dev")
    assert "as DATABASE_URL" in made.out + made.err
    assert "postgres://" in user.heroku("config:get", "DATABASE_URL")
    assert "hobby-dev" in user.heroku("addons")
    user.heroku("pg:psql", "-c", "CREATE EXTENSION hstore")
    rows = "".join(f"{number}\ta=>{number}\n" for number in range(300))
    user.heroku("pg:psql", stdin=f"CREATE TABLE book (id int, facts hstore);\nCOPY book FROM stdin;\n{rows}\\.\n")
    assert "300" in user.heroku("pg:psql", "-c", "SELECT count(*) FROM book")
    assert "Hobby-dev" in user.heroku("pg:info")
    user.heroku("pg:backups", "capture")
    assert re.search(r"b001 .* Completed", user.heroku("pg:backups"))
    url = user.heroku("pg:backups", "public-url").strip()
    user.run("curl", "--silent", "--fail", "--output", str(tmp_path / "latest.dump"), url)
    assert (tmp_path / "latest.dump").read_bytes().startswith(b"PGDMP")
    user.heroku("pg:backups:download", "--output", str(tmp_path / "again.dump"))
    assert (tmp_path / "again.dump").read_bytes() == (tmp_path / "latest.dump").read_bytes()
    user.heroku("pg:reset", "DATABASE", "--confirm", "shelf")
    assert user.run("heroku", "pg:psql", "-c", "SELECT count(*) FROM book").status != 0
    user.heroku("pg:backups:restore", "b001", "DATABASE_URL", "--confirm", "shelf")
    assert "300" in user.heroku("pg:psql", "-c", "SELECT count(*) FROM book")
    user.heroku("pg:backups:schedule", "DATABASE_URL", "--at", "02:00 UTC")
    assert "DATABASE_URL" in user.heroku("pg:backups:schedules")
    user.heroku("pg:backups:unschedule", "DATABASE_URL")


def test_a_renamed_app_keeps_its_url_remote_log_and_database(lk: Localku, user: Shell) -> None:
    before = user.heroku("config:get", "DATABASE_URL")
    user.heroku("apps:rename", "rack")
    assert "/rack.git" in user.git("remote", "-v").out
    assert user.heroku("config:get", "DATABASE_URL") == before
    assert "State changed from starting to up" in user.heroku("logs", "--num", "1500")
    (app,) = lk.ok("apps", "--json", cwd=user.folder).json
    assert get(f"http://127.0.0.1:{app['port']}/", host="rack.localhost") == (200, "ok\n")
    user.git("remote", "rm", "heroku")
    user.heroku("git:remote", "--app", "rack")
    (user.folder / "note").write_text("more\n")
    commit(user.folder, "more")
    done = user.git("push", "heroku", "HEAD:main")
    assert done.status == 0, done.err


def test_nothing_of_the_user_s_has_changed(user: Shell) -> None:
    home = Path(user.environ["HOME"])
    assert sorted(one.relative_to(home).as_posix() for one in home.rglob("*") if one.is_file()) == []


def test_without_the_cli_it_says_how_to_get_one(lk: Localku, user: Shell) -> None:
    done = lk.run("heroku", "apps", cwd=user.folder, PATH="/usr/bin:/bin")
    assert done.status == 127
    assert "npm install --global heroku" in done.err


def test_an_app_is_destroyed(lk: Localku, user: Shell) -> None:
    lk.ok("down", "-a", "rack", cwd=user.folder)
    user.heroku("apps:destroy", "--app", "rack", "--confirm", "rack")
    assert user.heroku("apps") == "You have no apps.\n"
