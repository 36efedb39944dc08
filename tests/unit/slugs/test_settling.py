"""What the driver tells while buildpacks work, and what it has them do before their turn."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from localku.slugs.inside import chain_driver, files_seen
from localku.slugs.inside.events import App, Compared, Event, Packed, Settled
from localku.slugs.inside.settling import topmost

ANNOUNCE = """\
announce() { sleep 0.05; printf '%s\\t%s\\t%s\\n' "$1" "$2" "$(date +%s%N)" >>"$LOCALKU_KEEP"; sleep 0.05; }
cd "$1"
"""
NODE = ANNOUNCE + "mkdir -p .heroku/node/lib; echo x >.heroku/node/lib/one; announce t1 .heroku/node\n"


def buildpack(tmp_path: Path, name: str, compile_script: str, **more: str) -> dict[str, str]:
    folder = tmp_path / name / "bin"
    folder.mkdir(parents=True)
    for program, text in {"compile": f"#!/bin/bash\nset -e\n{compile_script}\n", **more}.items():
        (folder / program).write_text(text)
        (folder / program).chmod(0o755)
    (folder / "detect").write_text(f"#!/bin/bash\necho {name}\n")
    return {"reference": name, "dir": str(tmp_path / name), "own": str(tmp_path / name)}


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Build with buildpacks, again and again: `build(number, *buildpacks)` gives what is reported."""
    monkeypatch.setattr(chain_driver, "VOLUME", tmp_path)

    def build(number: int, *buildpacks: dict[str, str]) -> list[Event]:
        places = {"build_dir": "build", "env_dir": "env", "out_dir": "slug"}
        order: dict[str, Any] = {key: str(tmp_path / f"{name}_{number}") for key, name in places.items()}
        order |= {"cache_dir": str(tmp_path / "codon" / "cache"), "buildpack_root": str(tmp_path / "packs" / "now")}
        order |= {
            "auto": False,
            "layer_paths": [".heroku", "vendor"],
            "buildpacks": list(buildpacks),
            "for_our_own": {},
            "base": None,
        }
        for folder in (order["build_dir"], order["env_dir"], order["buildpack_root"]):
            Path(folder).mkdir(parents=True, exist_ok=True)
        told: list[Event] = []
        removal = chain_driver.remove(chain_driver.leftovers(order))
        assert chain_driver.build(order, told.append, {}) == 0
        if removal is not None:
            removal.wait()
        return told

    return build


def settled(told: list[Event]) -> list[Settled]:
    return [event for event in told if isinstance(event, Settled)]


def test_what_a_buildpack_has_finished_is_told_before_the_next_one_begins(build: Any, tmp_path: Path) -> None:
    told = build(1, buildpack(tmp_path, "node", NODE), buildpack(tmp_path, "other", ""))
    assert [type(event) for event in told] == [App, Settled, App, Compared, Packed]
    assert told[1] == Settled((".heroku/node",), 1)
    rows = (tmp_path / "slug_1" / "part-1").read_text().split("\0")
    found = (tmp_path / "build_1" / ".heroku" / "node" / "lib" / "one").stat()
    assert rows[0] == "./.heroku/node//*"
    assert len(rows) == len(("folder", "file", ""))
    assert rows[1].startswith(f"./.heroku/node/lib/one//{found.st_ino} {found.st_ctime_ns // 10**9}.")


def test_of_the_last_buildpack_nothing_is_told_but_the_slug(build: Any, tmp_path: Path) -> None:
    assert not settled(build(1, buildpack(tmp_path, "node", NODE)))


