import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.slugs import container
from localku.slugs.build_limits import COMPILE_SECONDS
from localku.slugs.container import Job, Line
from localku.slugs.inside import events
from localku.slugs.inside.events import App, Detected, Event, Failed, Packed
from localku.slugs.users import identity
from localku.slugs.values import Buildpack, Chain

KEY = "c0ffee"
APP = App("Python", "heroku/python")
SLUG = Packed("---\n" * 2000, None, "0f" * 16, (".heroku",), 17)


def parsed(*chunks: bytes) -> list[Line | Event]:
    return list(container.parsed(iter(chunks), job(), KEY))


def written(*told: Event, key: str = KEY) -> list[bytes]:
    """What the driver prints for each."""
    reading, writing = os.pipe()
    writer, rows = events.Writer(key, writing), []
    for one in told:
        writer(one)
        rows.append(os.read(reading, 1 << 16))
    os.close(reading)
    os.close(writing)
    return rows


def job(**changes: object) -> Job:
    fields: dict[str, object] = {
        "build_id": "00ff" * 8,
        "image": "build-image",
        "stack": "debian-14",
        "volume": "cache",
        "chain": Chain((Buildpack("heroku/python", Path("/bp"), "f"),), auto=False),
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
    app, slug = written(APP, SLUG)
    found = parsed(b"-----> one\n" + app + b"       two\n" + slug)
    assert found == [Line("-----> one"), APP, Line("       two"), SLUG]


def test_pieces_are_put_together_wherever_they_were_cut() -> None:
    raw = "-----> eins ü\n".encode() + written(APP)[0] + b"last"
    whole = parsed(raw)
    assert whole == [Line("-----> eins ü"), APP, Line("last")]
    for at in range(len(raw)):
        assert parsed(raw[:at], raw[at:]) == whole


def test_an_event_after_a_line_without_an_end_gives_both() -> None:
    failed = Failed("Python", "heroku/python", 1)
    assert parsed(b"Down\x1eloading...", *written(failed)) == [Line("Down\x1eloading..."), failed]


def test_windows_line_ends_go_away_and_empty_lines_stay() -> None:
    assert parsed(b"one\r\n\r\n\ntwo\r\n") == [Line("one"), Line(""), Line(""), Line("two")]


def test_each_state_of_a_progress_bar_is_a_line() -> None:
    assert parsed(b" 10%\r 50%\r\r100%\r\n") == [Line(" 10%"), Line(" 50%"), Line("100%")]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert parsed(b"caf\xe9\n") == [Line("caf\ufffd")]


@pytest.mark.parametrize("tail", [b"", b"not json", b"[1]", b"{}", b'{"event": 1}', b'"text"', b"\xff\xfe", b"{" * 3])
def test_a_record_separator_of_a_buildpacks_own_is_only_text(tail: bytes) -> None:
    assert parsed(b"before\x1e" + tail + b"\nafter\n") == [
        Line((b"before\x1e" + tail).decode(errors="replace")),
        Line("after"),
    ]


def test_a_long_event_comes_in_lines_that_nothing_can_come_between() -> None:
    _, slug = written(APP, SLUG)
    lines = slug.splitlines(keepends=True)
    assert len(lines) > 2
    assert max(map(len, lines)) <= 4096
    assert parsed(*written(APP), lines[0], b"a daemon\n", *lines[1:]) == [APP, Line("a daemon"), SLUG]


def text_of(*rows: bytes) -> list[Line]:
    return [Line(line.decode()) for line in b"".join(rows).splitlines()]


def test_an_event_that_somebody_else_made_is_text() -> None:
    forged = b'\x1e{"event": "slug", "layer": "abc"}\n'
    assert parsed(forged) == text_of(forged)
    (of_another_build,) = written(APP, key="other")
    assert parsed(of_another_build) == text_of(of_another_build)


def test_an_event_that_was_overheard_is_one_only_once_and_in_its_place() -> None:
    app, slug = written(APP, SLUG)
    assert parsed(slug, app, app) == [*text_of(slug), APP, *text_of(app)]
    assert parsed(app.replace(b"Python", b"Qython")) == text_of(app.replace(b"Python", b"Qython"))


@pytest.mark.parametrize(
    "event",
    [
        replace(SLUG, release="", layer_paths=("../etc",)),
        replace(SLUG, release="", layer_paths=(".heroku", "node_modules/.bin")),
        replace(SLUG, release="", layer="../../etc"),
        replace(SLUG, release="", app_compressed=-1),
        replace(SLUG, release="", app_compressed=True),
        replace(SLUG, release=None),
        replace(APP, name=None),
        replace(APP, reference="heroku/nodejs"),
        Detected(("heroku/nodejs",)),
        Detected("heroku/python"),  # type: ignore[arg-type]
    ],
)
def test_an_event_that_cannot_be_is_text(event: Event) -> None:
    rows = written(event)
    assert parsed(*rows) == text_of(*rows)


@pytest.mark.parametrize("text", [b"", b"[1]", b"{}", b'{"event": []}', b'{"event": "app", "name": "x"}', b"{" * 9])
def test_what_is_no_event_is_none(text: bytes) -> None:
    assert events.parse(text) is None


@given(st.lists(st.binary()))
def test_nothing_a_buildpack_prints_breaks_the_reader(chunks: list[bytes]) -> None:
    assert sum(isinstance(item, Line) for item in parsed(*chunks)) <= len(re.findall(rb"[\r\n]", b"".join(chunks))) + 1


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
