import json
import subprocess
from pathlib import Path

import pytest
from nodekit import releases


def run(script: Path, *arguments: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([script, *arguments], capture_output=True, text=True, check=False)


def test_detect(buildpack: Path, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    done = run(buildpack / "bin" / "detect", tmp_path)
    assert (done.returncode, done.stdout) == (0, "Node.js\n")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({".slugignore": "package.json\n"}, "ERROR: 'package.json' listed in '.slugignore' file"),
        ({".gitignore": "x\npackage.json\n"}, "ERROR: 'package.json' listed in '.gitignore' file"),
        ({"app.py": ""}, "ERROR: Application not supported by 'heroku/nodejs' buildpack"),
    ],
)
def test_detect_says_why_not(buildpack: Path, tmp_path: Path, files: dict[str, str], words: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = run(buildpack / "bin" / "detect", tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"\x1b[1;31m !     {words}\x1b[0m" in done.stderr


@pytest.mark.parametrize(
    ("procfile", "types"),
    [
        (None, "default_process_types:\n  web: npm start\n"),
        ("worker: node worker.js\n", "default_process_types:\n  web: npm start\n"),
        ("mcp: node mcp.js\n", "default_process_types: {}\n"),
    ],
)
def test_release(buildpack: Path, tmp_path: Path, procfile: str | None, types: str) -> None:
    if procfile is not None:
        (tmp_path / "Procfile").write_text(procfile)
    assert run(buildpack / "bin" / "release", tmp_path).stdout == f"addons: []\n{types}"


def test_report_of_no_build_is_empty(buildpack: Path, tmp_path: Path) -> None:
    assert run(buildpack / "bin" / "report", tmp_path, tmp_path, tmp_path).stdout == "{}\n"


def test_a_failing_compile_says_so_and_reports_it(buildpack: Path, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{,}")
    done = run(buildpack / "bin" / "compile", tmp_path, tmp_path / "cache", tmp_path / "env")
    assert done.returncode == 1
    assert "\n-----> Build failed\n" in done.stdout
    assert "\x1b[1;31m !     Error: Unable to parse your package.json.\x1b[0m\n" in done.stderr
    report = json.loads(run(buildpack / "bin" / "report", tmp_path, tmp_path / "cache", tmp_path).stdout)
    assert report["failure"] == "Error: Unable to parse your package.json."


def test_without_network_and_cache_the_first_missing_thing_is_named(buildpack: Path, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"engines": {"node": "5.9.1"}}')
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "LOCALKU_OFFLINE").write_text("1")
    done = run(buildpack / "bin" / "compile", tmp_path, tmp_path / "cache", tmp_path / "env")
    assert done.returncode == 1
    assert "Error: Unable to download Node.js." in done.stderr
    assert "this build has no network" in done.stderr


def test_a_yarn_that_cannot_be_had_is_not_called_a_node(
    buildpack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, name = tmp_path / "cache" / "nodekit", releases.package_name()
    tool = folder / "tools" / f"{name}-24.0.0"
    for path, text in (
        (folder / "metadata" / f"{name}.json", '{"24.0.0": {"version": "24.0.0", "url": "", "integrity": ""}}'),
        (tool / "bin" / "node", ""),
        (tool / "lib" / "node_modules" / "npm" / "package.json", '{"version": "11.0.0"}'),
        (tmp_path / "package.json", '{"engines": {"node": "24.0.0"}}'),
        (tmp_path / "yarn.lock", "# yarn lockfile v1"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("LOCALKU_OFFLINE", "1")
    done = run(buildpack / "bin" / "compile", tmp_path, tmp_path / "cache", tmp_path / "env")
    assert done.returncode == 1
    assert "Unable to resolve yarn version '1.22.x'." in done.stderr
    assert "Unable to download Node.js" not in done.stderr


def concurrency(buildpack: Path, environment: str) -> dict[str, str]:
    script = f"{environment}\nsource {buildpack}/profile/WEB_CONCURRENCY.sh\nenv"
    done = subprocess.run(
        ["env", "-i", "PATH=/usr/bin:/bin", "bash", "-c", script], capture_output=True, text=True, check=True
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


@pytest.mark.parametrize(
    ("memory", "processes"), [(512, 1), (1024, 2), (2560, 5), (14336, 28), (30720, 15), (63488, 31)]
)
def test_web_concurrency_for_herokus_dyno_sizes(buildpack: Path, memory: int, processes: int) -> None:
    found = concurrency(buildpack, f"export MEMORY_AVAILABLE={memory}")
    assert found["WEB_CONCURRENCY"] == str(processes)
    assert found["WEB_CONCURRENCY_SET_BY"] == "heroku/nodejs"


def test_a_chosen_web_concurrency_stays(buildpack: Path) -> None:
    found = concurrency(buildpack, "export WEB_CONCURRENCY=7")
    assert found["WEB_CONCURRENCY"] == "7"
    assert "WEB_CONCURRENCY_SET_BY" not in found


def test_a_memory_that_no_dyno_has_means_one_process_and_is_told(buildpack: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "MEMORY_AVAILABLE": "10000000000", "LOG_CONCURRENCY": "true"}
    script = buildpack / "profile" / "WEB_CONCURRENCY.sh"
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=True)
    assert "Could not determine a reasonable value for WEB_CONCURRENCY" in done.stdout
    assert "Recommending WEB_CONCURRENCY=1\n" in done.stdout


def compiled(buildpack: Path, app: Path, **config: str) -> subprocess.CompletedProcess[str]:
    (app / "package.json").write_text("{}")
    (app / "env").mkdir()
    for name, value in config.items():
        (app / "env" / name).write_text(value)
    return run(buildpack / "bin" / "compile", app, app / "cache", app / "env")


def test_a_node_binary_url_without_a_node_is_told(buildpack: Path, tmp_path: Path) -> None:
    done = compiled(buildpack, tmp_path, NODE_BINARY_URL="http://127.0.0.1:9/node.tar.gz")
    assert done.returncode == 1
    assert "       Downloading and installing node from http://127.0.0.1:9/node.tar.gz\n" in done.stdout
    assert "Error: Unable to download Node.js." in done.stderr
    assert "NODE_BINARY_URL" in done.stderr


def test_what_an_earlier_buildpack_exports_is_shown_and_this_machines_registry_is_not(
    buildpack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NPM_CONFIG_FOO", "bar")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9/")
    done = compiled(buildpack, tmp_path, LOCALKU_OFFLINE="1")
    assert "       NPM_CONFIG_FOO=bar\n" in done.stdout
    assert "NPM_CONFIG_REGISTRY" not in done.stdout


@pytest.mark.parametrize(
    ("file", "content", "memory"),
    [
        ("memory.max", "1073741824", "1024"),
        ("memory.max", "max", "512"),
        ("memory/memory.limit_in_bytes", "2684354560", "2560"),
        ("memory/memory.limit_in_bytes", "9223372036854771712", "512"),
        (None, "", "512"),
    ],
)
def test_the_memory_limit_is_read_from_cgroups_of_both_versions(
    buildpack: Path, tmp_path: Path, file: str | None, content: str, memory: str
) -> None:
    text = (
        (buildpack / "profile" / "WEB_CONCURRENCY.sh").read_text().replace("/sys/fs/cgroup", str(tmp_path / "cgroup"))
    )
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "WEB_CONCURRENCY.sh").write_text(text)
    if file:
        (tmp_path / "cgroup" / file).parent.mkdir(parents=True)
        (tmp_path / "cgroup" / file).write_text(content)
    assert concurrency(tmp_path, "")["MEMORY_AVAILABLE"] == memory


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({}, "npm test"),
        ({"engines": {"yarn": "1.x"}}, "yarn test"),
        ({"engines": {"node": "24.x", "pnpm": "9"}}, "pnpm test"),
        ({"packageManager": "yarn@4.1.0"}, "yarn test"),
        ({"packageManager": "pnpm@9.0.0+sha256.ab"}, "pnpm test"),
        ({"packageManager": "npm@10.0.0", "engines": "24"}, "npm test"),
    ],
)
def test_bin_test_runs_the_managers_test(
    buildpack: Path, tmp_path: Path, fields: dict[str, object], command: str
) -> None:
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"test": "true"}, **fields}))
    programs = tmp_path / ".heroku" / "node" / "bin"
    programs.mkdir(parents=True)
    for name in ("npm", "yarn", "pnpm"):
        (programs / name).write_text('#!/bin/sh\necho "${0##*/} $1 in $PWD, $NODE_ENV"; exit 5\n')
        (programs / name).chmod(0o755)
    done = run(buildpack / "bin" / "test", tmp_path)
    assert (done.returncode, done.stdout) == (5, f"{command} in {tmp_path}, test\n")


@pytest.mark.parametrize("package", [None, "[]", '{"scripts": {"start": "x"}}'])
def test_bin_test_without_a_test_says_where_to_name_one(buildpack: Path, tmp_path: Path, package: str | None) -> None:
    if package is not None:
        (tmp_path / "package.json").write_text(package)
    done = run(buildpack / "bin" / "test", tmp_path)
    assert done.returncode == 1
    assert " !     Error: There is no test command." in done.stderr
    assert '"environments": {"test": {"scripts": {"test": …}}}' in done.stderr


def test_a_test_compile_that_fails_says_so(buildpack: Path, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{,}")
    done = run(buildpack / "bin" / "test-compile", tmp_path, tmp_path / "cache", tmp_path / "env")
    assert done.returncode == 1
    assert not (tmp_path / ".profile.d").exists()
