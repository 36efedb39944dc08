"""Builds one after another on one volume; a buildpack is played by functions that move and announce trees."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from localku.slugs.inside import layer_print, untouched
from localku.slugs.inside.last_build import LastBuild

NAMES = (".heroku", "node_modules")
PYTHON = ".heroku/python"


@dataclass
class Volume:
    root: Path
    number: int = 0

    @property
    def place(self) -> Path:
        return self.root / "codon"

    @property
    def folder(self) -> Path:
        return self.root / f"build_{self.number}"

    @property
    def build(self) -> LastBuild:
        return LastBuild(self.place, self.folder)

    def begin(self) -> None:
        self.number += 1
        self.folder.mkdir(parents=True)
        self.place.mkdir(exist_ok=True)
        self.build.prepare(NAMES)
        (self.folder / "app.py").write_text(f"line {self.number}")

    def spares(self) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = json.loads((self.place / "spares.json").read_text())
        return found

    def install(self, path: str = PYTHON, made_of: str = "3.13", text: str = "x") -> None:
        file = self.folder / path / "lib" / "module.py"
        file.parent.mkdir(parents=True)
        file.write_text(text)
        moment = untouched.moment(self.place / "announced")
        self.announce(made_of, path, moment)

    def announce(self, token: str, path: str, moment: object) -> None:
        with (self.place / "announced").open("a") as file:
            file.write(f"{token}\t{path}\t{moment}\n")

    def move(self, path: str = PYTHON) -> None:
        spare = self.spares()[path]
        (self.folder / path).parent.mkdir(exist_ok=True)
        Path(self.build.environment()["LOCALKU_LAST_BUILD"], path).rename(self.folder / path)
        self.announce(str(spare["token"]), path, spare["moment"])

    def end(self) -> str:
        return self.build.fingerprint([name for name in NAMES if (self.folder / name).is_dir()])

    def walked(self) -> str:
        return layer_print.fingerprint(self.folder, [name for name in NAMES if (self.folder / name).is_dir()])


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """A volume on which one build has succeeded, and a second has begun."""
    volume = Volume(tmp_path / "tmp")
    volume.begin()
    volume.install()
    volume.end()
    volume.begin()
    return volume


def test_the_first_build_is_offered_nothing_and_may_announce(tmp_path: Path) -> None:
    volume = Volume(tmp_path)
    volume.begin()
    assert volume.spares() == {}
    assert volume.build.environment() == {
        "LOCALKU_KEEP": str(volume.place / "announced"),
        "LOCALKU_OLD": str(volume.place / "old"),
    }


def test_a_build_is_told_where_the_last_one_lies_and_what_of_it_is_untouched(volume: Volume) -> None:
    assert volume.build.environment() == {
        "LOCALKU_LAST_BUILD": str(volume.root / "build_1"),
        "LOCALKU_SPARES": str(volume.place / "spares.json"),
        "LOCALKU_KEEP": str(volume.place / "announced"),
        "LOCALKU_OLD": str(volume.place / "old"),
    }
    assert volume.spares()[PYTHON]["token"] == "3.13"


def test_where_every_tree_was_moved_the_layer_is_the_last_ones(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(*_: object) -> str:
        raise AssertionError("the layer is walked through")

    monkeypatch.setattr(layer_print, "fingerprint", walk)
    volume.move()
    first = json.loads((volume.place / "last-build").read_text())["layer"]
    assert volume.end() == first
    volume.begin()
    volume.move()
    assert volume.end() == first
    monkeypatch.undo()
    assert volume.walked() == first


def install_anew(volume: Volume) -> None:
    shutil.rmtree(volume.folder / PYTHON)
    volume.install(text="y")


def test_what_was_looked_through_at_the_end_of_a_build_is_not_again_at_the_begin_of_the_next(
    volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches: list[Path] = []
    search = untouched._search

    def noted(folder: Path, moment: int) -> object:
        searches.append(folder)
        return search(folder, moment)

    monkeypatch.setattr(untouched, "_search", noted)
    volume.move()
    volume.end()
    assert searches == [volume.folder / PYTHON]
    volume.begin()
    assert len(searches) == 1
    assert volume.spares().keys() == {PYTHON}
    last = volume.build.folder
    assert last is not None
    volume.begin()  # the build before has failed, and may have changed what it had not moved
    assert searches[1:] == [last / PYTHON]


def test_what_a_process_has_written_after_its_builds_end_is_found_at_the_end_of_the_next(volume: Volume) -> None:
    (volume.root / "build_1" / PYTHON / "lib" / "module.py").write_text("y")
    volume.move()
    assert volume.end() == volume.walked()
    volume.begin()
    assert volume.spares() == {}


def test_the_order_of_buildpacks_does_not_matter(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    volume.move()
    volume.install(".heroku/node", "n1")
    layer = volume.end()
    monkeypatch.setattr(layer_print, "fingerprint", lambda *_: "walked through")
    for paths in ((".heroku/node", PYTHON), (PYTHON, ".heroku/node")):
        volume.begin()
        for path in paths:
            volume.move(path)
        assert volume.end() == layer


CHANGES: dict[str, Callable[[Volume], object]] = {
    "a tree is changed": lambda volume: (volume.folder / PYTHON / "lib" / "module.py").write_text("y"),
    "the rest is changed": lambda volume: (volume.folder / ".heroku" / "x").write_text(""),
    "there is another tree": lambda volume: volume.install("node_modules", "n1"),
    "a tree is gone": lambda volume: shutil.rmtree(volume.folder / PYTHON),
    "a tree is installed anew": install_anew,
    "another folder belongs to the layer": lambda volume: (volume.folder / "node_modules").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_otherwise_the_layer_is_what_a_walk_says(change: Callable[[Volume], object], volume: Volume) -> None:
    volume.move()
    before = volume.walked()
    change(volume)
    assert volume.end() == volume.walked()
    assert volume.walked() != before


def test_a_tree_that_came_and_went_leaves_no_trace_in_the_layer(volume: Volume) -> None:
    volume.move()
    volume.install(".heroku/node", "n1")
    (volume.folder / ".heroku" / "node" / "lib" / "module.py").write_text("touched")
    both = volume.end()
    volume.begin()
    assert volume.spares().keys() == {PYTHON}
    volume.move()
    assert volume.end() == volume.walked() != both


def test_a_tree_that_was_touched_after_its_announcement_is_not_offered(volume: Volume) -> None:
    volume.move()
    (volume.folder / PYTHON / "lib" / "module.py").write_text("touched")
    volume.end()
    volume.begin()
    assert volume.spares() == {}


def test_a_tree_that_is_announced_again_is_the_one_of_the_last_line(volume: Volume) -> None:
    volume.move()
    (volume.folder / PYTHON / "lib" / "module.py").write_text("installed")
    volume.announce("3.14", PYTHON, untouched.moment(volume.place / "announced"))
    volume.end()
    volume.begin()
    assert volume.spares()[PYTHON]["token"] == "3.14"


def test_trees_that_a_failed_or_killed_build_had_moved_are_offered_to_the_next(volume: Volume) -> None:
    volume.move()
    volume.begin()
    assert volume.spares()[PYTHON]["token"] == "3.13"
    assert (volume.root / "build_1" / PYTHON / "lib" / "module.py").read_text() == "x"
    (volume.folder / ".heroku").mkdir()
    (volume.root / "build_1" / PYTHON).rename(volume.folder / PYTHON)  # and killed before the announcement
    volume.begin()
    assert volume.spares().keys() == {PYTHON}
    volume.move()
    assert volume.end() == volume.walked()


def test_not_when_that_build_has_changed_them(volume: Volume) -> None:
    volume.move()
    (volume.folder / PYTHON / "lib" / "module.py").write_text("y")
    volume.begin()
    assert volume.spares() == {}


def test_not_when_it_has_one_of_its_own_in_their_place(volume: Volume) -> None:
    volume.move()
    shutil.rmtree(volume.folder / PYTHON)
    volume.install(text="y")
    volume.begin()
    assert volume.spares() == {}


def test_the_trees_of_older_builds_go_before_and_leave_those_that_share_files_untouched(volume: Volume) -> None:
    """Unlinking a file changes the time of its other names."""
    (volume.folder / ".heroku").mkdir()
    shutil.copytree(volume.root / "build_1" / PYTHON, volume.folder / PYTHON, copy_function=_link)
    volume.announce("3.13", PYTHON, untouched.moment(volume.place / "announced"))
    layer = volume.end()
    moment = _moment(volume)
    volume.begin()
    assert not (volume.root / "build_1" / PYTHON).exists()
    assert volume.spares().keys() == {PYTHON}
    volume.begin()  # the build before has failed
    volume.move()
    assert volume.end() == layer
    assert _moment(volume) > moment
    volume.begin()
    assert volume.spares().keys() == {PYTHON}


def test_where_nothing_shares_files_the_moment_stays(volume: Volume) -> None:
    moments = {_moment(volume)}
    for _ in range(2):
        volume.move()
        volume.end()
        volume.begin()
        moments.add(_moment(volume))
    assert len(moments) == 1


def _moment(volume: Volume) -> int:
    return int(json.loads((volume.place / "last-build").read_text())["trees"][PYTHON]["moment"])


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def test_when_the_clock_was_set_back_nothing_is_offered(volume: Volume) -> None:
    record = volume.place / "last-build"
    fields = json.loads(record.read_text())
    fields["trees"][PYTHON]["moment"] += 3600 * 10**9
    record.write_text(json.dumps(fields))
    volume.begin()
    assert volume.spares() == {}


@pytest.mark.parametrize("text", ["{", "{}", '{"folder": "x", "trees": 1}', "[]"])
def test_a_record_nobody_can_read_is_none(text: str, volume: Volume) -> None:
    (volume.place / "last-build").write_text(text)
    volume.begin()
    assert volume.spares() == {}
    volume.install()
    assert volume.end() == volume.walked()


def test_the_record_of_an_earlier_version_says_where_the_last_build_lies(volume: Volume) -> None:
    (volume.place / "last-build").write_text(str(volume.root / "build_1"))
    volume.begin()
    assert volume.build.folder == volume.root / "build_1"
    assert volume.spares() == {}


@pytest.mark.parametrize("line", ["", "token", "t\t../../x\t1", "t\t/etc\t1", "t\tnode_modules\tsoon", "\t\t"])
def test_a_line_that_announces_nothing_is_passed_over(line: str, volume: Volume) -> None:
    (volume.place / "announced").write_text(line)
    volume.move()
    assert volume.end() == volume.walked()
    assert set(json.loads((volume.place / "last-build").read_text())["trees"]) <= {PYTHON}
