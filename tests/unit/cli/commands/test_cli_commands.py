import fcntl
import io
import json
import os
import pty
import socket
import struct
import sys
import termios
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine

from localku import locks
from localku.cli import terminal_io
from localku.cli.commands.apps.config_commands import quoted
from localku.cli.commands.running.run_commands import _line, _pairs
from localku.cli.confirm import confirm
from localku.context import Context
from localku.engine.two_way import TwoWay
from localku.errors import LocalkuError
from localku.machine import listeners
from localku.platform import new_apps
from localku.platform.dynos.running import supervisor_lock
from localku.records import App, Release, Slug
from localku.supervisor.dynos.dyno import fresh_record

Command = Callable[..., Any]


@pytest.fixture
def app(context: Context, root: Path) -> App:
    return new_apps.create(context, root, None)


def deploy(context: Context, app: App) -> Release:
    types = {"web": "serve", "worker": "work"}
    slug = Slug(0, app.id, "f", "localku/one:v3", "l", types, ("heroku/python",), "debian-14", 1, None, app.created_at)
    made = context.store.releases.add_slug(slug)
    return context.store.releases.add(app, made, {}, "Deploy f", "succeeded", context.clock.now())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain_1", "plain_1"),
        ("", "''"),
        ("a b", "'a b'"),
        ("postgres://u:p@h/d", "'postgres://u:p@h/d'"),
        ('say "hi"', "'say \"hi\"'"),
        ("it's", '"it\'s"'),
        ("two\nlines", '"two\\nlines"'),
        ('it\'s "x" \\', '"it\'s \\"x\\" \\\\"'),
    ],
)
def test_values_are_quoted_as_herokus_cli_does(value: str, text: str) -> None:
    assert quoted(value) == text


def test_config_set_get_list_and_unset(localku: Command, app: App) -> None:
    done = localku("config:set", "FOO=bar", "LONGER=a=b")
    assert done.out == "FOO:    bar\nLONGER: a=b\n"
    assert done.err == "Setting FOO, LONGER and restarting one... done, v3\n"
    assert localku("config").out == "=== one Config Vars\n\nFOO:    bar\nLONGER: a=b\n"
    assert localku("config", "-s").out == "FOO=bar\nLONGER='a=b'\n"
    assert json.loads(localku("config", "--json").out) == {"FOO": "bar", "LONGER": "a=b"}
    assert localku("config:get", "LONGER").out == "a=b\n"
    assert localku("config:unset", "FOO").err == "Unsetting FOO and restarting one... done, v4\n"
    done = localku("config:get", "FOO")
    assert (done.status, done.err) == (1, " !     FOO is not set on one.\n")


