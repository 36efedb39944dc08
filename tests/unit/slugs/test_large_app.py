"""What the driver does for a large app: it asks for what is not there, and says what an image lacks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localku.slugs.building import furniture
from localku.slugs.inside import alone, app_part, manifest
from localku.slugs.inside.events import Compared, Event, Missing, Received
from localku.slugs.inside.intake import Intake
from localku.slugs.inside.large_app import LargeApp


class Sent(Intake):
    """Sends every file that is asked for, with its own name for content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: tuple[str, ...] = ()

    def answer(self) -> dict[str, str]:
        return {path: path for path in self.asked}

    def unpack(self, _folder: str) -> None:
        for path in self.asked:
            (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / path).write_text(path)
            os.utime(self._folder / path, (1_700_000_000, 1_700_000_000))


class World:
    def __init__(self, volume: Path) -> None:
        self.volume = volume
        self.record, self.last = "", ""
        self.base: dict[str, str] | None = None
        self.ended = 0

    def receive(self, ident: str, *files: str) -> tuple[LargeApp, tuple[str, ...]]:
        """Let a build get its source; return what it asked for, too."""
        order: dict[str, Any] = {
            "build_dir": str(self.volume / f"build_{ident}"),
            "out_dir": str(self.volume / f"slug_{ident}"),
            "source": {
                "files": [[path, 0o644, path] for path in files],
                "last": self.last,
                "record": self.record,
                "base": self.base,
            },
        }
        sent = Sent(self.volume / f"build_{ident}")

        def heard(event: Event) -> None:
            if isinstance(event, Missing):
                sent.asked = event.paths
            elif isinstance(event, Received):
                self.last, self.record = ident, event.record

        return LargeApp.received(order, (), sent, heard, self._end), sent.asked

    def compare(self, app: LargeApp, layer: str = "l") -> Compared:
        build_dir = Path(app.order["build_dir"])
        found = app.compared(layer, app_part.entries(build_dir, ()))
        self.base = {"build": build_dir.name[6:], "layer": layer, "manifest": found.manifest}
        return found

    def lists(self, ident: str) -> list[str]:
        return [(self.volume / f"slug_{ident}" / name).read_text() for name in (manifest.CHANGED, manifest.REMOVED)]

    def _end(self) -> None:
        self.ended += 1


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_first_build_asks_for_all_and_has_nothing_to_stand_on(world: World) -> None:
    app, asked = world.receive("1", "a", "d/b")
    assert asked == ("a", "d/b")
    assert world.compare(app) == Compared(world.base["manifest"] if world.base else "", 4, None)


def test_the_next_one_for_what_is_new_and_its_image_lacks_that(world: World) -> None:
    world.compare(world.receive("1", "a", "d/b")[0])
    app, asked = world.receive("2", "a", "c")
    assert asked == ("c",)
    found = world.compare(app)
    assert (found.size, found.changed) == (2, 1)
    assert world.lists("2") == [".\0./c\0", "./d\0./d/b\0"]


def test_what_programs_have_changed_is_lacking_and_asked_for_the_next_time(world: World) -> None:
    world.compare(world.receive("1", "a", "b")[0])
    app, _ = world.receive("2", "a", "b")
    (world.volume / "build_2" / "a").write_text("A")
    (world.volume / "build_2" / "made").write_text("made")
    assert world.compare(app).changed == 5
    assert world.lists("2") == [".\0./a\0./made\0", ""]
    app, asked = world.receive("3", "a", "b")
    assert asked == ("a",)
    assert world.compare(app).changed == 1
    assert world.lists("3") == [".\0./a\0", "./made\0"]


def test_after_a_build_that_failed_its_files_are_there_and_the_image_is_the_one_before(world: World) -> None:
    world.compare(world.receive("1", "a", "b")[0])
    world.receive("2", "a", "b", "c")
    app, asked = world.receive("3", "a", "b", "c")
    assert asked == ()
    assert world.compare(app).changed == 1


def test_another_layer_or_a_manifest_that_is_not_the_one_is_nothing_to_stand_on(world: World) -> None:
    world.compare(world.receive("1", "a")[0], layer="l")
    assert world.compare(world.receive("2", "a")[0], layer="m").changed is None
    with (world.volume / "slug_2" / manifest.NAME).open("a") as file:
        file.write(" ")
    assert world.compare(world.receive("3", "a")[0], layer="m").changed is None


def test_what_an_image_has_is_still_needed() -> None:
    assert LargeApp.still_needed({}) == set()
    assert LargeApp.still_needed({"source": {"base": None}}) == set()
    assert LargeApp.still_needed({"source": {"base": {"build": "b"}}}) == {"slug_b"}


def test_nothing_of_a_build_goes_on_once_its_files_are_listed(world: World) -> None:
    app, _ = world.receive("1", "a")
    assert world.ended == 0
    app.settle()
    assert world.ended == 1


def test_in_its_container_the_driver_ends_all_others() -> None:
    assert b"main(end_others=end_others)" in furniture.MAIN


def test_ending_all_others_is_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda who, signal: told.append((who, int(signal))))
    alone.end_others()
    assert told == [(-1, 9)]


def test_it_is_no_error_where_there_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_who: int, _signal: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", nobody)
    alone.end_others()


def test_importing_the_driver_ends_nobody() -> None:
    code = "from localku.slugs.inside import alone, app_part, chain_driver"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
