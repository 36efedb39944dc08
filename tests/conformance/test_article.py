"""The article, typed as it is written, with Heroku's own CLI: `examples/bookshelf` from login to its second name.

The tests are its steps, and run in order; each one's effect is seen through another command. This machine has no psql,
pg_dump or pg_restore here.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from support.bower_world import BowerWorld
from support.heroku_cli import Shell, installed, path_without, shell
from support.local_postgres import LocalPostgres
from support.localku import Localku, Result, commit, copy_example, get, wait_for

TOOLS = ("psql", "pg_dump", "pg_restore")
BRIDGE = ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"]
BOWER = "https://github.com/ejholmes/heroku-buildpack-bower"
ROWS = 5000
DOMAIN = "www.example.com"


@pytest.fixture(scope="module")
def bower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BowerWorld]:
    subnet = subprocess.run(BRIDGE, check=True, capture_output=True, text=True).stdout.strip()
    gateway = str(next(ip_network(subnet).hosts()))
    with BowerWorld(tmp_path_factory.mktemp("bower"), bind="0.0.0.0", host=gateway) as world:
        yield world


@pytest.fixture(scope="module")
def lk(tmp_path_factory: pytest.TempPathFactory, bower: BowerWorld) -> Iterator[Localku]:
    made = Localku(tmp_path_factory.mktemp("article"), {"bower_registry": bower.registry_url})
    made.ok("doctor", "--fix", cwd=made.home)
    yield made
    made.clean()


@pytest.fixture(scope="module")
def user(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = copy_example("bookshelf", tmp_path_factory.mktemp("apps") / "bookshelf")
    subprocess.run(["git", "branch", "--move", "master"], cwd=folder, check=True)
    path = path_without(TOOLS, tmp_path_factory.mktemp("path") / "bin")
    made = shell(lk, folder, installed(), tmp_path_factory.mktemp("user"), path)
    return Shell(folder, made.environ | lk.env)


def port(lk: Localku, user: Shell) -> int:
    (app,) = lk.ok("apps", "--json", cwd=user.folder).json
    return int(app["port"])


def said(result: Result) -> str:
    return result.out + result.err


def test_login_and_create(user: Shell) -> None:
    assert "Logged in as localku" in user.run("heroku", "login").err
    assert user.heroku("auth:whoami") == "localku\n"
    done = user.run("heroku", "create", "bookshelf")
    assert (done.status, "http://bookshelf.localhost:5" in done.out) == (0, True), said(done)
    assert re.search(
        r"^heroku\thttps://127\.0\.0\.1:\d+/bookshelf\.git \(fetch\)$", user.git("remote", "-v").out, re.MULTILINE
    )


def test_config_vars(user: Shell) -> None:
    user.heroku("config:set", "SERVER=production")
    user.heroku("config:set", f"HOSTS={DOMAIN}")
    assert user.heroku("config:get", "SERVER") == "production\n"


def test_a_database_and_a_text_dump_into_it(user: Shell) -> None:
    assert "as DATABASE_URL" in said(user.run("heroku", "addons:create", "heroku-postgresql:hobby-dev"))
    assert user.heroku("config:get", "DATABASE_URL").startswith("postgres://")
    typed = (("bookshelf::DATABASE=> ", "CREATE EXTENSION hstore;\n"), ("CREATE EXTENSION\r\n", "\\q\n"))
    status, seen = user.at_terminal("heroku", "pg:psql", typed=typed)
    assert status == 0, seen
    lines = "".join(f'{number}\t"year"=>"{number}"\n' for number in range(ROWS))
    dump = f"CREATE TABLE paper (id integer, facts hstore);\nCOPY paper FROM stdin;\n{lines}\\.\n"
    (user.folder / "dump.sql").write_text(dump)
    assert user.run("sh", "-c", "heroku pg:psql < dump.sql").status == 0
    (user.folder / "dump.sql").unlink()
    assert str(ROWS) in user.heroku("pg:psql", "-c", "SELECT count(*) FROM paper WHERE facts ? 'year'")


def test_reset_asks_for_the_name_of_the_app(user: Shell) -> None:
    count = ("heroku", "pg:psql", "-c", "SELECT count(*) FROM paper")
    status, seen = user.at_terminal("heroku", "pg:reset", "DATABASE", typed=(("To proceed", "bookcase\n"),))
    assert status != 0, seen
    assert str(ROWS) in user.run(*count).out
    status, seen = user.at_terminal("heroku", "pg:reset", "DATABASE", typed=(("To proceed", "bookshelf\n"),))
    assert status == 0, seen
    assert "GREEN: Connection Count" in user.heroku("pg:diagnose")
    assert 'relation "paper" does not exist' in user.run(*count).err


def test_buildpacks(user: Shell) -> None:
    user.heroku("buildpacks:clear")
    user.heroku("buildpacks:set", "heroku/nodejs")
    user.heroku("buildpacks:add", BOWER)
    user.heroku("buildpacks:add", "heroku/python")
    listed = re.findall(r"^\d\. (\S+)$", user.heroku("buildpacks"), re.MULTILINE)
    assert listed == ["heroku/nodejs", BOWER, "heroku/python"]


def test_a_push_that_fails_and_the_fixed_one(lk: Localku, user: Shell) -> None:
    settings = user.folder / "bookshelf" / "settings" / "base.py"
    good = settings.read_text()
    settings.write_text(re.sub(r"^STATIC_ROOT = .*$", "", good, flags=re.MULTILINE))
    commit(user.folder, "broken")
    failed = user.git("push", "heroku", "master")
    assert failed.status == 1
    assert "remote: -----> Node.js app detected" in failed.err
    assert "remote:  !     Push rejected, failed to compile Python app." in failed.err
    assert re.search(r"^remote: .*STATIC_ROOT", failed.err, re.MULTILINE)
    assert "! [remote rejected] master -> master (pre-receive hook declined)" in failed.err
    assert "No dynos" in user.heroku("ps")
    settings.write_text(good)
    commit(user.folder, "fixed")
    done = user.git("push", "heroku", "master")
    assert done.status == 0, done.err
    assert f"remote:  !     {BOWER} cannot be fetched from here" in done.err
    order = [done.err.index(f"-----> {name} app detected") for name in ("Node.js", "Bower", "Python")]
    assert order == sorted(order)
    assert "remote: Verifying deploy... done." in done.err
    assert f"http://bookshelf.localhost:{port(lk, user)}/ deployed to localku" in done.err
    assert wait_for(lambda: page(lk, user)[0] == 200)


def page(lk: Localku, user: Shell, host: str = "bookshelf.localhost") -> tuple[int, str]:
    return get(f"http://127.0.0.1:{port(lk, user)}/", host=host)


def test_migrations_and_a_superuser_whose_password_nobody_sees(user: Shell) -> None:
    assert "No migrations to apply." in user.heroku("run", "python", "manage.py", "migrate")
    typed = (("Username", "kim\n"), ("Email address: ", "kim@example.com\n"))
    secret = (("Password: ", "twelve words\n"), ("Password (again): ", "twelve words\n"))
    status, seen = user.at_terminal("heroku", "run", "python", "manage.py", "createsuperuser", typed=(*typed, *secret))
    assert status == 0, seen
    assert "Superuser created successfully." in seen
    assert "twelve" not in seen
    assert "kim@example.com" in user.heroku("pg:psql", "-c", "SELECT email FROM auth_user WHERE is_superuser")


def test_a_backup_comes_down_by_its_link_and_into_a_local_database(user: Shell) -> None:
    user.heroku("pg:backups", "capture")
    assert re.search(r"b001 .* Completed", user.heroku("pg:backups"))
    done = user.run("sh", "-c", "curl -o latest.dump $(heroku pg:backups public-url)")
    assert done.status == 0, said(done)
    with LocalPostgres() as local:
        target = ("-h", "localhost", "-p", str(local.port), "-U", "postgres", "-d", "postgres")
        restored = user.run("pg_restore", "--verbose", "--no-acl", "--no-owner", *target, "latest.dump")
        assert restored.status == 0, said(restored)
        assert "kim" in user.run("psql", *target, "-c", "SELECT username FROM auth_user").out
    (user.folder / "latest.dump").unlink()


def test_a_domain_answers(lk: Localku, user: Shell) -> None:
    user.heroku("domains:add", DOMAIN)
    address = f"{DOMAIN}:{port(lk, user)}"
    resolve = ("--resolve", f"{address}:127.0.0.1", "--fail", "--silent")
    assert "<html" in user.run("curl", *resolve, f"http://{address}/").out
    assert DOMAIN in user.heroku("domains")


def test_the_remote_comes_back(user: Shell) -> None:
    user.git("remote", "rm", "heroku")
    assert user.git("remote").out == ""
    user.heroku("git:remote", "-a", "bookshelf")
    assert "/bookshelf.git" in user.git("remote", "-v").out
    assert user.git("push", "heroku", "master").status == 0


def test_under_a_new_name_all_is_kept(lk: Localku, user: Shell) -> None:
    before, url = port(lk, user), user.heroku("config:get", "DATABASE_URL")
    assert "http://library.localhost" in said(user.run("heroku", "apps:rename", "library"))
    assert "/library.git" in user.git("remote", "-v").out
    assert port(lk, user) == before
    assert wait_for(lambda: page(lk, user, "library.localhost")[0] == 200)
    assert user.heroku("config:get", "DATABASE_URL") == url
    assert "kim" in user.heroku("pg:psql", "-c", "SELECT username FROM auth_user")
    assert "State changed from starting to up" in user.heroku("logs", "--num", "1500")
    template = user.folder / "books" / "templates" / "books" / "shelf.html"
    template.write_text(template.read_text().replace("{% block main %}", "{% block main %}<p>a new name</p>", 1))
    commit(user.folder, "after the rename")
    done = user.git("push", "heroku", "master")
    assert done.status == 0, done.err
    assert "Requirements unchanged since the last build." in done.err
    assert wait_for(lambda: "a new name" in page(lk, user, "library.localhost")[1])


def test_nothing_of_the_user_s_has_changed(user: Shell) -> None:
    home = Path(user.environ["HOME"])
    assert [one.name for one in home.rglob("*") if one.is_file() and one.name != ".psql_history"] == []
