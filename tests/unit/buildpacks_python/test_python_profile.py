from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pybuild import profile, python_home
from pybuild.config_vars import base, exported, read
from pybuild.session import Tool

if TYPE_CHECKING:
    from pybuild.context import Build

MB = 1024 * 1024
WANTED = ("WEB_CONCURRENCY", "WEB_CONCURRENCY_SET_BY", "DYNO_RAM")


def concurrency(
    buildpack: Path, tmp_path: Path, cores: int, limits: dict[str, str], **env: str
) -> tuple[dict[str, str], list[str]]:
    """Source WEB_CONCURRENCY.sh over a made-up /sys/fs/cgroup; return the variables and the messages."""
    script = (buildpack / "profile" / "WEB_CONCURRENCY.sh").read_text()
    (tmp_path / "memory").mkdir(exist_ok=True)
    for name, content in limits.items():
        (tmp_path / name).write_text(f"{content}\n")
    file = tmp_path / "WEB_CONCURRENCY.sh"
    file.write_text(f"nproc() {{ echo {cores}; }}\n" + script.replace("/sys/fs/cgroup", str(tmp_path)))
    done = subprocess.run(
        ["bash", "-c", f"source {file}; env"],
        env={"PATH": "/usr/bin:/bin", "DYNO": "web.1", **env},
        capture_output=True,
        text=True,
        check=True,
    )
    variables = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    return {name: value for name, value in variables.items() if name in WANTED}, done.stderr.splitlines()


@pytest.mark.parametrize(
    ("megabytes", "cores", "processes"),
    [(512, 8, 2), (1024, 8, 4), (2560, 2, 5), (14336, 8, 17), (30720, 4, 9), (63488, 8, 17), (129024, 16, 33)],
)
@pytest.mark.parametrize("name", ["memory/memory.limit_in_bytes", "memory.max"])
def test_every_dyno_size(
    name: str, megabytes: int, cores: int, processes: int, buildpack: Path, tmp_path: Path
) -> None:
    variables, _ = concurrency(buildpack, tmp_path, cores, {name: str(megabytes * MB)})
    assert variables == {
        "WEB_CONCURRENCY": str(processes),
        "WEB_CONCURRENCY_SET_BY": "heroku/python",
        "DYNO_RAM": str(megabytes),
    }


def test_messages(buildpack: Path, tmp_path: Path) -> None:
    _, said = concurrency(buildpack, tmp_path, 8, {"memory.max": str(512 * MB)})
    assert said == [
        "Python buildpack: Detected 512 MB available memory and 8 CPU cores.",
        "Python buildpack: Defaulting WEB_CONCURRENCY to 2 based on the available memory.",
    ]
    _, said = concurrency(buildpack, tmp_path, 1, {"memory.max": str(8192 * MB)})
    assert said[1] == "Python buildpack: Defaulting WEB_CONCURRENCY to 3 based on the number of CPU cores."


def test_only_web_dynos_are_told(buildpack: Path, tmp_path: Path) -> None:
    variables, said = concurrency(buildpack, tmp_path, 8, {"memory.max": str(512 * MB)}, DYNO="worker.1")
    assert variables["WEB_CONCURRENCY"] == "2"
    assert said == []


def test_a_tiny_dyno_gets_one_process(buildpack: Path, tmp_path: Path) -> None:
    variables, _ = concurrency(buildpack, tmp_path, 8, {"memory.max": str(128 * MB)})
    assert variables["WEB_CONCURRENCY"] == "1"


def test_the_app_decides(buildpack: Path, tmp_path: Path) -> None:
    limits = {"memory.max": str(512 * MB)}
    variables, said = concurrency(buildpack, tmp_path, 8, limits, WEB_CONCURRENCY="7")
    assert variables == {"WEB_CONCURRENCY": "7", "DYNO_RAM": "512"}
    assert said[1] == ("Python buildpack: Skipping automatic configuration of WEB_CONCURRENCY since it's already set.")


