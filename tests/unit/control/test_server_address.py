"""Where the server of a state folder listens: short, this user's alone, and the same from a terminal and from cron."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from localku.control import owner, server_address
from localku.errors import Kind, LocalkuError
from localku.paths import home_id


@pytest.fixture
def tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(server_address, "TEMPORARY", tmp_path)
    return tmp_path / f"localku-{os.geteuid()}"


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


def test_it_is_in_a_folder_of_this_user(tmp: Path, tmp_path: Path) -> None:
    assert server_address.socket_file(tmp_path) == tmp / f"{home_id(tmp_path)}.sock"
    assert server_address.bell_file(tmp_path) == tmp / f"{home_id(tmp_path)}.bell"
    assert tmp.stat().st_mode & 0o777 == 0o700


def test_a_terminal_finds_what_cron_has_started(
    tmp: Path, runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from_a_terminal = server_address.socket_file(tmp_path)
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert server_address.socket_file(tmp_path) == from_a_terminal


def test_it_is_short_whatever_the_folders_are(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 200)
    deep.mkdir()
    assert len(os.fsencode(server_address.socket_file(deep))) <= server_address.LONGEST


def test_a_folder_that_others_may_enter_is_refused(tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    tmp.mkdir()
    tmp.chmod(0o755)
    with pytest.raises(LocalkuError) as raised:
        server_address.folder()
    assert raised.value.message == f"{tmp} is not a folder of this user that nobody else can enter."
    assert raised.value.kind is Kind.FORBIDDEN


def test_a_link_is_refused(tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    tmp.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalkuError):
        server_address.folder()


def test_whoever_takes_the_name_in_tmp_keeps_nobody_from_work(tmp: Path, runtime: Path) -> None:
    tmp.touch()
    assert server_address.folder() == runtime / "localku"


def test_a_runtime_folder_of_others_or_a_long_one_is_not_used(
    tmp: Path, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp.touch()
    runtime.chmod(0o770)
    with pytest.raises(LocalkuError):
        server_address.folder()
    deep = runtime / ("x" * 100)
    deep.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    with pytest.raises(LocalkuError):
        server_address.folder()


def test_the_state_folder_of_another_user_is_refused_with_the_owners_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.check(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 4321)
    with pytest.raises(LocalkuError) as raised:
        owner.check(tmp_path)
    name = owner.name_of(tmp_path.stat().st_uid)
    assert raised.value.message.startswith(f"The state folder {tmp_path} belongs to {name}, and you are user ")
    assert raised.value.kind is Kind.FORBIDDEN
