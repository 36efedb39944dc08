"""The article's app: Django through nodejs → bower → python, with hstore, collectstatic and uploads that get lost."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from support import engine_view
from support.bower_world import BowerWorld
from support.browser import Browser
from support.localku import Localku, Result, commit, copy_example

BRIDGE = ["docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"]
PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


@pytest.fixture(scope="module")
def bower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BowerWorld]:
    subnet = subprocess.run(BRIDGE, check=True, capture_output=True, text=True).stdout.strip()
    gateway = str(next(ip_network(subnet).hosts()))
    with BowerWorld(tmp_path_factory.mktemp("bower"), bind="0.0.0.0", host=gateway) as world:
        yield world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_example("bookshelf", tmp_path_factory.mktemp("apps") / "bookshelf")


@pytest.fixture(scope="module")
def built(lk: Localku, folder: Path, bower: BowerWorld) -> Result:
    lk.env["bower_registry"] = bower.registry_url
    lk.ok("create", cwd=folder)
    lk.ok("config:set", "ARTICLE=yes", cwd=folder)
    lk.ok("addons:create", "heroku-postgresql", cwd=folder)
    return lk.ok("build", cwd=folder)


@pytest.fixture(scope="module")
def browser(lk: Localku, folder: Path, built: Result) -> Iterator[Browser]:
    lk.ok("up", "--detach", "-p", "5650", cwd=folder)
    (app,) = lk.ok("apps", "--json", cwd=folder).json
    yield Browser(f"http://127.0.0.1:{app['port']}", f"bookshelf.localhost:{app['port']}")
    lk.ok("down", cwd=folder)


def test_the_chain_is_nodejs_bower_python(built: Result) -> None:
    order = [built.out.index(f"-----> {name} app detected") for name in ("Node.js", "Bower", "Python")]
    assert order == sorted(order)
    assert "heroku buildpacks:add heroku/nodejs" in built.out
    assert re.search(r"-----> \$ python manage\.py collectstatic --noinput", built.out)
    assert "Procfile declares types -> release, web, worker" in built.out


def test_what_was_set_before_the_first_deploy_is_kept(lk: Localku, folder: Path, built: Result) -> None:
    done = [release["description"] for release in reversed(lk.ok("releases", "--json", cwd=folder).json)]
    assert done[:3] == ["Initial release", "Enable Logplex", "Set ARTICLE config vars"]
    assert re.fullmatch(r"@ref:postgresql-\S+ completed provisioning, setting DATABASE_URL\.", done[4])
    assert done[5] == "Set SECRET_KEY, SERVER config vars"
    assert done[6].startswith("Deploy ")
    assert lk.ok("config:get", "ARTICLE", cwd=folder).out == "yes\n"
    assert len(lk.ok("addons", "--json", cwd=folder).json) == 1
    assert "Provisioning heroku-postgresql" not in built.out


def test_bower_asked_the_registry_and_the_git_server(built: Result, bower: BowerWorld) -> None:
    assert "/packages/jquery" in bower.requests
    assert any(path.startswith("/git/bootstrap.git") for path in bower.requests)


def test_app_json_was_applied_once(lk: Localku, folder: Path, built: Result) -> None:
    values = lk.ok("config", "--json", cwd=folder).json
    assert values["SERVER"] == "production"
    assert re.fullmatch(r"[0-9a-f]{64}", values["SECRET_KEY"])
    assert values["DATABASE_URL"].startswith("postgres://")


def test_static_files_come_from_bower_through_collectstatic_and_whitenoise(browser: Browser) -> None:
    status, page = browser.get("/")
    assert status == 200
    assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    hashed = [name for name in assets if re.search(r"\.[0-9a-f]{12}\.(css|js)$", name)]
    assert len(hashed) == len(assets) >= 5
    for name in hashed:
        assert browser.get(name)[0] == 200
    (jquery,) = [name for name in assets if "jquery" in name]
    assert "jQuery" in browser.get(jquery)[1]


def test_uploads_get_lost_and_rows_survive(lk: Localku, folder: Path, browser: Browser) -> None:
    fields = {"title": "Middlemarch", "author": "George Eliot", "language": "English", "year": "1871", "publisher": ""}
    assert browser.submit("/", fields, {"cover": ("cover.png", PIXEL)}) == 200
    assert 'src="/media/covers/' in browser.get("/")[1]
    assert "Middlemarch" in browser.get("/?language=English")[1]

    report = lk.ok("reset-fs", "--json", cwd=folder).json
    (cover,) = [entry for entry in report["dynos"][0]["entries"] if "covers/" in entry["path"]]
    assert cover["kind"] == "upload"
    assert cover["worth_keeping"] is True
    assert report["reset"]["status"] == 200
    assert report["reset"]["written_again"] == []

    page = browser.get("/")[1]
    assert "Middlemarch" in page
    assert "lost" in page
    assert 'src="/media/covers/' not in page


def test_the_doctor_finds_what_is_true_and_nothing_else(lk: Localku, folder: Path, browser: Browser) -> None:
    """The upload is lost by each restart, and nobody has scaled the worker."""
    found = {row["name"]: row["state"] for row in lk.ok("doctor", "--json", cwd=folder).json}
    assert {name: state for name, state in found.items() if name.startswith("#")} == {
        "#6 EPHEMERAL FILES": "seen",
        "#20 NOT SCALED": "risk",
    }


def test_offline_the_same_app_builds_again(lk: Localku, folder: Path, built: Result) -> None:
    again = lk.ok("build", "--offline", "--force", cwd=folder)
    assert "-----> Bower app detected" in again.out
    assert "Released v" in again.out


def test_offline_changed_source_builds(lk: Localku, folder: Path, browser: Browser) -> None:
    template = folder / "books" / "templates" / "books" / "shelf.html"
    template.write_text(template.read_text().replace("{% block main %}", "{% block main %}<p>changed offline</p>", 1))
    commit(folder, "change")
    lk.ok("up", "--offline", "--detach", cwd=folder)
    assert _eventually(browser, "changed offline")


def _eventually(browser: Browser, text: str) -> bool:
    from support.localku import wait_for

    return bool(wait_for(lambda: text in browser.get("/")[1]))


@pytest.mark.parametrize(
    ("file", "before", "after", "named"),
    [
        ("requirements.txt", "whitenoise==6.12.0", "whitenoise==6.12.0\nidna==3.10", "idna"),
        ("bower.json", '"jquery": "~3.7.1"', '"jquery": "~2.2.4"', "jquery"),
    ],
)
def test_offline_a_dependency_that_is_not_cached_is_named(
    lk: Localku, folder: Path, built: Result, file: str, before: str, after: str, named: str
) -> None:
    changed = folder / file
    kept = changed.read_text()
    changed.write_text(kept.replace(before, after))
    failed = lk.run("build", "--offline", cwd=folder)
    changed.write_text(kept)
    assert failed.status == 1
    assert any("cache" in line and named in line for line in failed.out.splitlines()), failed.out
    assert " !     Push failed" in failed.out


def test_collectstatic_failures_keep_the_traceback_and_name_the_cause(lk: Localku, folder: Path, built: Result) -> None:
    settings = folder / "bookshelf" / "settings" / "base.py"
    kept = settings.read_text()
    settings.write_text(re.sub(r"^STATIC_ROOT = .*$", "", kept, flags=re.MULTILINE))
    failed = lk.run("build", "--offline", cwd=folder)
    settings.write_text(kept)
    assert failed.status == 1
    assert "Traceback (most recent call last)" in failed.out
    assert "STATIC_ROOT" in failed.out
    assert " !     Push rejected, failed to compile Python app." in failed.out


def test_dependencies_are_moved_from_build_to_build_and_past_one_that_failed(
    lk: Localku, folder: Path, built: Result
) -> None:
    lk.ok("build", "--offline", "--force", cwd=folder)
    trees, layers = _trees(lk), _layers(lk)
    assert len(trees) == 4
    settings = folder / "bookshelf" / "settings" / "base.py"
    kept = settings.read_text()
    settings.write_text("import nothing_of_the_kind\n")
    assert lk.run("build", "--offline", cwd=folder).status == 1
    settings.write_text(kept + "# one line more\n")
    lk.ok("build", "--offline", cwd=folder)
    assert _trees(lk) == trees
    assert _layers(lk) == layers
    assert _files(lk, "/app", trees) == _files(lk, _last(lk)["folder"], trees), "the layer is what was built"


def _last(lk: Localku) -> dict[str, Any]:
    last: dict[str, Any] = json.loads(_look(lk, "cat /tmp/codon/tmp/last-build"))
    return last


def _trees(lk: Localku) -> dict[str, str]:
    """Inode of each tree of dependencies in the last build: by it alone they are the same, and not equal."""
    last = _last(lk)
    return {path: _look(lk, f"stat -c %i {last['folder']}/{path}") for path in last["trees"]}


def _files(lk: Localku, root: str, trees: Iterable[str]) -> list[str]:
    """What `find` says of each file and link in the newest image."""
    rows = r"-type l -printf '%p %l\n' -o -type f -printf '%p %m %s %Ts\n'"
    return sorted(_look(lk, f"cd {root}; find {' '.join(trees)} {rows}").splitlines())


def _layers(lk: Localku) -> set[str]:
    return {image for image in engine_view.images(lk.home, "bookshelf") if ":deps-" in image}


def _look(lk: Localku, script: str) -> str:
    volume = f"localku-{engine_view.uuid(lk.home, 'bookshelf')}-build:/tmp:ro"
    image = engine_view.image(lk.home, "bookshelf")
    command = ["docker", "run", "--rm", "--volume", volume, "--entrypoint", "sh", image, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_development_settings_are_one_config_var_away(lk: Localku, folder: Path, built: Result) -> None:
    ask = "python -c 'import os; from django.conf import settings as s; "
    ask += 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookshelf.settings"); print(s.DEBUG)\''
    assert lk.ok("run", ask, cwd=folder).out.strip() == "False"
    assert lk.ok("run", "-e", "SERVER=development", ask, cwd=folder).out.strip() == "True"
