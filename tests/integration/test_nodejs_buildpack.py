"""The nodejs buildpack with real Node, npm, yarn and pnpm, as an unprivileged user; no engine needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.buildpack_fixtures import builder, engine, look, write_app  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from support.buildpack_run import Builder, Built

SERVER = "console.log(require('ms')('2 days'))\n"


def package(**fields: Any) -> dict[str, Any]:
    return {
        "name": "app",
        "version": "1.0.0",
        "license": "MIT",
        "engines": {"node": "24.x"},
        "scripts": {"start": "node server.js"},
        "dependencies": {"ms": "2.1.2"},
        "devDependencies": {"mkdirp": "0.5.6"},
        **fields,
    }


def ok(built: Built) -> Built:
    assert built.status == 0, built.output
    return built


def start(built: Built, script: str = "server.js") -> str:
    """Run a file as a dyno would: with the profile scripts, HOME being the app."""
    command = f"for each in .profile.d/*.sh; do . $each; done; exec node {script}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=built.build_dir,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(built.build_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def lockfile(app: Path, node: Path, script: str, *arguments: str) -> None:
    """Write a lockfile with a package manager that a build left behind."""
    subprocess.run([node, script, *arguments], cwd=app, check=True, capture_output=True)


def test_npm_with_a_lockfile(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    app = write_app(tmp_path, {"package.json": package(), "server.js": SERVER})
    first = ok(builder.build(app, "nodejs"))
    assert "engines.node (package.json):   24.x" in first.output
    assert "Using default npm version: 11." in first.output
    assert start(first) == "172800000\n"
    assert not (first.build_dir / "node_modules" / "mkdirp").exists()

    (app / "package-lock.json").write_bytes((first.build_dir / "package-lock.json").read_bytes())
    locked = ok(builder.build(app, "nodejs"))
    assert "Installing node modules\n" in locked.output

    (app / "server.js").write_text(SERVER + "// one line more\n")
    again = ok(builder.build(app, "nodejs"))
    assert "Using node_modules of the last build" in again.output
    for folder in (".heroku", "node_modules"):
        assert look(again.build_dir, folder) == look(locked.build_dir, folder)
    assert start(again) == "172800000\n"

    offline = ok(builder.build(app, "nodejs", offline=True))
    assert look(offline.build_dir, "node_modules") == look(locked.build_dir, "node_modules")

    (app / ".npmrc").write_text("loglevel=warn\n")
    reinstalled = ok(builder.build(app, "nodejs", offline=True))
    assert "Using node_modules of the last build" not in reinstalled.output
    assert start(reinstalled) == "172800000\n"

    (app / ".npmrc").unlink()
    (app / "package-lock.json").unlink()
    (app / "package.json").write_text(json.dumps(package(dependencies={"ms": "2.1.2", "is-odd": "3.0.1"})))
    missing = builder.build(app, "nodejs", offline=True)
    assert missing.status == 1
    assert "no network: https://registry.npmjs.org/is-odd" in missing.output


def test_scripts_run_with_every_build_and_see_development_modules(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    scripts = {
        "heroku-prebuild": "echo the prebuild",
        "build": "node -e \"require('mkdirp').sync('dist'); require('fs').copyFileSync('in.txt', 'dist/out.txt')\"",
        "heroku-cleanup": "echo the cleanup",
        "start": "node server.js",
    }
    app = write_app(tmp_path, {"package.json": package(scripts=scripts), "server.js": SERVER, "in.txt": "one"})
    first = ok(builder.build(app, "nodejs"))
    order = ["-----> Prebuild", "-----> Installing dependencies", "-----> Build", "-----> Pruning", "-----> Cleanup"]
    positions = [first.output.index(each) for each in order]
    assert positions == sorted(positions)

    (app / "in.txt").write_text("two")
    second = ok(builder.build(app, "nodejs", offline=True))
    assert "Using node_modules of the last build" in second.output
    assert (second.build_dir / "dist" / "out.txt").read_text() == "two"
    assert look(second.build_dir, "node_modules") == look(first.build_dir, "node_modules")

    scripts["build"] = "npm run buld"
    write_app(app, {"package.json": package(scripts=scripts)})
    failed = builder.build(app, "nodejs")
    assert failed.status == 1
    assert "Error: Missing script." in failed.output
    assert "`buld`" in failed.output


def test_node_5_9_1_with_the_npm_it_came_with(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    old = package(engines={"node": "5.9.1"}, devDependencies={"mkdirp": "0.5.1"})
    app = write_app(tmp_path, {"package.json": old, "server.js": "console.log(process.version)"})
    first = ok(builder.build(app, "nodejs"))
    assert "Using default npm version: 3.7.3" in first.output
    assert "Node.js 5.9.1 is now End-of-Life (EOL)." in first.output
    assert start(first) == "v5.9.1\n"
    assert not (first.build_dir / "node_modules" / "mkdirp").exists()

    again = ok(builder.build(app, "nodejs", offline=True))
    for folder in (".heroku", "node_modules"):
        assert look(again.build_dir, folder) == look(first.build_dir, folder)


def test_an_npm_that_heroku_warns_of(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    old = package(engines={"node": "5.9.1", "npm": "1.4.28"}, dependencies={}, devDependencies={})
    app = write_app(tmp_path, {"package.json": old, "package-lock.json": {}, "server.js": SERVER})
    done = ok(builder.build(app, "nodejs"))
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.output)
    assert " !     This version of npm (1.4.28) has several known issues." in plain
    assert " !     This version of npm (1.4.28) does not support package-lock.json." in plain


def test_a_yarn_that_is_too_old_for_its_lockfile(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    builder.home = str(builder.folder)  # where this Yarn makes a folder
    old = package(engines={"node": "24.x", "yarn": "0.16.1"})
    app = write_app(tmp_path, {"package.json": old, "yarn.lock": "# yarn lockfile v1\n", "server.js": SERVER})
    done = builder.build(app, "nodejs")
    assert done.status == 1
    assert "Outdated Yarn version: 0.16.1" in done.output


def test_a_yarn_binary_url_ends_the_build_as_on_heroku(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    builder.config["YARN_BINARY_URL"] = "https://example.com/yarn.tar.gz"
    app = write_app(tmp_path, {"package.json": package(), "yarn.lock": "# yarn lockfile v1\n", "server.js": SERVER})
    done = builder.build(app, "nodejs")
    assert done.status == 1
    assert "Downloading and installing yarn from https://example.com/yarn.tar.gz\n" in done.output
    assert "Error: YARN_BINARY_URL is not supported." in done.output


@pytest.mark.parametrize(
    ("declared", "lock", "make", "said"),
    [
        ("yarn@1.22.22", "yarn.lock", ["yarn/bin/yarn.js", "install", "--silent"], "Installed yarn 1.22.22"),
        ("pnpm@9.15.9", "pnpm-lock.yaml", ["pnpm/bin/pnpm.cjs", "install", "--lockfile-only"], "Using pnpm 9.15.9"),
    ],
)
def test_other_package_managers(
    builder: Builder,  # noqa: F811
    tmp_path: Path,
    declared: str,
    lock: str,
    make: list[str],
    said: str,
) -> None:
    app = write_app(tmp_path, {"package.json": package(packageManager=declared), "server.js": SERVER})
    empty = "lockfileVersion: '9.0'\n" if lock.startswith("pnpm") else "# yarn lockfile v1\n"
    (app / lock).write_text(empty)
    outdated = builder.build(app, "nodejs")
    assert outdated.status == 1
    assert "Run `yarn install`" in outdated.output or "Run `pnpm install`" in outdated.output

    modules = outdated.build_dir / ".heroku" / "node" / "lib" / "node_modules"
    node = outdated.build_dir / ".heroku" / "node" / "bin" / "node"
    (app / lock).unlink()
    lockfile(app, node, str(modules / make[0]), *make[1:])
    subprocess.run(["rm", "-rf", str(app / "node_modules")], check=True)

    first = ok(builder.build(app, "nodejs"))
    assert said in first.output
    steps = re.findall(r"-----> (Caching build|Pruning devDependencies)", first.output)
    assert steps == sorted(steps, reverse=declared.startswith("yarn")), "Yarn 1 prunes first, as on Heroku"
    assert len(steps) == 2
    assert start(first) == "172800000\n"
    assert not (first.build_dir / "node_modules" / "mkdirp").exists()
    again = ok(builder.build(app, "nodejs", offline=True))
    assert "Using node_modules of the last build" in again.output
    assert look(again.build_dir, "node_modules") == look(first.build_dir, "node_modules")
    assert start(again) == "172800000\n"


@pytest.mark.parametrize(
    ("yarn", "linker"), [("4.9.1", "pnp"), ("4.9.1", "node-modules"), ("3.8.7", "pnp"), ("2.4.3", "node-modules")]
)
def test_zero_install_is_used_as_it_is_and_pruned(builder: Builder, tmp_path: Path, yarn: str, linker: str) -> None:  # noqa: F811
    """The zips are made by Yarn itself, as `yarn install` leaves them to be committed."""
    named = package(packageManager=f"yarn@{yarn}", engines={"node": "20.x"})
    files = {"package.json": named, "server.js": SERVER, ".yarnrc.yml": f"nodeLinker: {linker}\n"}
    app = write_app(tmp_path, files)
    (app / "yarn.lock").write_text("__metadata:\n  version: 8\n")
    outdated = builder.build(app, "nodejs")
    assert f"Using yarn {yarn}" in outdated.output
    assert outdated.status == 1
    node = outdated.build_dir / ".heroku" / "node"
    settings = {
        **os.environ,
        "YARN_ENABLE_GLOBAL_CACHE": "false",
        "YARN_GLOBAL_FOLDER": str(tmp_path / "global"),
        "YARN_ENABLE_IMMUTABLE_INSTALLS": "false",  # which they are where CI is set
    }
    made = subprocess.run(
        [node / "bin" / "node", _yarn_of(node), "install"],
        cwd=app,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout
    subprocess.run(["rm", "-rf", app / "node_modules"], check=True)
    zips = sorted(each.name for each in (app / ".yarn" / "cache").glob("*.zip"))
    assert any(name.startswith("mkdirp-") for name in zips)

    for again in (False, True):  # the second time from what the first one kept
        done = ok(builder.build(app, "nodejs", offline=True))
        told = done.output.count("- yarn cache is checked into source control and cannot be cached\n")
        assert told == (2 if again and linker == "pnp" else 1)
        assert "Running 'yarn heroku prune'" in done.output
        assert "can't be found in the cache" not in done.output
        kept = sorted(each.name for each in (done.build_dir / ".yarn" / "cache").glob("*.zip"))
        modules = sorted(each.name for each in (done.build_dir / "node_modules").glob("[a-z]*"))
        wanted = ([name for name in zips if name.startswith("ms-")], []) if linker == "pnp" else ([], ["ms"])
        assert (kept, modules) == wanted
        for file in ("yarn.lock", "package.json"):
            assert (done.build_dir / file).read_text() == (app / file).read_text()


def _yarn_of(node: Path) -> Path:
    found = [node / "lib" / "node_modules" / name / "bin" / "yarn.js" for name in ("@yarnpkg/cli-dist", "yarn")]
    return next(path for path in found if path.exists())


def test_a_yarn_that_is_only_named_is_there_for_scripts(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    named = package(engines={"yarn": "1.22.22"}, scripts={"build": "yarn --version"})
    done = ok(builder.build(write_app(tmp_path, {"package.json": named, "server.js": SERVER}), "nodejs"))
    assert "       Installed yarn 1.22.22\n" in done.output
    assert "\n       1.22.22\n" in done.output


def test_checked_in_modules_may_be_kept_and_are_listed(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    kept = {"node_modules/mine/package.json": {"name": "mine", "version": "1.0.0"}, "yarn.lock": ""}
    app = write_app(tmp_path, {"package.json": package(dependencies={}, devDependencies={}), **kept})
    dropped = ok(builder.build(app, "nodejs"))
    assert " !     node_modules checked into source control" in re.sub(r"\x1b\[[0-9;]*m", "", dropped.output)
    assert not (dropped.build_dir / "node_modules" / "mine").exists()

    builder.config.update(SKIP_NODE_MODULES_CHECK="true", NODE_VERBOSE="true")
    built = ok(builder.build(app, "nodejs"))
    assert "Keeping existing node_modules because SKIP_NODE_MODULES_CHECK=true\n" in built.output
    assert "checked into source control" not in built.output
    assert "       yarn list v1.22" in built.output


def test_an_old_pnpm_prunes_without_a_flag_it_does_not_know(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    declared = {"packageManager": "pnpm@7.33.7", "engines": {"node": "20.x", "pnpm": "7.x"}}
    app = write_app(tmp_path, {"package.json": package(**declared), "server.js": SERVER})
    (app / "pnpm-lock.yaml").write_text("lockfileVersion: 5.4\n")
    outdated = builder.build(app, "nodejs")
    assert "Multiple pnpm versions declared" in outdated.output
    node = outdated.build_dir / ".heroku" / "node"
    (app / "pnpm-lock.yaml").unlink()
    pnpm = str(node / "lib" / "node_modules" / "pnpm" / "bin" / "pnpm.cjs")
    lockfile(app, node / "bin" / "node", pnpm, "install", "--lockfile-only")
    done = ok(builder.build(app, "nodejs"))
    assert not (done.build_dir / "node_modules" / "mkdirp").exists()
    assert start(done) == "172800000\n"


def test_a_pnpm_workspace_is_pruned_and_whole_the_next_time(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    root = package(packageManager="pnpm@9.15.9", dependencies={}, devDependencies={})
    app = write_app(
        tmp_path,
        {
            "package.json": root,
            "pnpm-workspace.yaml": "packages:\n  - apps/*\n",
            "apps/web/package.json": package(name="web", engines={}),
            "apps/web/server.js": SERVER,
            "Procfile": "web: node apps/web/server.js\n",
        },
    )
    (app / "pnpm-lock.yaml").write_text("lockfileVersion: '9.0'\n")
    outdated = builder.build(app, "nodejs")
    node = outdated.build_dir / ".heroku" / "node"
    (app / "pnpm-lock.yaml").unlink()
    pnpm = str(node / "lib" / "node_modules" / "pnpm" / "bin" / "pnpm.cjs")
    lockfile(app, node / "bin" / "node", pnpm, "install", "--lockfile-only")
    for offline in (False, True):
        done = ok(builder.build(app, "nodejs", offline=offline))
        assert (done.build_dir / "apps" / "web" / "node_modules" / "ms").exists()
        assert not (done.build_dir / "apps" / "web" / "node_modules" / "mkdirp").exists()


def test_an_npm_that_this_node_cannot_run_is_refused(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    app = write_app(tmp_path, {"package.json": package(engines={"node": "16.x", "npm": "10.x"}), "server.js": SERVER})
    done = builder.build(app, "nodejs")
    assert done.status == 1
    assert "Unable to install npm 10.x." in done.output


def test_folders_named_in_package_json_are_kept(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    scripts = {"build": "cat kept/count.txt 2>/dev/null; mkdir -p kept; echo was-here > kept/count.txt"}
    named = package(scripts=scripts, cacheDirectories=["kept", "nothing"], dependencies={}, devDependencies={})
    app = write_app(tmp_path, {"package.json": named, "Procfile": "web: node server.js\n"})
    first = ok(builder.build(app, "nodejs"))
    assert "- kept\n" in first.output
    assert "- nothing (nothing to cache)" in first.output
    second = ok(builder.build(app, "nodejs"))
    assert "Loading from cacheDirectories (package.json):\n       - kept\n" in second.output
    assert "       was-here\n" in second.output


def test_files_named_in_package_json_are_kept_and_so_is_what_the_source_brings(
    builder: Builder,  # noqa: F811
    tmp_path: Path,
) -> None:
    scripts = {"build": "cat seen.txt ours/own.txt; echo later > seen.txt"}
    named = package(scripts=scripts, cacheDirectories=["seen.txt", "ours"], dependencies={}, devDependencies={})
    files = {"package.json": named, "Procfile": "web: node server.js\n", "ours/own.txt": "of the source\n"}
    app = write_app(tmp_path, {**files, "seen.txt": "first\n"})
    first = ok(builder.build(app, "nodejs"))
    assert "Saving cacheDirectories (package.json):\n       - seen.txt\n       - ours\n" in first.output
    (app / "seen.txt").unlink()
    second = ok(builder.build(app, "nodejs"))
    assert "Loading from cacheDirectories (package.json):\n       - seen.txt\n       - ours (exists - skipping)\n" in (
        second.output
    )
    shutil.rmtree(app / "ours")
    third = ok(builder.build(app, "nodejs"))
    assert "       - ours\n" in third.output
    assert "       of the source\n" in third.output
    assert "       later\n" in third.output


def test_the_hosts_settings_do_not_reach_the_slug(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    app = write_app(tmp_path, {"package.json": package(), "server.js": SERVER})
    built = ok(builder.build(app, "nodejs"))
    written = [
        path
        for path in built.build_dir.rglob("*")
        if path.is_file() and ".heroku" not in path.parts and "node_modules" not in path.parts
    ]
    assert sorted(str(path.relative_to(built.build_dir)) for path in written) == [
        ".profile.d/WEB_CONCURRENCY.sh",
        ".profile.d/nodejs.sh",
        "package-lock.json",
        "package.json",
        "server.js",
    ]
    assert not [path for path in written if "ca-certificates" in path.read_text()]


def test_heroku_ci_has_dev_dependencies_and_runs_the_apps_tests(builder: Builder, tmp_path: Path) -> None:  # noqa: F811
    scripts = {"test": "node -e \"require('mkdirp'); console.log('tested in', process.env.NODE_ENV)\""}
    app = write_app(tmp_path, {"package.json": package(scripts=scripts), "server.js": SERVER})
    ok(builder.build(app, "nodejs"))
    for _ in range(2):  # once of the slug's cache, once of its own
        built = ok(builder.build(app, "nodejs", tests=True))
        assert "NODE_ENV=test\n" in built.output
        assert "NPM_CONFIG_PRODUCTION=false\n" in built.output
        assert "Skipping because NODE_ENV is 'test'\n" in built.output
        assert built.output.endswith("tested in test\n")
        assert "NODE_ENV:-test" in (built.build_dir / ".profile.d" / "nodejs.sh").read_text()
    slug = ok(builder.build(app, "nodejs"))
    assert not (slug.build_dir / "node_modules" / "mkdirp").exists()
    (app / "package.json").write_text(json.dumps(package(scripts={"test": "exit 7"})))
    assert builder.build(app, "nodejs", tests=True).status == 7