def test_the_platform_knows_the_size(buildpack: Path, tmp_path: Path) -> None:
    variables, _ = concurrency(buildpack, tmp_path, 8, {"memory.max": str(1024 * MB)}, DYNO_RAM="512")
    assert (variables["DYNO_RAM"], variables["WEB_CONCURRENCY"]) == ("512", "2")


@pytest.mark.parametrize(
    ("memory", "cores", "processes"),
    [
        (512, 8, 2),
        (1024, 8, 4),
        (2560, 2, 5),
        (14336, 8, 17),
        (30720, 4, 9),
        (63488, 8, 17),
        (129024, 16, 33),
    ],
)
def test_as_many_processes_as_heroku_starts_in_a_dyno_of_that_size_on_any_machine(
    buildpack: Path, tmp_path: Path, memory: int, cores: int, processes: int
) -> None:
    variables, said = concurrency(buildpack, tmp_path, 1, {}, DYNO_RAM=str(memory), DYNO="web.1")
    assert variables["WEB_CONCURRENCY"] == str(processes)
    assert said[0] == f"Python buildpack: Detected {memory} MB available memory and {cores} CPU cores."


@pytest.mark.parametrize("limits", [{}, {"memory.max": "max"}, {"memory/memory.limit_in_bytes": "9223372036854771712"}])
def test_no_limit(limits: dict[str, str], buildpack: Path, tmp_path: Path) -> None:
    variables, said = concurrency(buildpack, tmp_path, 8, limits)
    assert variables == {}
    assert said == [
        "Python buildpack: Couldn't determine available memory. Skipping automatic configuration of WEB_CONCURRENCY."
    ]


def sourced(script: Path, home: Path, **env: str) -> dict[str, str]:
    done = subprocess.run(
        ["bash", "-c", f"source {script} 2>/dev/null; env"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), **env},
        capture_output=True,
        text=True,
        check=True,
        cwd=home,
    )
    return dict(line.partition("=")[::2] for line in done.stdout.splitlines())


def written(build: Build, buildpack: Path, tool: Tool, *, source_paths: bool = False) -> None:
    (build.buildpack_dir / "profile").symlink_to(buildpack / "profile")
    home = build.app_dir / ".heroku" / "python"
    profile.write(build, home, tool, {"NLTK_DATA": "/app/nltk"}, source_paths=source_paths)


