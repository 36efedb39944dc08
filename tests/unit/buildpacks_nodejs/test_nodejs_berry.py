import json
import shutil
from pathlib import Path

import pytest
from nodejs_buildpack import berry, managers, preflight
from nodejs_buildpack.binaries import Manager
from nodejs_buildpack.build import Build, begin
from nodekit.output import BuildFailed
from nodekit.semver import Version

LOCKFILE = "__metadata:\n  version: 8\n"
YARN_4 = Manager("berry", Version(4, 1, 0))


def build(folder: Path, files: dict[str, str], package: dict[str, object] | None = None, **config: str) -> Build:
    app, env = folder / "app", folder / "env"
    env.mkdir(parents=True)
    for name, text in {"yarn.lock": LOCKFILE, "package.json": json.dumps(package or {}), **files}.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    for name, value in config.items():
        (env / name).write_text(value)
    return begin(app, folder / "cache", env, folder / "buildpack", preflight.check(app))


def refusal(app: Build) -> str:
    with pytest.raises(BuildFailed) as caught:
        berry.check(app)
    return str(caught.value)


def test_a_lockfile_of_yarn_2_or_later(tmp_path: Path) -> None:
    assert berry.locked(build(tmp_path / "two", {}))
    assert not berry.locked(build(tmp_path / "one", {"yarn.lock": "# yarn lockfile v1\n"}))


@pytest.mark.parametrize(
    ("files", "package", "config", "first_line"),
    [
        ({}, {}, {}, "The 'yarnrc.yml' file is not found"),
        ({}, {"engines": {"yarn": "1.22.x"}}, {}, "The 'yarnrc.yml' file is not found"),
        (
            {".yarnrc.yml": "nodeLinker: pnp\n"},
            {},
            {},
            "The 'yarnPath' could not be read from the 'yarnrc.yml' file",
        ),
        ({".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.1.0.cjs\n"}, {}, {}, "Yarn was not found"),
        (
            {".yarnrc.yml": "yarnPath: '.yarn/releases/yarn-4.1.0.cjs' # ours\n"},
            {"packageManager": "yarn@4.1.0"},
            {},
            "Yarn was not found",
        ),
        (
            {},
            {"packageManager": "yarn@4.1.0"},
            {"YARN_PRODUCTION": "true"},
            "Unsupported Yarn configuration: YARN_PRODUCTION",
        ),
    ],
)
def test_a_berry_app_that_says_too_little_is_refused(
    tmp_path: Path, files: dict[str, str], package: dict[str, object], config: dict[str, str], first_line: str
) -> None:
    assert refusal(build(tmp_path, files, package, **config)).partition("\n")[0] == first_line


@pytest.mark.parametrize(
    ("files", "package"),
    [
        ({}, {"packageManager": "yarn@4.1.0+sha256.x"}),
        ({}, {"engines": {"yarn": "^4.0.0"}}),
        ({".yarnrc.yml": "yarnPath: y/yarn-3.6.0.cjs\n", "y/yarn-3.6.0.cjs": ""}, {}),
    ],
)
def test_a_berry_app_that_says_enough_passes(tmp_path: Path, files: dict[str, str], package: dict[str, object]) -> None:
    berry.check(build(tmp_path, files, package))


def test_the_release_that_runs_is_the_apps_own(tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node is not None
    named = build(tmp_path / "1", {".yarnrc.yml": "yarnPath: yarn-3.6.0.cjs\n", "yarn-3.6.0.cjs": ""})
    assert berry.running(named, Path(node)) == "3.6.0"
    unnamed = build(tmp_path / "2", {".yarnrc.yml": "yarnPath: y.cjs\n", "y.cjs": "console.log('2.4.3')"})
    assert berry.running(unnamed, Path(node)) == "2.4.3"
    broken = build(tmp_path / "3", {".yarnrc.yml": "yarnPath: y.cjs\n", "y.cjs": "throw new Error('no luck')"})
    with pytest.raises(BuildFailed, match="no luck"):
        berry.running(broken, Path(node))


def test_zips_that_the_app_brings_are_used_where_they_are(tmp_path: Path) -> None:
    linked = {".yarnrc.yml": "nodeLinker: node-modules\n"}
    without = build(tmp_path / "1", linked)
    assert managers.install(without, YARN_4).env == {"YARN_ENABLE_GLOBAL_CACHE": "false"}

    brought = build(tmp_path / "2", {**linked, ".yarn/cache/x.zip": ""})
    env = managers.install(brought, YARN_4).env
    assert env["YARN_CACHE_FOLDER"] == str(brought.build_dir / ".yarn" / "cache")
    assert (env["YARN_ENABLE_MIRROR"], env["YARN_ENABLE_IMMUTABLE_CACHE"]) == ("true", "true")
    assert managers.prune(brought, YARN_4).env["YARN_ENABLE_IMMUTABLE_CACHE"] == "false"

    pnp = build(tmp_path / "3", {".yarnrc.yml": ""}, YARN_CACHE_FOLDER="/elsewhere")
    env = managers.install(pnp, YARN_4).env
    assert env["YARN_CACHE_FOLDER"] == "/elsewhere"
    assert "YARN_ENABLE_IMMUTABLE_CACHE" not in env