def test_a_value_goes_into_a_pipe_as_it_is_and_onto_a_terminal_neutral(
    localku: Command, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = "one\r\n\x1b[31mred\x9b"
    localku("config:set", f"RAW={value}")
    assert localku("config:get", "RAW").out == f"{value}\n"
    assert localku("config", "-s").out == f"RAW={quoted(value)}\n"
    assert localku("config").out.endswith("RAW: one\nred\\x9b\n")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert localku("config:get", "RAW").out == "one\nred\\x9b\n"


def test_config_set_wants_pairs(localku: Command, app: App) -> None:
    done = localku("config:set", "FOO")
    assert (done.status, done.err) == (1, " !     FOO is invalid. Must be in the format FOO=bar.\n")


def test_another_app_by_name_or_environment(
    localku: Command, app: App, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two").mkdir()
    new_apps.create(context, tmp_path / "two", None)
    localku("config:set", "-a", "two", "A=1")
    assert localku("config", "--json").out == "{}\n"
    monkeypatch.setenv("LOCALKU_APP", "two")
    assert json.loads(localku("config", "--json").out) == {"A": "1"}


def test_ps_without_dynos_and_with(localku: Command, context: Context, app: App) -> None:
    assert localku("ps").out == "No dynos on one.\n"
    web = fresh_record(app, "web.1", context.clock.now() - timedelta(seconds=70))
    context.store.dynos.save(replace(web, state="up", size="basic", command="serve", release=3))
    with locks.held(context.store.folder(app) / "supervisor.lock", "busy"):
        done = localku("ps")
    assert done.err == ""
    head, _, row, _ = done.out.split("\n")[:4]
    assert head == "=== web (Basic): serve (1)"
    assert row.startswith("web.1: up 2024/06/05 ")
    assert row.endswith(" (~ 1m ago)")
    (found,) = json.loads(localku("ps", "--json").out)
    assert (found["name"], found["state"], found["release"]["version"], found["exit_status"]) == (
        "web.1",
        "up",
        3,
        None,
    )


def test_ps_says_when_nobody_looks_after_the_dynos(localku: Command, context: Context, app: App) -> None:
    context.store.dynos.save(fresh_record(app, "web.1", context.clock.now()))
    assert localku("ps").err.startswith(" !     one's supervisor exited unexpectedly")


def test_scaling(localku: Command, context: Context, app: App) -> None:
    deploy(context, app)
    assert localku("ps:scale").out == "web=1:Basic worker=0:Basic\n"
    done = localku("ps:scale", "web=2:standard-1x", "worker+1")
    assert done.err == "Scaling dynos... done, now running web at 2:Standard-1X, worker at 1:Standard-1X\n"
    done = localku("ps:scale", "clock=1")
    assert (done.status, done.err.splitlines()[0]) == (1, " !     Couldn't find that process type (clock).")


def test_restarting(localku: Command, context: Context, app: App) -> None:
    context.store.dynos.save(replace(fresh_record(app, "web.1", context.clock.now()), state="crashed"))
    assert localku("ps:restart").err == "Restarting all dynos on one... done\n"
    assert localku("ps:restart", "web.1").err == "Restarting dyno web.1 on one... done\n"
    assert context.store.dynos.generations(app.id) == {"*": 1, "web.1": 1}
    assert localku("ps:restart", "web.2").status == 1


def test_apps_are_listed_with_what_they_do(localku: Command, context: Context, root: Path) -> None:
    assert localku("apps").out == "No apps yet: `localku up` in an app's folder creates one.\n"
    app = new_apps.create(context, root, None)
    assert localku("apps").out.split() == ["one", "down", str(root)]
    context.store.apps.want(app, "up")
    context.store.apps.set_port(app, 5000)
    with locks.held(supervisor_lock(context, app), "busy"):
        assert "up at http://one.localhost:5000" in localku("apps").out
        (row,) = json.loads(localku("apps", "--json").out)
    assert (row["id"], row["name"], row["web_url"]) == (app.uuid, "one", "http://one.localhost:5000/")


def test_an_app_whose_localku_was_killed_is_not_called_up(localku: Command, context: Context, root: Path) -> None:
    app = new_apps.create(context, root, None)
    context.store.apps.want(app, "up")
    context.store.apps.set_port(app, 5000)
    assert localku("apps").out.split() == ["one", "down", str(root)]
    done = localku("open")
    assert (done.status, done.out, done.err.splitlines()[0]) == (1, "", " !     one is not running.")


def test_destroying_wants_the_name_and_a_stopped_app(
    localku: Command, context: Context, engine: FakeEngine, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.volumes, "labelled", lambda _labels: ("localku-one-data",), raising=False)
    done = localku("apps:destroy")
    assert (done.status, done.err.splitlines()[0]) == (
        1,
        " !     Confirmation (none) did not match one. Nothing was done.",
    )
    with locks.held(context.store.folder(app) / "supervisor.lock", "busy"):
        assert localku("apps:destroy", "-c", "one").err.splitlines()[0] == " !     one is running."
    assert context.store.apps.named("one") == app
    engine.images.tags = {"localku/one:v1", "localku/oneother:v1", "postgres:17"}
    assert localku("apps:destroy", "--confirm", "one").err == "Destroying one (including all add-ons)... done\n"
    assert context.store.apps.all() == ()
    assert engine.images.tags == {"localku/oneother:v1", "postgres:17"}
    assert not (context.home / "apps" / "one").exists()


@pytest.mark.parametrize("given", [None, "", "two", "ONE"])
def test_only_the_very_name_confirms(given: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    confirm("one", "one", "This destroys it.")
    with pytest.raises(LocalkuError) as raised:
        confirm("one", given, "This destroys it.")
    assert raised.value.hint == "This destroys it.\nTo proceed: --confirm one"


def test_buildpacks_are_set_added_and_cleared(localku: Command, app: App) -> None:
    assert "has no buildpacks set" in localku("buildpacks").out
    localku("buildpacks:set", "heroku/nodejs")
    assert localku("buildpacks").out == "=== one Buildpack (from localku buildpacks)\n\nheroku/nodejs\n"
    localku("buildpacks:add", "heroku/python")
    assert localku("buildpacks").out.splitlines()[2:] == ["1. heroku/nodejs", "2. heroku/python"]
    localku("buildpacks:clear")
    assert json.loads(localku("buildpacks", "--json").out) == {"decided_by": "detection", "buildpacks": []}


def test_a_stack_that_does_not_exist(localku: Command) -> None:
    done = localku("stack:set", "cedar-14")
    assert done.err.splitlines() == [
        " !     There is no stack cedar-14.",
        " !     Stacks: heroku-26, heroku-24, heroku-22, debian-14, or auto.",
    ]
    assert localku("stack:set", "debian-14").err == "Setting stack to debian-14... done. The next build uses it.\n"


def test_addons(localku: Command, app: App) -> None:
    assert localku("addons").out == "No add-ons on one.\n"
    done = localku("addons:create", "heroku-redis")
    assert done.err.splitlines()[0] == " !     Couldn't find the add-on service heroku-redis."
    assert localku("addons:destroy").err.splitlines()[0] == " !     one has no add-ons."


def test_run_wants_a_build_first(localku: Command, app: App) -> None:
    done = localku("run", "ls", "-la")
    assert done.err == " !     one has not been built yet.\n !     Run `localku build` first.\n"


def test_run_takes_pairs_only() -> None:
    assert _pairs(("A=1", "B=", "C=x=y")) == {"A": "1", "B": "", "C": "x=y"}
    assert _pairs(("A=1;B=2", "C=3")) == {"A": "1", "B": "2", "C": "3"}
    for wrong in ("A", "=1"):
        with pytest.raises(Exception, match="is not NAME=VALUE"):
            _pairs((wrong,))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("echo $HOME | cat",), "echo $HOME | cat"),
        (("echo", "$HOME"), "echo $HOME"),
        (("a", "&&", "b*", "(c)"), "a && b* (c)"),
        (("echo", "two words", 'a"b', "it's"), 'echo "two words" "a\\"b" it\'s'),
    ],
)
def test_run_joins_words_as_herokus_cli_does(words: tuple[str, ...], line: str) -> None:
    assert _line(words) == line


