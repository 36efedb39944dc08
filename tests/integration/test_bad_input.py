"""Whatever is wrong with an app, an option or the machine: a sentence that says what to do, never a traceback."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from support.localku import Localku, Result, write_app
from support.tiny import FILES

USAGE, UNAVAILABLE = 2, 69


def checked(result: Result, status: int = 1) -> str:
    text = result.out + result.err
    assert "Traceback" not in text, text
    assert result.status == status, text
    return text


def unprivileged(lk: Localku, *arguments: str, cwd: Path, **env: str) -> Result:
    """Run a command for which file modes hold, though the tests are root's."""
    caps = "-dac_override,-dac_read_search"
    before = ["setpriv", f"--bounding-set={caps}", f"--inh-caps={caps}"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*before, sys.executable, "-m", "localku", *arguments],
        cwd=cwd,
        env=lk.environ(**env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one app that is made anew for every test."""
    return tmp_path_factory.mktemp("apps") / "scratch"


def remade(folder: Path, files: dict[str, str]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return write_app(folder, files)


# The app's own files: said at once, before anything is built

BROKEN: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "no-colon": ({"Procfile": "web gunicorn app\n"}, ("Procfile line 1 is not `type: command`", "The colon after")),
    "equals": ({"Procfile": "web=gunicorn app\n"}, ("Procfile line 1", "A colon, not `=`")),
    "spaces": ({"Procfile": "# first\nmy web: x\n"}, ("Procfile line 2", "`my-web: x`")),
    "no-command": ({"Procfile": "web:\n"}, ("Procfile line 1 gives web no command", "`web: command`")),
    "yaml": ({"Procfile": "web:\n  - gunicorn\n"}, ("Procfile line 1 gives web no command",)),
    "procfile-folder": ({"Procfile/web": "x"}, ("Procfile is a folder",)),
    "app-json": ({"app.json": '{"env": }'}, ("app.json is not valid JSON", "line 1 column 9")),
    "app-json-list": ({"app.json": "[]"}, ("app.json must hold a JSON object",)),
    "app-json-shape": ({"app.json": '{"formation": {"web": {"quantity": "two"}}}'}, ("formation.web.quantity",)),
    "app-json-name": ({"app.json": '{"env": {"A B": "c"}}'}, ("cannot be the name of a config var",)),
    "pack-nothing": (
        {".buildpacks": "nothing\n"},
        ("'nothing' is not a buildpack that localku can find", "heroku/python"),
    ),
    "pack-path": ({".buildpacks": "./nowhere\n"}, ("There is no buildpack at", "relative to the app's folder")),
    "pack-flag": ({".buildpacks": "--upload-pack=x\n"}, (".buildpacks line 1 is not a buildpack",)),
    "pack-hollow": ({".buildpacks": "./hollow\n", "hollow/README": "x"}, ("is not a classic buildpack",)),
}


def without(files: dict[str, str], others: Iterable[str]) -> dict[str, str]:
    """The files whose names, and the folders of whose names, are not those of the others."""
    taken = {name.partition("/")[0] for name in others}
    return {name: text for name, text in files.items() if name.partition("/")[0] not in taken}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_again_and_again(lk: Localku, scratch: Path, name: str) -> None:
    files, said = BROKEN[name]
    folder = remade(scratch, {**without(FILES, files), **files})
    told = checked(lk.run("build", cwd=folder)), checked(lk.run("build", cwd=folder))
    for words in said:
        assert words in told[0]
        assert words in told[1]


@pytest.mark.parametrize(
    "raw", [b"web: x\n\xff", "web: x\n".encode("utf-16"), b"web: \0\n"], ids=["latin", "utf16", "nul"]
)
@pytest.mark.parametrize("name", ["Procfile", ".env", "app.json", ".buildpacks"])
def test_a_file_that_is_no_text_is_named(lk: Localku, scratch: Path, name: str, raw: bytes) -> None:
    folder = remade(scratch, FILES)
    (folder / name).write_bytes(raw)
    assert name in checked(lk.run("build", cwd=folder))


def test_a_procfile_with_windows_line_ends_and_a_type_twice_is_read_and_told(lk: Localku, scratch: Path) -> None:
    folder = remade(scratch, {**FILES, "Procfile": "web: ./serve\r\nworker: a\r\nworker: b\r\n"})
    text = lk.ok("build", cwd=folder).out
    assert "Procfile has Windows line ends" in text
    assert "Procfile line 3: worker is declared twice; this last line counts." in text
    assert "Procfile declares types -> web, worker" in text


def test_a_misnamed_procfile_and_none_at_all(lk: Localku, tmp_path: Path) -> None:
    files = {name: text for name, text in FILES.items() if name != "Procfile"}
    folder = write_app(tmp_path / "misnamed", {**files, "procfile": "web: ./serve\n"})
    text = checked(lk.run("up", cwd=folder))
    assert "There is a file `procfile`, but Heroku reads only `Procfile`: rename it." in text
    (folder / "procfile").rename(folder / "package.json")
    (folder / "package.json").write_text('{"name": "x", "main": "server.js"}')
    (folder / "server.js").write_text("require('http')\n")
    text = checked(lk.run("up", cwd=folder))
    assert "No process types on misnamed.\n !     Upload a Procfile to add process types." in text
    assert "A Procfile to paste:" in text
    assert "web: node server.js" in text


# What the buildpacks refuse

REFUSED: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "empty": ({}, ("No default language could be detected for this app.", "Push failed")),
    "package-json": ({"package.json": '{"name": "x",}'}, ("Unable to parse your package.json",)),
    "two-locks": ({"package.json": "{}", "package-lock.json": "{}", "yarn.lock": ""}, ("git rm yarn.lock", "npm")),
    "eol": ({"requirements.txt": "", "runtime.txt": "python-3.6.1\n"}, ("Python 3.6", "no longer")),
    "unknown": ({"requirements.txt": "", "runtime.txt": "python-3.99.1\n"}, ("3.99",)),
    "malformed": ({"requirements.txt": "", "runtime.txt": "pyhton 3\n"}, ("runtime.txt", "without 'python-'")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_built_is_rejected_in_herokus_words(lk: Localku, scratch: Path, name: str) -> None:
    files, said = REFUSED[name]
    text = checked(lk.run("build", cwd=remade(scratch, files)))
    for words in said:
        assert words in text
    assert " !     Push failed" in text


# Commands


@pytest.fixture(scope="module")
def folder(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = write_app(tmp_path_factory.mktemp("apps") / "sound", FILES)
    lk.ok("build", cwd=made)
    return made


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("bogus", USAGE, "is not a localku command"),
        ("buid", USAGE, "Did you mean `localku build`?"),
        ("up -p 0", USAGE, "1<=x<=65535"),
        ("up -p abc", USAGE, "'abc'"),
        ("up -f web", 1, "Use web=2"),
        ("up -f nothing=1", 1, "Process types: web, worker."),
        ("up -f web=101", 1, "Cannot update to more than 1 Basic size dynos per process type."),
        ("up -f web=1:huge", 1, "There is no dyno size 'huge'"),
        ("up -a Bad_Name", 1, "already belongs to app sound"),
        ("up -a ../../etc", 1, "already belongs to app sound"),
        ("run", USAGE, "localku run COMMAND"),
        ("run -s huge true", 1, "There is no dyno size 'huge'"),
        ("run -e X true", USAGE, "X is not NAME=VALUE."),
        ("ps -a nosuch", 1, "Couldn't find that app: nosuch."),
        ("ps -a ../../etc", 1, "Couldn't find that app: ../../etc."),
        ("ps:restart web.9", 1, "web.9."),
        ("ps:scale web=-1", 1, "Use web=2"),
        ("logs -n x", USAGE, "'x' is not a valid integer"),
        ("config:get NOPE", 1, "NOPE is not set on sound."),
        ("config:set X", 1, "Must be in the format FOO=bar."),
        ("config:set 1a=b", 1, "'1a' is not a valid name for a config var."),
        ("config:unset NOPE", 1, "There is no config var NOPE on sound."),
        ("stack:set foo", 1, "There is no stack foo."),
        ("addons:create foo", 1, "Couldn't find the add-on service foo."),
        ("addons:create heroku-postgresql:foo", 1, "heroku-postgresql has no plan 'foo'"),
        ("addons:destroy x", 1, "sound has no add-ons."),
        ("pg:psql", 1, "sound has no databases."),
        ("reset-fs", 1, "No dyno of sound is running."),
        ("open", 1, "sound is not running."),
        ("apps:destroy", 1, "To proceed: --confirm sound"),
        ("apps:destroy -c wrong", 1, "Nothing was done."),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(
    lk: Localku, folder: Path, line: str, status: int, said: str
) -> None:
    assert said in checked(lk.run(*shlex.split(line), cwd=folder), status)


def test_two_folders_of_one_name_are_two_apps(lk: Localku, folder: Path, tmp_path: Path) -> None:
    other = write_app(tmp_path / "sound", FILES)
    lk.ok("buildpacks:set", "./pack", cwd=other)
    names = {row["name"]: row["root"] for row in lk.ok("apps", "--json", cwd=other).json}
    assert (names["sound"], names["sound-2"]) == (str(folder), str(other))
    assert f"{other} already belongs to app sound-2." in checked(lk.run("build", "-a", "sound", cwd=other))
    third = write_app(tmp_path / "third", FILES)
    assert "'Bad_Name' is not a valid app name." in checked(lk.run("build", "-a", "Bad_Name", cwd=third))


def test_in_a_folder_that_is_no_app_it_is_said_how_to_make_it_one(lk: Localku, tmp_path: Path) -> None:
    for command in ("ps", "logs", "down", "config", "releases", "open"):
        text = checked(lk.run(command, cwd=tmp_path))
        assert f"There is no app in {tmp_path}." in text
        assert "`localku up`" in text


# A folder that is removed under a running app


@pytest.fixture
def homeless(lk: Localku, tmp_path: Path) -> Iterator[Path]:
    folder = write_app(tmp_path / "homeless", FILES)
    lk.ok("up", "--detach", cwd=folder)
    yield folder
    lk.ok("down", "-a", "homeless", cwd=tmp_path)


def test_an_app_whose_folder_was_removed_runs_on_and_can_be_stopped(lk: Localku, homeless: Path) -> None:
    script = 'rm -r "$PWD" && for command in ps logs build run\\ true down up; do "$@" $command; echo "= $?"; done'
    done = subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, "-m", "localku"],
        cwd=homeless,
        env=lk.environ(PWD=str(homeless)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith("= ")] == [
        "= 0",
        "= 0",
        "= 1",
        "= 0",
        "= 0",
        "= 1",
    ]
    assert "web.1: up" in done.stdout
    assert f"The folder of homeless is gone: {homeless}." in done.stderr


# What this user may not read, and where localku may not write


@pytest.mark.parametrize("name", ["serve", "Procfile", ".env", "app.json", ".buildpacks", "pack", "pack/bin/compile"])
def test_a_file_that_may_not_be_read_is_named(lk: Localku, scratch: Path, name: str) -> None:
    folder = remade(scratch, FILES)
    (folder / name).touch()
    (folder / name).chmod(0)
    text = checked(unprivileged(lk, "build", cwd=folder))
    (folder / name).chmod(0o700)
    assert f"{name.partition('/')[0]}" in text
    assert "Permission denied" in text


@pytest.mark.parametrize("home", ["file", "file/below", "closed/below"])
def test_a_state_folder_that_cannot_be_is_named(lk: Localku, tmp_path: Path, home: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "closed").mkdir(mode=0o500)
    text = checked(unprivileged(lk, "apps", cwd=tmp_path, LOCALKU_HOME=str(tmp_path / home)))
    assert f"{tmp_path / home} cannot be made" in text
    assert "LOCALKU_HOME names another folder" in text


def test_a_state_folder_that_may_not_be_written_is_named(lk: Localku, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o500)
    text = checked(unprivileged(lk, "apps", cwd=tmp_path, LOCALKU_HOME=str(tmp_path / "home")))
    assert str(tmp_path / "home") in text


def test_a_clock_that_is_no_number_is_refused(lk: Localku, tmp_path: Path) -> None:
    for scale in ("abc", "0", "-1", "nan", "inf"):
        text = checked(lk.run("apps", cwd=tmp_path, LOCALKU_CLOCK_SCALE=scale))
        assert f"LOCALKU_CLOCK_SCALE is '{scale}'." in text


# No engine


@pytest.mark.parametrize(
    "address",
    ["unix:///nowhere.sock", "tcp://127.0.0.1:1", "tcp://127.0.0.1:99999", "foo://bar", "ssh://u@127.0.0.1:1"],
)
def test_an_address_where_no_engine_is_says_what_to_do(lk: Localku, folder: Path, address: str) -> None:
    text = checked(lk.run("build", "--force", cwd=folder, DOCKER_HOST=address), UNAVAILABLE)
    assert "No Docker engine answers" in text
    assert f"DOCKER_HOST is {address}: start the engine there, correct it, or unset it." in text


@pytest.mark.parametrize("command", ["up", "up --detach", "run true", "down", "addons:create heroku-postgresql"])
def test_every_command_that_needs_an_engine_says_so(lk: Localku, folder: Path, command: str) -> None:
    text = checked(lk.run(*command.split(), cwd=folder, DOCKER_HOST="unix:///nowhere.sock"), UNAVAILABLE)
    assert "No Docker engine answers" in text


def test_what_needs_no_engine_works_without_one(lk: Localku, folder: Path) -> None:
    for command in ("apps", "ps", "config", "releases", "logs", "config:set A=1", "buildpacks"):
        lk.ok(*command.split(), cwd=folder, DOCKER_HOST="unix:///nowhere.sock")


def test_doctor_without_an_engine_points_at_the_address(lk: Localku, tmp_path: Path) -> None:
    for arguments, status in ((("doctor",), 1), (("doctor", "--fix"), os.EX_UNAVAILABLE)):
        done = lk.run(*arguments, cwd=tmp_path, DOCKER_HOST="unix:///nowhere.sock")
        assert "DOCKER_HOST" in checked(done, status)


def test_a_socket_that_this_user_may_not_open_names_the_group(lk: Localku, folder: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "engine.sock"))
        (tmp_path / "engine.sock").chmod(0)
        address = f"unix://{tmp_path}/engine.sock"
        text = checked(unprivileged(lk, "build", "--force", cwd=folder, DOCKER_HOST=address), UNAVAILABLE)
    assert "this user may not open its socket (join the group `docker`, or use sudo)" in text
    assert "usermod -aG docker" in text
