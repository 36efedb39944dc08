"""What the driver asks for of a large app, and what it says that an image lacks of any."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localku.slugs.building import furniture
from localku.slugs.inside import alone, app_part, large_app, last_image, manifest
from localku.slugs.inside.events import Compared, Event, Missing, Received
from localku.slugs.inside.intake import Intake
from localku.slugs.inside.received import File


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


@dataclass(frozen=True)
class Begun:
    """A build that has its source; `asked` is what of it the volume did not have."""

    order: dict[str, Any]
    sent: Mapping[str, File]
    asked: tuple[str, ...]

    @property
    def folder(self) -> Path:
        return Path(self.order["build_dir"])


class World:
    def __init__(self, volume: Path) -> None:
        self.volume = volume
        self.record, self.last = "", ""
        self.base: dict[str, str] | None = None

    def receive(self, ident: str, *files: str) -> Begun:
        """Let a build of a large app get its source."""
        source = {"files": [[path, 0o644, path] for path in files], "last": self.last, "record": self.record}
        order = {**self._order(ident), "source": source}
        sent = Sent(self.volume / f"build_{ident}")

        def heard(event: Event) -> None:
            if isinstance(event, Missing):
                sent.asked = event.paths
            elif isinstance(event, Received):
                self.last, self.record = ident, event.record

        return Begun(order, large_app.receive(order, (), sent, heard), sent.asked)

    def get(self, ident: str, **files: str) -> Begun:
        """Let a build of any other app have these files: name → content."""
        order = self._order(ident)
        for key in ("build_dir", "out_dir"):
            Path(order[key]).mkdir()
        for name, text in files.items():
            (self.volume / f"build_{ident}" / name).write_text(text)
        return Begun(order, {}, tuple(files))

    def compare(self, begun: Begun, layer: str = "l") -> Compared:
        found = last_image.compared(begun.order, layer, app_part.entries(begun.folder, ()), begun.sent)
        self.base = {"build": begun.folder.name[6:], "layer": layer, "manifest": found.manifest}
        return found

    def lists(self, ident: str) -> list[str]:
        return [(self.volume / f"slug_{ident}" / name).read_text() for name in (manifest.CHANGED, manifest.REMOVED)]

    def _order(self, ident: str) -> dict[str, Any]:
        build_dir, out_dir = str(self.volume / f"build_{ident}"), str(self.volume / f"slug_{ident}")
        return {"build_dir": build_dir, "out_dir": out_dir, "base": self.base}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_first_build_asks_for_all_and_has_nothing_to_stand_on(world: World) -> None:
    begun = world.receive("1", "a", "d/b")
    assert begun.asked == ("a", "d/b")
    assert world.compare(begun) == Compared(world.base["manifest"] if world.base else "", 4, None)


def test_the_next_one_for_what_is_new_and_its_image_lacks_that(world: World) -> None:
    world.compare(world.receive("1", "a", "d/b"))
    begun = world.receive("2", "a", "c")
    assert begun.asked == ("c",)
    found = world.compare(begun)
    assert (found.size, found.changed) == (2, 1)
    assert world.lists("2") == [".\0./c\0", "./d\0./d/b\0"]


def test_what_programs_have_changed_is_lacking_and_asked_for_the_next_time(world: World) -> None:
    world.compare(world.receive("1", "a", "b"))
    begun = world.receive("2", "a", "b")
    (world.volume / "build_2" / "a").write_text("A")
    (world.volume / "build_2" / "made").write_text("made")
    assert world.compare(begun).changed == 5
    assert world.lists("2") == [".\0./a\0./made\0", ""]
    begun = world.receive("3", "a", "b")
    assert begun.asked == ("a",)
    assert world.compare(begun).changed == 1
    assert world.lists("3") == [".\0./a\0", "./made\0"]


def test_after_a_build_that_failed_its_files_are_there_and_the_image_is_the_one_before(world: World) -> None:
    world.compare(world.receive("1", "a", "b"))
    world.receive("2", "a", "b", "c")
    begun = world.receive("3", "a", "b", "c")
    assert begun.asked == ()
    assert world.compare(begun).changed == 1


def test_another_layer_or_a_manifest_that_is_not_the_one_is_nothing_to_stand_on(world: World) -> None:
    world.compare(world.receive("1", "a"), layer="l")
    assert world.compare(world.receive("2", "a"), layer="m").changed is None
    with (world.volume / "slug_2" / manifest.NAME).open("a") as file:
        file.write(" ")
    assert world.compare(world.receive("3", "a"), layer="m").changed is None


def test_what_an_image_has_is_still_needed() -> None:
    assert last_image.still_needed({"base": None}) == set()
    assert last_image.still_needed({"base": {"build": "b"}}) == {"slug_b"}


def test_what_any_app_s_build_has_made_again_is_not_lacking(world: World) -> None:
    assert world.compare(world.get("1", a="a", b="b", c="c")).changed is None
    begun = world.get("2", a="a", b="B", d="d")
    for name in ("a", "b"):
        os.utime(begun.folder / name, (1, 1))
    assert (world.compare(begun).changed, world.lists("2")) == (2, [".\0./b\0./d\0", "./c\0"])


def test_the_time_of_a_python_source_counts_for_its_bytecode_names_it(world: World) -> None:
    first, second = world.get("1", **{"a.py": "a"}), world.get("2", **{"a.py": "a"})
    os.utime(second.folder / "a.py", (1, 1))
    world.compare(first)
    second.order["base"] = world.base
    assert world.compare(second).changed == 1


def test_what_has_two_names_or_is_too_much_to_read_is_written_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.compare(world.get("1", a="a", b="b"))
    begun = world.get("2", a="a", b="b")
    (begun.folder / "c").hardlink_to(begun.folder / "b")
    assert (world.compare(begun).changed, world.lists("2")) == (2, [".\0./b\0./c\0", ""])
    monkeypatch.setattr(last_image, "READ", 1)
    assert world.compare(world.get("3", a="a", b="b")).changed == 2


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