def test_config_set_makes_an_app_of_a_folder_as_buildpacks_set_does(
    localku: Command, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fresh").mkdir()
    monkeypatch.chdir(tmp_path / "fresh")
    done = localku("config:set", "A=1", "HEROKU_KEY=2")
    assert (done.status, done.out) == (0, "A:          1\nHEROKU_KEY: 2\n")
    assert " !     HEROKU_KEY: Heroku takes names" in done.err
    assert localku("config:get", "A").out == "1\n"
    assert localku("config:unset", "A", "-a", "nosuch").status != 0


def test_open_wants_a_running_app(localku: Command, app: App) -> None:
    assert localku("open").err.splitlines() == [" !     one is not running.", " !     `localku up` starts it."]


def test_down_with_nothing_running_clears_what_was_left(
    localku: Command, context: Context, engine: FakeEngine, app: App
) -> None:
    from localku.engine.spec import ContainerSpec

    engine.images.tags.add("x")
    marks = {**context.labels(app, "dyno"), "org.localku.dyno": "web.1", "org.localku.type": "web"}
    engine.containers.create(ContainerSpec("x", "left", labels=marks))
    context.store.apps.want(app, "up")
    assert localku("down").out == "one is down\n"
    assert list(engine.containers) == []
    assert context.store.apps.by_id(app.id).wanted == "down"


def test_down_with_an_engine_that_is_away_does_not_wait(localku: Command, engine: FakeEngine, app: App) -> None:
    engine.lost = True
    done = localku("down")
    assert done.status == 69
    assert done.err.startswith(" !     No Docker engine answers")
    assert engine.clock.seconds == 0


def test_reset_fs_wants_a_running_dyno(localku: Command, app: App) -> None:
    assert localku("reset-fs").err.splitlines()[0] == " !     No dyno of one is running."


def test_a_port_has_no_program_until_somebody_listens() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert (listeners.program_on(port) or "").endswith(f"(process {os.getpid()})")
    assert listeners.program_on(port) is None


def frame(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(data)) + data


def test_frames_are_put_together_from_any_pieces() -> None:
    ours, theirs = socket.socketpair()
    raw = frame(1, b"out") + frame(2, b"") + frame(2, b"err" * 5000) + b"\x01\0\0"

    def send() -> None:
        for at in range(0, len(raw), 7):
            theirs.sendall(raw[at : at + 7])

    sender = threading.Thread(target=send)
    sender.start()
    stream, found = TwoWay(ours), []
    for piece in stream.frames():
        found.append(piece)
        if len(found) == 3:
            sender.join()
            theirs.close()
    stream.hang_up()
    assert found == [(1, b"out"), (2, b""), (2, b"err" * 5000)]


def test_pipes_carry_input_and_both_outputs(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, theirs = socket.socketpair()
    (tmp_path / "stdin").write_bytes(b"input")
    monkeypatch.setattr(sys, "stdin", (tmp_path / "stdin").open())
    monkeypatch.setattr(sys, "stdout", os.fdopen(os.dup(1), "w"))
    monkeypatch.setattr(sys, "stderr", os.fdopen(os.dup(2), "w"))
    heard = bytearray()

    def process() -> None:
        while piece := theirs.recv(100):
            heard.extend(piece)
        theirs.sendall(frame(1, b"to out") + frame(2, b"to err"))
        theirs.close()

    other = threading.Thread(target=process)
    other.start()
    terminal_io.join_pipes(TwoWay(ours), lambda: None)
    other.join()
    assert (bytes(heard), tuple(capfd.readouterr())) == (b"input", ("to out", "to err"))


def test_a_terminal_is_raw_while_it_is_joined_and_as_before_after(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    outside, inside = pty.openpty()
    terminal = os.fdopen(inside, "r+b", buffering=0)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(sys, "stdout", terminal)
    before = termios.tcgetattr(inside)
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 132, 0, 0))
    sizes: list[tuple[int, int]] = []

    def process() -> None:
        theirs.sendall(b"prompt$ ")
        assert os.read(outside, 100) == b"prompt$ "
        os.write(outside, b"\x03")  # Ctrl-C is the process's, not ours
        assert theirs.recv(100) == b"\x03"
        theirs.close()

    other = threading.Thread(target=process)
    other.start()
    terminal_io.join_terminal(TwoWay(ours), lambda rows, columns: sizes.append((rows, columns)), lambda: None)
    other.join()
    assert sizes == [(40, 132)]
    assert termios.tcgetattr(inside) == before
    terminal.close()
    os.close(outside)
