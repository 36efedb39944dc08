"""The changes that are made to the copies of apps: one line each, and never the same twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.bower_world import BowerWorld
from support.localku import git

from benchmarks.additions import PACKAGES, REQUIREMENTS, requirements, with_package
from benchmarks.contenders import dockerfile_text
from benchmarks.foreign_app import ForeignApp, chosen
from benchmarks.samples import App, Ballast, Sample, Shelf


class Registry(BowerWorld):
    """One that is only named."""

    @property
    def registry_url(self) -> str:
        return "http://127.0.0.1:1"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", Registry(tmp_path / "bower"))


def changed_lines(app: App) -> list[str]:
    """Lines that were taken away and put in, by git."""
    lines = git(app.folder, "diff", "--unified=0", "HEAD").splitlines()
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


@pytest.mark.parametrize("change", ["change_view", "change_style", "change_template"])
def test_each_change_is_another_line_than_before(shelf: Shelf, change: str) -> None:
    seen = set()
    for _ in range(3):
        getattr(shelf, change)()
        away, put = changed_lines(shelf)
        assert away[0] == "-"
        seen.add(put)
    assert len(seen) == 3


def test_note_is_what_the_view_says(shelf: Shelf) -> None:
    shelf.change_style()
    shelf.change_view()
    assert f'NOTE = "{shelf.note}"' in (shelf.folder / "shelf/views.py").read_text().splitlines()


def test_line_that_is_not_there_once_is_an_error(shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="0 lines of Procfile"):
        shelf.replace("Procfile", "NOTE", "x")


def test_page_tells_the_process_that_answered(shelf: Shelf) -> None:
    assert shelf.process("<p>edition 1</p>\n<p>started abc 17</p>") == "abc 17"
    assert shelf.process("<p>edition 1</p>") is None


def test_each_added_requirement_is_one_more(shelf: Shelf) -> None:
    for _ in range(3):
        shelf.add_requirement()
    assert changed_lines(shelf) == [f"+{line}" for line in REQUIREMENTS[:3]]
    assert requirements(len(REQUIREMENTS)).splitlines() == list(REQUIREMENTS)


def test_each_added_package_is_one_more_in_both_files(shelf: Shelf) -> None:
    for number in range(1, len(PACKAGES) + 1):
        shelf.add_package()
        manifest, lock = (json.loads((shelf.folder / f"package{end}.json").read_text()) for end in ("", "-lock"))
        wanted = {"bower": "1.8.14", **{name: PACKAGES[name][0] for name in list(PACKAGES)[:number]}}
        assert manifest["dependencies"] == lock["packages"][""]["dependencies"] == wanted
        assert set(lock["packages"]) == {"", *(f"node_modules/{name}" for name in wanted)}
        assert lock["packages"]["node_modules/ms"]["integrity"] == f"sha512-{PACKAGES['ms'][1]}"


def test_after_the_last_package_it_begins_anew() -> None:
    manifest: dict[str, Any] = {"dependencies": {"bower": "1"}}
    for _ in range(len(PACKAGES) + 1):
        manifest = with_package(manifest)
    assert manifest == {"dependencies": {"bower": "1"}}


def test_build_script_is_in_the_manifest_and_what_it_makes_is_ignored(shelf: Shelf) -> None:
    shelf.add_build_script()
    script = json.loads((shelf.folder / "package.json").read_text())["scripts"]["build"]
    assert (shelf.folder / script.removeprefix("node ")).is_file()
    assert "assets/built/" in (shelf.folder / ".gitignore").read_text().splitlines()
    assert not changed_lines(shelf)


def test_ballast_has_its_size_and_no_pattern(tmp_path: Path) -> None:
    one, other = Ballast(tmp_path / "a", 2), Ballast(tmp_path / "b", 1, seed=1)
    sizes = [file.stat().st_size for file in (one.folder / "data").iterdir()]
    assert sizes == [1_000_000, 1_000_000]
    assert (one.folder / "data/0.bin").read_bytes() != (other.folder / "data/0.bin").read_bytes()
    one.change_view()
    assert f'NOTE = b"{one.note}"' in (one.folder / "ballast.py").read_text()


def test_dockerfiles_differ_by_what_the_sample_is_about() -> None:
    for buildkit in (False, True):
        whole = dockerfile_text.ours(Sample.SHELF, buildkit=buildkit)
        plain = dockerfile_text.ours(Sample.WITHOUT_COLLECTSTATIC, buildkit=buildkit)
        script = dockerfile_text.ours(Sample.WITH_SCRIPT, buildkit=buildkit)
        assert plain == whole.replace("RUN python3 manage.py collectstatic --noinput\n", "")
        assert "collectstatic" not in plain
        assert script.index("COPY --chown=heroku:dyno . .") < script.index("RUN npm run build\nRUN python3 manage.py")
        assert whole == script.replace("RUN npm run build\n", "")
        assert ("--mount=type=cache" in whole) is buildkit


def test_every_stage_is_marked_as_its_first_step() -> None:
    marked = dockerfile_text.marked("from a as b\nRUN x\nFROM c\n", "run-1", "run-1-shelf")
    label = 'LABEL localku.benchmark="run-1" localku.benchmark.image="run-1-shelf"'
    assert marked.splitlines() == ["from a as b", label, "RUN x", "FROM c", label]


def test_somebodys_own_app_is_copied_and_only_the_copy_changes(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "site").mkdir(parents=True)
    (theirs / "node_modules").mkdir()
    (theirs / "node_modules/index.js").write_text("x\n")
    (theirs / "a.py").write_text("A = 1\n")
    (theirs / "site/views.py").write_text("B = 1\n")
    app = ForeignApp(tmp_path / "copy", theirs, "/login", None)
    app.change_view()
    app.change_view()
    assert (theirs / "site/views.py").read_text() == "B = 1\n"
    assert (app.folder / "site/views.py").read_text() == "B = 1\n# edit 2\n"
    assert not (app.folder / "node_modules").exists()
    assert app.page == "/login"
    assert app.process("<p>started x</p>") is None


def test_folder_without_a_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("x")
    with pytest.raises(ValueError, match="--change"):
        chosen(tmp_path)
