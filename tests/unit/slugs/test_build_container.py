import io
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.project.sources.source_file import SourceFile
from localku.slugs import accounts
from localku.slugs.build_limits import COMPILE_SECONDS
from localku.slugs.building import build_container as container
from localku.slugs.building import build_stream, order, standby
from localku.slugs.building.ahead import Ahead
from localku.slugs.building.build_stream import Line
from localku.slugs.building.job import Job
from localku.slugs.building.parcel import BaseImage, Offer, Parcel
from localku.slugs.inside import events
from localku.slugs.inside.events import App, Compared, Detected, Event, Failed, Missing, Packed, Received
from localku.slugs.inside.intake import LENGTH
from localku.slugs.users import identity
from localku.slugs.values import Buildpack, Chain

KEY = "c0ffee"
APP = App("Python", "heroku/python")
SLUG = Packed("---\n" * 2000, None, "0f" * 16, (".heroku",), 17)


def parsed(*chunks: bytes, of: Job | None = None) -> list[Line | Event]:
    return list(build_stream.parsed(iter(chunks), of or job(), KEY))


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
        "furnished": "localku/one:furnished",
        "stack": "debian-14",
        "stands_for": "heroku-26",
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
        Missing(()),
        Received("hash"),
        Compared("hash", -1, 2),
        Compared("hash", 1, -2),
        replace(APP, name=None),
        replace(APP, reference="heroku/nodejs"),
        Detected(("heroku/nodejs",)),
        Detected("heroku/python"),  # type: ignore[arg-type]
    ],
)
def test_an_event_that_cannot_be_is_text(event: Event) -> None:
    rows = written(event)
    assert parsed(*rows) == text_of(*rows)


FILES = (SourceFile("a.py", 0o644, 1, None, b"a"), SourceFile("b.py", 0o755, 2, None, b"b"))
OFFER = Offer((*FILES, SourceFile("link", 0o777, 0, "a.py", b"l")), "last", "hash")


@pytest.mark.parametrize("event", [Missing(("a.py",)), Missing(()), Received("")])
def test_a_large_app_s_build_may_report_more(event: Event) -> None:
    assert parsed(*written(event), of=job(offer=OFFER)) == [event]


@pytest.mark.parametrize("event", [Missing(("c.py",)), Missing(("../a.py",))])
def test_but_nothing_that_cannot_be(event: Event) -> None:
    rows = written(event)
    assert parsed(*rows, of=job(offer=OFFER)) == text_of(*rows)


@pytest.mark.parametrize("event", [Compared("h", 3, 2), Compared("h", 3, None)])
def test_every_build_may_say_what_the_last_image_lacks(event: Event) -> None:
    assert parsed(*written(event)) == [event]


def test_the_order_says_what_the_last_image_was_made_of() -> None:
    assert order._order(job())["base"] is None
    base = BaseImage("app:build-b0", "b0", "layer", "manifest")
    assert order._order(job(base=base))["base"] == {"build": "b0", "layer": "layer", "manifest": "manifest"}


def test_the_order_of_a_large_app_says_what_its_files_are_and_links_come_in_any_case() -> None:
    assert "source" not in order._order(job())
    asked = order._order(job(offer=OFFER))["source"]
    assert asked == {
        "files": [["a.py", 0o644, b"a".hex()], ["b.py", 0o755, b"b".hex()]],
        "last": "last",
        "record": "hash",
    }


@pytest.mark.parametrize("text", [b"", b"[1]", b"{}", b'{"event": []}', b'{"event": "app", "name": "x"}', b"{" * 9])
def test_what_is_no_event_is_none(text: bytes) -> None:
    assert events.parse(text) is None


@given(st.lists(st.binary()))
def test_nothing_a_buildpack_prints_breaks_the_reader(chunks: list[bytes]) -> None:
    assert sum(isinstance(item, Line) for item in parsed(*chunks)) <= len(re.findall(rb"[\r\n]", b"".join(chunks))) + 1


