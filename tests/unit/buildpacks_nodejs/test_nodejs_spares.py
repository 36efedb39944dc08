import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from handover import spares
from nodejs_buildpack import install, managers, preflight, scripts
from nodejs_buildpack.binaries import Binaries, Manager
from nodejs_buildpack.build import Build, begin
from nodejs_buildpack.install import Plan
from nodekit import runtime, tree
from nodekit.runtime import Package
from nodekit.semver import Version
from support.volume import VARIABLES, Volume

PREFIX = ".heroku/node"
NPM = Manager("npm", Version(11, 0, 0))
BINARIES = Binaries(Version(24, 0, 0), NPM.version, NPM, {})


@pytest.fixture
def volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Volume:
    return Volume(tmp_path / "tmp", monkeypatch)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.fixture
def node(tmp_path: Path) -> Package:
    return Package("node", "24.0.0", write(tmp_path / "tools" / "node", bin__node="elf", include__node="headers"))


@pytest.fixture
def npm(tmp_path: Path) -> Package:
    folder = tmp_path / "tools" / "npm"
    return Package("npm", "11.0.0", write(folder, **{"package.json": '{"bin": {"npm": "cli.js"}}', "cli.js": "npm"}))


def inode(path: Path) -> int:
    return path.stat().st_ino


def test_node_is_moved_from_the_last_build_and_the_cache_is_not_looked_at(
    volume: Volume, node: Package, npm: Package
) -> None:
    runtime.install(volume.begin(), PREFIX, node, [npm])
    first, folder = volume.end(), inode(volume.folder / PREFIX / "bin")
    node.folder.parent.rename(node.folder.parent.with_name("elsewhere"))
    for _ in range(2):
        runtime.install(volume.begin(), PREFIX, node, [npm])
        runtime.settle(volume.folder / PREFIX)
        assert inode(volume.folder / PREFIX / "bin") == folder
        assert (volume.folder / PREFIX / "bin" / "npm").read_text() == "npm"
        assert volume.end() == first


def test_another_npm_is_put_in_place_anew(volume: Volume, node: Package, npm: Package) -> None:
    runtime.install(volume.begin(), PREFIX, node, [npm])
    volume.end()
    newer = Package("npm", "11.1.0", npm.folder)
    folder = inode(volume.folder / PREFIX)
    runtime.install(volume.begin(), PREFIX, node, [newer])
    assert inode(volume.folder / PREFIX) != folder
    assert (volume.root / "build_1" / PREFIX).is_dir(), "a build that goes back may want it"


def test_a_node_that_a_script_has_installed_into_is_put_in_place_anew(
    volume: Volume, node: Package, npm: Package
) -> None:
    runtime.install(volume.begin(), PREFIX, node, [npm])
    write(volume.folder / PREFIX, lib__node_modules__gulp="npm install -g")
    volume.end()
    runtime.install(volume.begin(), PREFIX, node, [npm])
    assert not (volume.folder / PREFIX / "lib" / "node_modules" / "gulp").exists()


