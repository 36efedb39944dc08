"""The bower buildpack with the real bower client, a real registry and real git; no engine needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.bower_world import BowerWorld
from support.buildpack_fixtures import builder, engine, look, write_app  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from support.buildpack_run import Builder, Built

WANTED = {"name": "app", "dependencies": {"jquery": "~2.2.0", "bootstrap": "^3.3.0"}}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BowerWorld]:
    with BowerWorld(tmp_path_factory.mktemp("bower")) as running:
        yield running


def ok(built: Built) -> Built:
    assert built.status == 0, built.output
    return built


def test_the_chain_of_2016(builder: Builder, world: BowerWorld, tmp_path: Path) -> None:  # noqa: F811
    """Node 5.9.1 and bower from package.json, components where .bowerrc wants them."""
    package = {"name": "app", "version": "1.0.0", "engines": {"node": "5.9.1"}, "dependencies": {"bower": "1.8.14"}}
    files = {"package.json": package, "bower.json": WANTED, ".bowerrc": world.bowerrc(directory="static/vendor")}
    app = write_app(tmp_path, files)
    first = ok(builder.build(app, "nodejs", "bower"))
    assert "Using bower 1.8.14 (node_modules)" in first.output
    assert "ESUDO" not in first.output
    vendor = first.build_dir / "static" / "vendor"
    assert (vendor / "jquery" / "dist" / "jquery.js").read_text().find("v2.2.4") > 0
    assert "3.4.1" in (vendor / "bootstrap" / ".bower.json").read_text()
    assert not (first.build_dir / "vendor").exists()

    asked = len(world.requests)
    again = ok(builder.build(app, "nodejs", "bower"))
    assert "Using static/vendor of the last build: bower.json and .bowerrc are unchanged" in again.output
    assert len(world.requests) == asked
    for folder in (".heroku", "node_modules", "static"):
        assert look(again.build_dir, folder) == look(first.build_dir, folder)


def test_without_a_package_json_it_brings_its_own(builder: Builder, world: BowerWorld, tmp_path: Path) -> None:  # noqa: F811
    app = write_app(tmp_path, {"bower.json": WANTED, ".bowerrc": world.bowerrc()})
    first = ok(builder.build(app, "bower"))
    assert "No node on the PATH: using node 24." in first.output
    assert "Using bower 1.8.14 (package.json names none)" in first.output
    assert sorted(each.name for each in first.build_dir.iterdir()) == [".bowerrc", "bower.json", "bower_components"]

    write_app(app, {"bower.json": {**WANTED, "version": "2.0.0"}})
    offline = ok(builder.build(app, "bower", offline=True))
    assert "bower jquery#~2.2.0             cached" in offline.output
    assert (offline.build_dir / "bower_components" / "jquery" / "dist" / "jquery.js").is_file()

    write_app(app, {"bower.json": {"name": "app", "dependencies": {"jquery": "3.7.1"}}})
    (builder.cache / "bower" / "packages").rename(builder.folder / "lost")
    missing = builder.build(app, "bower", offline=True)
    assert missing.status == 1
    assert "Not in the cache, and this build has no network: jquery#3.7.1" in missing.output


FAILURES: tuple[tuple[dict[str, str], str], ...] = (
    ({"nosuch": "1.0"}, "The registry does not know nosuch."),
    ({"jquery": "~9.0.0"}, "No tag found that was able to satisfy ~9.0.0"),
    ({"jquery": "3.7.1", "old-widget": "1.0.0"}, '"resolutions": { "jquery": "VERSION" }'),
    ({"x": "http://127.0.0.1:9/x.git#1.0"}, "Git could not fetch a component: git ls-remote --tags --heads"),
)


def test_failures_name_the_component(builder: Builder, world: BowerWorld, tmp_path: Path) -> None:  # noqa: F811
    app = write_app(tmp_path, {".bowerrc": world.bowerrc()})
    for dependencies, said in FAILURES:
        write_app(app, {"bower.json": {"name": "a", "dependencies": dependencies}})
        built = builder.build(app, "bower")
        assert built.status == 1
        assert "Error: Unable to install components using bower." in built.output
        assert said in built.output

    write_app(app, {"bower.json": WANTED, ".bowerrc": {"registry": "http://127.0.0.1:9"}})
    unreachable = builder.build(app, "bower")
    assert unreachable.status == 1
    assert "The registry could not be reached: http://127.0.0.1:9/packages/" in unreachable.output