def test_config_vars_are_in_no_environment_label_or_command() -> None:
    spec = container.spec(job())
    assert "hunter2" not in repr(spec)
    assert spec.capabilities == ()
    assert spec.user == "10000:1000"


def test_the_environment_is_herokus() -> None:
    environment = container.spec(job()).environment
    assert environment["PATH"] == "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert (environment["HOME"], environment["STACK"]) == ("/app", "heroku-26")
    assert environment["LOCALKU_STACK"] == "debian-14"
    herokus = container.spec(job(stack="heroku-24", stands_for=None)).environment
    assert herokus["STACK"] == "heroku-24"
    assert "LOCALKU_STACK" not in herokus
    of_this_build = order._order(job())["environment"]
    assert (of_this_build["SOURCE_VERSION"], of_this_build["REQUEST_ID"]) == ("c0ffee", "00ff" * 8)
    assert of_this_build["DYNO"].startswith("run.")
    assert order._order(job(commit=None))["environment"]["SOURCE_VERSION"] == ""
    assert {*environment, *of_this_build} == {
        *("BUILDPACK_LOG_FILE", "DYNO", "HOME", "PATH", "REQUEST_ID", "SOURCE_VERSION", "STACK"),
        "LOCALKU_STACK",
    }


def test_nothing_of_one_build_is_in_the_container_but_its_name() -> None:
    one, other = job(), job(build_id="11ee" * 8, commit="beef", config={"A": "1"}, layer_paths=())
    assert replace(container.spec(one), name="") == replace(container.spec(other), name="")


def test_offline_there_is_no_network_at_all() -> None:
    assert container.spec(job()).network == "net"
    assert container.spec(job(offline=True)).network == "none"


def test_the_order_names_places_and_only_folders_the_source_does_not_have() -> None:
    asked = order._order(job())
    assert asked["build_dir"] == f"/tmp/build_{'00ff' * 8}"
    assert asked["cache_dir"] == "/tmp/codon/tmp/cache"
    assert asked["layer_paths"] == [".heroku", "node_modules", "bower_components"]
    place = f"/tmp/codon/tmp/buildpacks/{'00ff' * 8}/0"
    assert asked["buildpacks"] == [{"reference": "heroku/python", "dir": place, "own": ""}]
    own = order._order(job(chain=Chain((Buildpack("heroku/python", Path("/bp"), "f", own=True),), auto=False)))
    assert own["buildpacks"] == [{"reference": "heroku/python", "dir": place, "own": "/localku/buildpacks/0"}]


class Endless:
    """An engine whose build prints a line and then nothing until it is killed."""

    def __init__(self) -> None:
        import threading

        self.killed = threading.Event()
        self.calls: list[str] = []
        self.containers = self
        self.volumes = self
        self.images = self

    def find(self, _tag: str) -> None:
        return None

    def ensure(self, *_: object) -> None:
        self.calls.append("volume")

    def create(self, _spec: object) -> str:
        self.calls.append("create")
        return "c1"

    def put(self, *_: object) -> None:
        self.calls.append("put")

    def attach_socket(self, _container: str) -> Self:
        return self

    def frames(self) -> Iterator[tuple[int, bytes]]:
        yield 1, b"-----> Haskell app detected\n"
        assert self.killed.wait(10)

    def hang_up(self) -> None:
        self.calls.append("hang up")

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

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        self._now += COMPILE_SECONDS + 1
        return self._now


def test_a_build_is_killed_after_heroku_s_15_minutes_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "of", lambda *_: {"passwd": "", "group": ""})
    monkeypatch.setattr(standby, "take", lambda *_: None)
    engine = Endless()
    ahead: Ahead[str] = Ahead(lambda _image: "", engine.remove, engine.remove, None)
    with container.BuildContainer(engine, job(), Fast(), ahead.do) as build:  # type: ignore[arg-type]
        assert list(build.run()) == [Line("-----> Haskell app detected")]
        assert build.timed_out
    with ahead:
        assert engine.calls[:5] == ["volume", "create", "put", "start", "hang up"]
    ahead._aside.shutdown()
    assert engine.calls[5:] == ["remove c1"]


