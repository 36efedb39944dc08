from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.build import container
from localku.build.container import Event, Job, Line
from localku.build.limits import COMPILE_SECONDS
from localku.build.users import identity
from localku.build.values import Buildpack, Chain


def parsed(*chunks: bytes) -> list[Line | Event]:
    return list(container._parsed(iter(chunks)))


def job(**changes: object) -> Job:
    fields: dict[str, object] = {
        "build_id": "00ff" * 8,
        "image": "build-image",
        "stack": "debian-14",
        "volume": "cache",
        "chain": Chain((Buildpack("heroku/python", Path("/bp"), "f"),), auto=False, decided_by="app.json"),
        "config": {"SECRET": "hunter2"},
        "who": identity(10000),
        "layer_paths": (".heroku", "node_modules", "bower_components"),
        "commit": "c0ffee",
        "offline": False,
        "labels": {"org.localku.app": "one"},
        "network": "net",
    }
    return Job(**{**fields, **changes})  # type: ignore[arg-type]


def test_lines_and_events_come_in_order() -> None:
    found = parsed(b'-----> one\n\x1e{"event": "app", "name": "Python"}\n       two\n')
    assert found == [Line("-----> one"), Event("app", {"name": "Python"}), Line("       two")]


def test_pieces_are_put_together_wherever_they_were_cut() -> None:
    raw = '-----> eins ü\n\x1e{"event": "app"}\nlast'.encode()
    whole = parsed(raw)
    assert whole == [Line("-----> eins ü"), Event("app", {}), Line("last")]
    for at in range(len(raw)):
        assert parsed(raw[:at], raw[at:]) == whole


def test_an_event_after_a_line_without_an_end_gives_both() -> None:
    assert parsed(b'Downloading...\x1e{"event": "failed"}\n') == [Line("Downloading..."), Event("failed", {})]


def test_windows_line_ends_go_away_and_empty_lines_stay() -> None:
    assert parsed(b"one\r\n\r\n\ntwo\r\n") == [Line("one"), Line(""), Line(""), Line("two")]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert parsed(b"caf\xe9\n") == [Line("caf\ufffd")]


@pytest.mark.parametrize("tail", [b"", b"not json", b"[1]", b"{}", b'{"event": 1}', b'"text"', b"\xff\xfe", b"{" * 3])
def test_a_record_separator_of_a_buildpacks_own_is_only_text(tail: bytes) -> None:
    assert parsed(b"before\x1e" + tail + b"\nafter\n") == [
        Line((b"before\x1e" + tail).decode(errors="replace")),
        Line("after"),
    ]


@given(st.lists(st.binary()))
def test_nothing_a_buildpack_prints_breaks_the_reader(chunks: list[bytes]) -> None:
    assert sum(isinstance(item, Line) for item in parsed(*chunks)) <= b"".join(chunks).count(b"\n") + 1


def test_config_vars_are_in_no_environment_label_or_command() -> None:
    spec = container._spec(job())
    assert "hunter2" not in repr(spec)
    assert spec.capabilities == ()
    assert spec.user == "10000:1000"


def test_the_environment_is_herokus() -> None:
    environment = container._spec(job()).environment
    assert environment["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert (environment["HOME"], environment["STACK"], environment["SOURCE_VERSION"]) == ("/app", "debian-14", "c0ffee")
    assert environment["DYNO"].startswith("run.")
    assert container._spec(job(commit=None)).environment["SOURCE_VERSION"] == ""


def test_offline_there_is_no_network_at_all() -> None:
    assert container._spec(job()).network == "net"
    assert container._spec(job(offline=True)).network == "none"


def test_the_order_names_places_and_only_folders_the_source_does_not_have() -> None:
    order = container._order(job())
    assert order["build_dir"] == f"/tmp/build_{'00ff' * 8}"
    assert order["cache_dir"] == "/tmp/codon/tmp/cache"
    assert order["layer_paths"] == [".heroku", "node_modules", "bower_components"]
    assert order["buildpacks"] == [{"reference": "heroku/python", "dir": f"/tmp/codon/tmp/buildpacks/{'00ff' * 8}/0"}]


class Endless:
    """An engine whose build prints a line and then nothing until it is killed."""

    def __init__(self) -> None:
        import threading

        self.killed = threading.Event()
        self.calls: list[str] = []
        self.containers = self
        self.volumes = self

    def ensure(self, *_: object) -> None:
        self.calls.append("volume")

    def create(self, _spec: object) -> str:
        self.calls.append("create")
        return "c1"

    def attach(self, _container: str) -> Iterator[tuple[str, bytes]]:
        yield "stdout", b"-----> Haskell app detected\n"
        assert self.killed.wait(10)

    def start(self, _container: str) -> None:
        self.calls.append("start")

    def kill(self, _container: str) -> None:
        self.killed.set()

    def remove(self, container_id: str) -> None:
        self.calls.append(f"remove {container_id}")


class Fast:
    """A clock that is a quarter of an hour later at every look."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        self._now += COMPILE_SECONDS + 1
        return self._now


def test_a_build_is_killed_after_heroku_s_15_minutes_and_taken_away() -> None:
    engine = Endless()
    with container.BuildContainer(engine, job(), Fast()) as build:  # type: ignore[arg-type]
        assert list(build.run()) == [Line("-----> Haskell app detected")]
        assert build.timed_out
    assert engine.calls == ["volume", "create", "start", "remove c1"]