def test_what_the_last_buildpack_has_finished_is_told_while_it_goes_on(build: Any, tmp_path: Path) -> None:
    """One of our own, which announces it and ends when that has been told."""
    compile_script = f"""#!/usr/bin/env python3
import os, pathlib, sys, time
tree = pathlib.Path(sys.argv[1], ".heroku", "python")
tree.mkdir(parents=True)
(tree / "one").write_text("1")
time.sleep(0.05)
with open(os.environ["LOCALKU_KEEP"], "a") as keep:
    keep.write(f"token\\t.heroku/python\\t{{time.time_ns()}}\\n")
part = pathlib.Path({str(tmp_path)!r}, "slug_1", "part-1")
for _ in range(200):
    if part.is_file():
        raise SystemExit(0)
    time.sleep(0.05)
raise SystemExit("not told")
"""
    node, python = buildpack(tmp_path, "node", NODE), buildpack(tmp_path, "python", "")
    (tmp_path / "python" / "bin" / "compile").write_text(compile_script)
    told = build(1, python)
    assert settled(told) == [Settled((".heroku/python",), 1)]
    assert [type(event) for event in told] == [App, Settled, Compared, Packed]
    (tmp_path / "python" / "bin" / "compile").write_text(compile_script.partition("part =")[0])
    assert settled(build(2, python, node)) == [Settled((".heroku/python",), 1)], "once, when it is over"


def test_the_last_builds_trees_are_not_told(build: Any, tmp_path: Path) -> None:
    other = buildpack(tmp_path, "other", "")
    build(1, buildpack(tmp_path, "node", NODE), other)
    move = (
        'mkdir -p "$1/.heroku"; mv "$LOCALKU_LAST_BUILD/.heroku/node" "$1/.heroku/node"\n'
        """moment=$(sed 's/.*"moment": \\([0-9]*\\).*/\\1/' "$LOCALKU_SPARES")\n"""
        """printf 't1\\t.heroku/node\\t%s\\n' "$moment" >>"$LOCALKU_KEEP"\n"""
    )
    assert not settled(build(2, buildpack(tmp_path, "mover", move), other))


def test_a_tree_that_was_made_anew_is_told_again(build: Any, tmp_path: Path) -> None:
    vendor = ANNOUNCE + "mkdir vendor; announce t2 vendor\n"
    again = ANNOUNCE + "echo more >.heroku/node/lib/two; announce t3 .heroku/node\n"
    packs = [("node", NODE), ("vendor", vendor), ("again", again), ("last", "")]
    told = settled(build(1, *(buildpack(tmp_path, name, text) for name, text in packs)))
    assert told == [Settled((".heroku/node",), 1), Settled(("vendor",), 2), Settled((".heroku/node",), 3)]


def test_each_layer_has_a_list_and_the_newest_stay(build: Any, tmp_path: Path) -> None:
    (slug,) = (event for event in build(1, buildpack(tmp_path, "node", NODE)) if isinstance(event, Packed))
    folder = tmp_path / "codon" / files_seen.FOLDER
    assert [file.name for file in folder.iterdir()] == [slug.layer]
    before = (folder / slug.layer).read_bytes()
    assert b"./.heroku/node/lib/one//" in before
    files_seen.keep(folder, slug.layer, b"other")
    assert (folder / slug.layer).read_bytes() == before
    for number in range(files_seen.KEPT + 1):
        files_seen.keep(folder, str(number), b"")
        os.utime(folder / str(number), (10**10 + number, 10**10 + number))
    assert {file.name for file in folder.iterdir()} == {str(number) for number in range(1, files_seen.KEPT + 1)}


def test_a_buildpack_of_our_own_may_begin_before_its_turn(build: Any, tmp_path: Path) -> None:
    ahead = "#!/usr/bin/env python3\nimport pathlib, sys\npathlib.Path(sys.argv[2], 'ahead').write_text('made')\n"
    own = {**buildpack(tmp_path, "own", 'cp "$2/ahead" "$1/got"', ahead=ahead), "own": "yes"}
    foreign = buildpack(tmp_path, "foreign", "", ahead="#!/bin/sh\nexit 1\n")
    build(1, buildpack(tmp_path, "first", ""), own, foreign)
    assert (tmp_path / "build_1" / "got").read_text() == "made"


def test_what_lies_in_another_folder_is_told_with_it() -> None:
    assert topmost(["a/b", "a", "a-b", "c/d/e", "a/b/c"]) == ("a", "a-b", "c/d/e")