@pytest.mark.parametrize("waiting", [None, "c1"])
def test_one_that_is_interrupted_while_it_is_attached_is_taken_away(
    waiting: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_self: Endless, _container: str) -> Endless:
        raise KeyboardInterrupt

    monkeypatch.setattr(accounts, "of", lambda *_: {"passwd": "", "group": ""})
    monkeypatch.setattr(standby, "take", lambda *_: waiting)
    monkeypatch.setattr(Endless, "attach_socket", interrupted)
    engine = Endless()
    build = container.BuildContainer(engine, job(), Fast(), lambda work: work())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt), build:
        raise AssertionError
    assert engine.calls[-1] == "remove c1"


class Quick(Endless):
    """An engine whose build succeeds at once."""

    def __init__(self) -> None:
        super().__init__()
        self.key = ""
        self.sent = b""

    def send(self, data: bytes) -> None:
        self.sent += data

    def frames(self) -> Iterator[tuple[int, bytes]]:
        yield 1, written(SLUG, key=self.key)[0]


def test_a_build_that_came_to_its_end_is_let_go_and_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "of", lambda *_: {"passwd": "", "group": ""})
    monkeypatch.setattr(standby, "take", lambda *_: None)
    engine = Quick()
    ahead = Ahead(lambda _image: "", engine.remove, engine.remove, None)
    with ahead, container.BuildContainer(engine, job(), Fast(), ahead.do) as build:  # type: ignore[arg-type]
        engine.key = build._key
        assert list(build.run()) == [SLUG]
    ahead._aside.shutdown()
    assert engine.calls[4:] == ["hang up"]
    assert container.spec(job()).auto_remove, "the engine takes it away when it ends"


OWN = Chain((), auto=True)


class Asking(Quick):
    """An engine whose build asks for a file, and succeeds."""

    def frames(self) -> Iterator[tuple[int, bytes]]:
        missing, slug = written(Missing(("b.py",)), SLUG, key=self.key)
        yield 1, missing
        yield 1, slug


def blocks(data: bytes) -> list[bytes]:
    found = []
    while data:
        size = int.from_bytes(data[:LENGTH], "big")
        found.append(data[LENGTH : LENGTH + size])
        data = data[LENGTH + size :]
    return found


def fed(engine: Quick, built: Job, monkeypatch: pytest.MonkeyPatch) -> list[Collection[str] | None]:
    """Feed and run a build; return what was packed."""
    monkeypatch.setattr(accounts, "of", lambda *_: {"passwd": "", "group": ""})
    monkeypatch.setattr(standby, "take", lambda *_: None)
    packed: list[Collection[str] | None] = []

    def pack(paths: Collection[str] | None) -> Parcel:
        packed.append(paths)
        return Parcel(io.BytesIO(b"tar"), {"b.py": "digest"})

    ahead = Ahead(lambda _image: "", engine.remove, engine.remove, None)
    with ahead, container.BuildContainer(engine, built, Fast(), ahead.do) as build:  # type: ignore[arg-type]
        engine.key = build._key
        build.feed(pack)
        assert list(build.run())[-1:] == [SLUG]
    ahead._aside.shutdown()
    return packed


def test_a_large_app_s_build_is_sent_what_it_asks_for_and_its_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Asking()
    assert fed(engine, job(offer=OFFER, chain=OWN), monkeypatch) == [("b.py",)]
    assert blocks(engine.sent)[2:] == [b'{"b.py": "digest"}', b"tar"]


def test_any_other_is_sent_all_of_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Quick()
    assert fed(engine, job(chain=OWN), monkeypatch) == [None]
    assert blocks(engine.sent)[2:] == [b"tar"]
