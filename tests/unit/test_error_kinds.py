"""Of what kind an error is, where a face or the machine says it; what the app's files hold: test_hostile_files.py."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from localku import clock, paths
from localku.cli.confirm import confirm
from localku.context import Context
from localku.errors import Kind, LocalkuError, kind_of
from localku.local import environment, plan
from localku.machine import fix
from localku.machine.listening import listen
from localku.platform import chaos
from localku.records import App

WEB = {"web": "true"}

ASKED: dict[str, tuple[Callable[[], object], Kind]] = {
    "clock scale": (lambda: clock.system_clock({"LOCALKU_CLOCK_SCALE": "fast"}), Kind.INVALID),
    "confirm": (lambda: confirm("one", "two", "All goes."), Kind.INVALID),
    "local: number": (lambda: plan.quantities(("web=x",), WEB), Kind.INVALID),
    "local: type": (lambda: plan.quantities(("clock",), WEB), Kind.NOT_FOUND),
    "local: nothing": (lambda: plan.tasks(WEB, {}, 5000), Kind.INVALID),
    "local: PORT": (lambda: plan.base_port(None, {"PORT": "80"}, {}), Kind.INVALID),
    "local: env file": (lambda: environment.read(Path("/"), "none.env"), Kind.NOT_FOUND),
    "local: Procfile": (lambda: plan.types(Path("/proc/self/fd"), None, None), Kind.NOT_FOUND),
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_asked_for_wrongly_is_invalid_and_what_is_not_there_not_found(asked: str) -> None:
    do, kind = ASKED[asked]
    with pytest.raises(LocalkuError) as raised:
        do()
    assert raised.value.kind is kind


def test_a_fault_that_nobody_makes_is_invalid(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        chaos.enable(context, app, 6, None, ("fire",))
    assert (raised.value.kind, raised.value.resource) == (Kind.INVALID, "chaos")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, Kind.FORBIDDEN),
        (errno.EPERM, Kind.FORBIDDEN),
        (errno.EADDRINUSE, Kind.CONFLICT),
        (errno.ELOOP, Kind.INVALID),
        (errno.ENOTDIR, Kind.INVALID),
        (errno.EIO, Kind.FAILED),
    ],
)
def test_an_error_of_the_system_has_the_kind_of_its_number(number: int, kind: Kind) -> None:
    assert kind_of(OSError(number, os.strerror(number))) is kind


def test_a_port_or_a_folder_that_this_user_may_not_have_is_forbidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setenv("LOCALKU_HOME", str(tmp_path / "state"))
    for do in (lambda: listen("127.0.0.1", 80), paths.home):
        with pytest.raises(LocalkuError) as raised:
            do()
        assert raised.value.kind is Kind.FORBIDDEN


def test_a_port_that_somebody_has_is_a_conflict() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(LocalkuError) as raised:
        listen("127.0.0.1", other.getsockname()[1])
    assert raised.value.kind is Kind.CONFLICT


def test_what_needs_root_is_forbidden_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(LocalkuError) as raised:
        fix._root()
    assert raised.value.kind is Kind.FORBIDDEN


def test_a_state_folder_that_cannot_be_written_to_is_forbidden(context: Context) -> None:
    context.store.db._connection().execute("PRAGMA query_only = ON")
    with pytest.raises(LocalkuError) as raised:
        context.store.db.run("DELETE FROM chaos")
    assert raised.value.kind is Kind.FORBIDDEN