def test_python_sh(build: Build, buildpack: Path) -> None:
    written(build, buildpack, Tool("26", {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, at_run_time=True))
    env = sourced(build.build_dir / ".profile.d/python.sh", build.app_dir, LD_LIBRARY_PATH="/x")
    python = f"{build.app_dir}/.heroku/python"
    assert env["PATH"] == f"{python}/bin:/usr/bin:/bin"
    assert env["PYTHONHOME"] == python
    assert env["PYTHONPATH"] == str(build.app_dir)
    assert env["LIBRARY_PATH"] == f"{python}/lib"
    assert env["LD_LIBRARY_PATH"] == f"{python}/lib:/x"
    assert (env["PYTHONUNBUFFERED"], env["LANG"]) == ("true", "en_US.UTF-8")
    assert (env["PIP_DISABLE_PIP_VERSION_CHECK"], env["NLTK_DATA"]) == ("1", "/app/nltk")


def test_the_app_may_set_lang_and_pythonpath(build: Build, buildpack: Path) -> None:
    written(build, buildpack, Tool("26"))
    env = sourced(build.build_dir / ".profile.d/python.sh", build.app_dir, LANG="C.UTF-8", PYTHONPATH="/app/src")
    assert (env["LANG"], env["PYTHONPATH"]) == ("C.UTF-8", "/app/src")


def test_export_is_for_the_build(build: Build, buildpack: Path, tmp_path: Path) -> None:
    written(build, buildpack, Tool("1", {"UV_LINK_MODE": "hardlink"}, (tmp_path / "uv/bin",)))
    env = sourced(build.buildpack_dir / "export", tmp_path)
    assert env["PATH"].split(":")[:2] == [f"{build.app_dir}/.heroku/python/bin", f"{tmp_path}/uv/bin"]
    assert env["UV_LINK_MODE"] == "hardlink"
    assert "UV_LINK_MODE" not in sourced(build.build_dir / ".profile.d/python.sh", build.app_dir)


def test_gunicorn(build: Build, buildpack: Path) -> None:
    written(build, buildpack, Tool("26"))
    script = build.build_dir / ".profile.d/python.gunicorn.sh"
    env = sourced(script, build.app_dir, FORWARDED_ALLOW_IPS="127.0.0.1")
    assert (env["FORWARDED_ALLOW_IPS"], env["GUNICORN_CMD_ARGS"]) == ("*", "--access-logfile -")
    assert sourced(script, build.app_dir, GUNICORN_CMD_ARGS="--preload")["GUNICORN_CMD_ARGS"] == "--preload"


def test_paths_into_the_source_are_corrected_at_dyno_start(build: Build, buildpack: Path) -> None:
    written(build, buildpack, Tool("26"), source_paths=True)
    site = build.app_dir / ".heroku/python/lib/python3.13/site-packages"
    site.mkdir(parents=True)
    (site / "mypkg.pth").write_text(f"{build.build_dir}/pkg\n")
    sourced(build.build_dir / ".profile.d/python.sh", build.app_dir)
    assert (site / "mypkg.pth").read_text() == f"{build.app_dir}/pkg\n"


def test_rewrite_where_app_cannot_be_written_to(build: Build) -> None:
    site = build.tree / "lib/python3.13/site-packages"
    site.mkdir(parents=True)
    (build.tree / "bin").mkdir()
    script = build.tree / "bin" / "flask"
    script.write_text(f"#!{build.tree}/bin/python\n")
    script.chmod(0o755)
    (site / "vcs.pth").write_text(f"{build.tree}/src/x\n")
    (site / "source.pth").write_text(f"{build.build_dir}/pkg\n")
    kept = build.cache_dir / "flask"
    kept.hardlink_to(script)
    python_home.rewrite(build, build.tree)
    assert script.read_text() == f"#!{build.app_dir}/.heroku/python/bin/python\n"
    assert script.stat().st_mode & 0o777 == 0o755
    assert kept.read_text() != script.read_text(), "the cache's copy is another file now"
    assert (site / "vcs.pth").read_text() == f"{build.app_dir}/.heroku/python/src/x\n"
    assert python_home.source_paths(build)


def test_link(build: Build) -> None:
    home = python_home.link(build)
    assert home == build.app_dir / ".heroku" / "python"
    assert home.readlink() == build.tree
    assert python_home.link(build) == home


def test_config_vars(build: Build) -> None:
    for name, value in {"A": "1\n2\n", "PATH": "/bad", "PYTHONHOME": "/bad", "LD_PRELOAD": "x"}.items():
        (build.env_dir / name).write_text(value)
    assert exported(build.env_dir) == {"A": "1\n2"}
    assert read(build.env_dir / "missing") == {}


def test_the_environment_of_a_build(build: Build) -> None:
    given = {
        "PATH": "/bin", "PIP_CERT": "/c", "PIP_FIND_LINKS": "/w", "PYTHONPATH": "/p", "PYTHONHOME": "/h",
        "LOCALKU_OFFLINE": "1", "https_proxy": "http://p", "CPATH": "/i",
    }  # fmt: skip
    env = base(build, Path("/app/.heroku/python"), given)
    assert env["PATH"] == "/app/.heroku/python/bin:/bin"
    assert (env["PIP_CERT"], env["https_proxy"], env["CPATH"]) == ("/c", "http://p", "/i")
    assert not {"PIP_FIND_LINKS", "PYTHONPATH", "PYTHONHOME", "LOCALKU_OFFLINE"} & set(env)