def test_on_its_own_the_buildpack_links_from_its_cache(
    volume: Volume, node: Package, npm: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume.begin()
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    runtime.install(volume.folder, PREFIX, node, [npm])
    assert (volume.folder / PREFIX / "bin" / "node").samefile(node.folder / "bin" / "node")


def test_a_last_build_on_another_file_system_is_left_alone(
    volume: Volume, node: Package, npm: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime.install(volume.begin(), PREFIX, node, [npm])
    volume.end()
    build_dir = volume.begin()

    def rename(_self: Path, _target: Path) -> NoReturn:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        runtime.install(build_dir, PREFIX, node, [npm])
    assert (build_dir / PREFIX / "bin" / "node").read_text() == "elf"
    assert (volume.root / "build_1" / PREFIX / "bin" / "node").read_text() == "elf"


def test_what_the_source_brings_is_not_replaced(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    write(volume.begin(), static__lib__x="of the build")
    spares.announce(volume.folder, "static/lib", "t")
    volume.end()
    write(volume.begin(), static__lib__x="of the source")
    assert not spares.take(volume.folder, "static/lib", "t")
    assert (volume.folder / "static" / "lib" / "x").read_text() == "of the source"
    monkeypatch.delenv("LOCALKU_SPARES")
    assert not spares.take(volume.folder, "other", "t")


@pytest.mark.parametrize("name", ["a\tb", "a\nb"])
def test_a_name_that_would_break_a_line_is_not_announced(name: str, volume: Volume) -> None:
    write(volume.begin() / name, x="x")
    spares.announce(volume.folder, name, "t")
    volume.end()
    volume.begin()
    assert volume.offered() == set()


class App:
    """Goes through the part of a compile that is about node_modules; npm is played by functions."""

    def __init__(self, volume: Volume, tmp_path: Path, **package: object) -> None:
        self.volume = volume
        self.package: dict[str, object] = {"dependencies": {"a": "1"}, **package}
        self.lock = "lock"
        self.env = tmp_path / "env"
        self.env.mkdir()
        self.pruning: Callable[[Path], object] = lambda modules: shutil.rmtree(modules / "dev")
        self.script: Callable[[Path], object] = lambda _modules: None

    def build(self) -> tuple[Build, Plan]:
        folder = self.volume.begin()
        write(folder, **{"package.json": json.dumps(self.package), "package-lock.json": self.lock})
        build = begin(folder, self.volume.cache, self.env, folder, preflight.check(folder))
        plan = install.plan(build, BINARIES)
        install.restore(build, plan, NPM)
        return build, plan

    def finish(self, build: Build, plan: Plan) -> str:
        modules = build.build_dir / "node_modules"
        if not plan.unchanged:
            shutil.rmtree(modules, ignore_errors=True)
            write(modules, **{"a__a.js": "a", "dev__dev.js": "dev", ".package-lock.json": "installed"})
            state = plan.cache.keep(modules, plan.key, plan.runtime, copies=plan.state.copies)
            plan = Plan(**{**plan.__dict__, "state": state})
        moment = install.before_scripts(build, plan)
        self.script(modules)
        changed = install.changed_since(build, moment)
        install.prune(build, plan, NPM)
        install.announce(build, plan, NPM, changed=changed)
        return self.volume.end()


@pytest.fixture
def app(volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    app = App(volume, tmp_path)

    def npm_prune(build: Build, *_: object) -> None:
        app.pruning(build.build_dir / "node_modules")

    monkeypatch.setattr(install, "_run", npm_prune)
    return app


def no_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    def digest(_folder: Path) -> NoReturn:
        raise AssertionError("the kept tree is looked through")

    monkeypatch.setattr(tree, "digest", digest)


def test_modules_are_moved_as_they_were_pruned_and_the_kept_tree_is_not_looked_through(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = app.finish(*app.build())
    folder = inode(app.volume.folder / "node_modules")
    no_digest(monkeypatch)
    for _ in range(2):
        build, plan = app.build()
        assert plan.moved
        assert app.finish(build, plan) == first
        assert inode(build.build_dir / "node_modules") == folder
        assert not (build.build_dir / "node_modules" / "dev").exists()


def change_lockfile(app: App) -> None:
    app.lock = "another"


def change_settings(app: App) -> None:
    (app.env / "NODE_ENV").write_text("test")


def touch_modules(app: App) -> None:
    file = app.volume.folder / "node_modules" / "a" / "a.js"
    times = file.stat()
    file.write_text("b")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    app.volume.end()


@pytest.mark.parametrize("change", [change_lockfile, change_settings, touch_modules])
def test_modules_are_not_moved_when_they_are_not_what_the_build_needs(change: Callable[[App], None], app: App) -> None:
    app.finish(*app.build())
    change(app)
    build, plan = app.build()
    assert not plan.moved
    app.finish(build, plan)
    assert app.build()[1].moved


def test_a_build_script_gets_the_modules_that_are_pruned_after_it(app: App) -> None:
    app.package["scripts"] = {"build": "webpack"}
    seen: list[bool] = []
    app.script = lambda modules: seen.append((modules / "dev").is_dir())
    layers = {app.finish(*app.build()) for _ in range(3)}
    assert seen == [True, True, True]
    assert len(layers) == 1


def test_where_pruning_removes_nothing_they_are_moved_for_a_build_script_too(app: App) -> None:
    app.package["scripts"] = {"build": "webpack"}
    app.pruning = lambda modules: (modules / ".package-lock.json").write_text("pruned")
    first = app.finish(*app.build())
    build, plan = app.build()
    assert plan.moved
    assert app.finish(build, plan) == first


@pytest.mark.parametrize("pruned", [True, False])
def test_what_a_build_script_writes_into_the_modules_is_not_handed_on(app: App, pruned: bool) -> None:
    app.package["scripts"] = {"build": "webpack"}
    app.pruning = lambda _modules: None
    if not pruned:
        (app.env / "NODE_ENV").write_text("development")
    app.script = lambda modules: write(modules, **{".cache__x": "built"})
    app.finish(*app.build())
    app.script = lambda _modules: None
    build, plan = app.build()
    assert not plan.moved
    assert not (build.build_dir / "node_modules" / ".cache").exists()
    app.finish(build, plan)
    app.script = lambda modules: write(modules, **{".cache__x": "built"})
    build, plan = app.build()
    assert plan.moved
    app.finish(build, plan)
    build, plan = app.build()
    assert not plan.moved
    assert not (build.build_dir / "node_modules" / ".cache").exists()


def test_a_module_that_a_build_script_has_removed_is_brought_back_by_pruning_in_each_build(app: App) -> None:
    def prune(modules: Path) -> None:
        shutil.rmtree(modules / "dev", ignore_errors=True)
        if not (modules / "a").exists():
            write(modules, **{"a__a.js": "a"})

    app.package["scripts"] = {"build": "webpack"}
    app.pruning = prune
    app.finish(*app.build())
    app.script = lambda modules: shutil.rmtree(modules / "a")
    for _ in range(2):
        app.finish(*app.build())
        assert (app.volume.folder / "node_modules" / "a" / "a.js").read_text() == "a"
        assert not (app.volume.folder / "node_modules" / "dev").exists()


def test_the_modules_of_a_build_that_failed_go_on_to_the_next(app: App) -> None:
    first = app.finish(*app.build())
    assert app.build()[1].moved
    build, plan = app.build()
    assert plan.moved
    assert app.finish(build, plan) == first


class Bare(App):
    """An app without dependencies: npm is asked, writes a lockfile, and leaves no node_modules."""

    def __init__(self, volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **package: object) -> None:
        super().__init__(volume, tmp_path, dependencies={}, **package)
        self.asked: list[str] = []
        monkeypatch.setattr(install, "_run", self._npm)

    def _npm(self, build: Build, _manager: Manager, wanted: managers.Install) -> None:
        self.asked.append(wanted.command[1])
        (build.build_dir / "package-lock.json").write_text("written")

    def compiled(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Go through a compile; return what npm was asked in it."""
        self.asked.clear()
        monkeypatch.setattr(scripts, "run_script", lambda *_: self.asked.append("run"))
        folder = self.volume.begin()
        write(folder, **{"package.json": json.dumps(self.package)})
        build = begin(folder, self.volume.cache, self.env, folder, preflight.check(folder))
        plan = install.plan(build, BINARIES)
        install.restore(build, plan, NPM)
        plan = install.install(build, plan, NPM)
        scripts.build_script(build, NPM)
        install.prune(build, plan, NPM)
        install.announce(build, plan, NPM, changed=False)
        assert (folder / "package-lock.json").read_text() == "written"
        self.volume.end()
        return list(self.asked)


def test_an_app_without_dependencies_asks_npm_once(
    volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Bare(volume, tmp_path, monkeypatch)
    assert app.compiled(monkeypatch) == ["install", "prune"]
    assert app.compiled(monkeypatch) == []
    assert app.compiled(monkeypatch) == []
    app.package["description"] = "another"
    assert app.compiled(monkeypatch) == ["install", "prune"]


def test_an_app_without_dependencies_whose_build_script_may_install_some_asks_it_each_time(
    volume: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Bare(volume, tmp_path, monkeypatch, scripts={"build": "npm install left-pad"})
    for _ in range(2):
        assert app.compiled(monkeypatch) == ["install", "run", "prune"]
