import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from localku.slugs import container
from localku.slugs.inside import chain_driver, events
from localku.slugs.inside.events import Event


def write(root: Path, name: str, text: str = "x", mode: int = 0o644) -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def script(folder: Path, name: str, body: str) -> None:
    write(folder, f"bin/{name}", f"#!/bin/bash\n{body}\n", 0o644)


def order(tmp_path: Path, *buildpacks: Path, auto: bool = False) -> dict[str, Any]:
    build = tmp_path / "build_1"
    build.mkdir(exist_ok=True)
    (tmp_path / "env_1").mkdir(exist_ok=True)
    return {
        "build_dir": str(build),
        "cache_dir": str(tmp_path / "cache"),
        "env_dir": str(tmp_path / "env_1"),
        "out_dir": str(tmp_path / "slug_1"),
        "buildpack_root": str(tmp_path / "buildpacks"),
        "auto": auto,
        "uid": os.getuid(),
        "gid": os.getgid(),
        "layer_paths": ["node_modules", ".heroku"],
        "buildpacks": [{"reference": folder.name, "dir": str(folder)} for folder in buildpacks],
    }


def test_the_fingerprint_of_the_same_files_is_the_same(tmp_path: Path) -> None:
    write(tmp_path, "node_modules/b/index.js")
    write(tmp_path, "node_modules/a/index.js")
    (tmp_path / "node_modules" / "link").symlink_to("a")
    before = chain_driver.fingerprint(tmp_path, ["node_modules"])
    os.utime(tmp_path / "node_modules")
    assert chain_driver.fingerprint(tmp_path, ["node_modules"]) == before
    write(tmp_path, "outside")
    assert chain_driver.fingerprint(tmp_path, ["node_modules"]) == before


def change_content(root: Path) -> None:
    write(root, "node_modules/a", "longer")


def change_time(root: Path) -> None:
    os.utime(root / "node_modules" / "a", (1, 1))


def change_mode(root: Path) -> None:
    (root / "node_modules" / "a").chmod(0o755)


def change_link(root: Path) -> None:
    (root / "node_modules" / "link").unlink()
    (root / "node_modules" / "link").symlink_to("b")


def change_name(root: Path) -> None:
    (root / "node_modules" / "a").rename(root / "node_modules" / "c")


def add_empty_folder(root: Path) -> None:
    (root / "node_modules" / "empty").mkdir()


@pytest.mark.parametrize(
    "change", [change_content, change_time, change_mode, change_link, change_name, add_empty_folder]
)
def test_the_fingerprint_changes_with_anything_a_program_could_see(change: Any, tmp_path: Path) -> None:
    write(tmp_path, "node_modules/a")
    (tmp_path / "node_modules" / "link").symlink_to("a")
    before = chain_driver.fingerprint(tmp_path, ["node_modules"])
    change(tmp_path)
    assert chain_driver.fingerprint(tmp_path, ["node_modules"]) != before


def test_names_that_are_no_text_have_a_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path / "node_modules") + b"/\xff")).write_text("x")
    assert len(chain_driver.fingerprint(tmp_path, ["node_modules"])) == 32


def test_without_any_folder_the_fingerprint_is_that_of_nothing(tmp_path: Path) -> None:
    assert chain_driver.fingerprint(tmp_path, []) == chain_driver.fingerprint(tmp_path / "elsewhere", [])


def test_detect_gives_status_name_and_complaint(tmp_path: Path) -> None:
    bp = tmp_path / "bp"
    script(bp, "detect", 'echo "Python  "; echo careful >&2; exit 3')
    (bp / "bin" / "detect").chmod(0o755)
    assert chain_driver.detect(order(tmp_path, bp), {"reference": "bp", "dir": str(bp)}) == (3, "Python", "careful\n")


def test_a_buildpack_without_detect_is_not_one(tmp_path: Path) -> None:
    status, _, complaint = chain_driver.detect(order(tmp_path), {"reference": "x/y", "dir": str(tmp_path / "none")})
    assert (status, complaint) == (127, "This buildpack has no bin/detect, so it is not one: x/y\n")


def test_all_that_detect_take_part_in_their_order(tmp_path: Path) -> None:
    for name, status in (("one", 0), ("two", 1), ("three", 0)):
        script(tmp_path / name, "detect", f"exit {status}")
    wanted = order(tmp_path, *(tmp_path / name for name in ("one", "two", "three")), auto=True)
    told: list[Event] = []
    assert [found["reference"] for found in chain_driver.choose(wanted, told.append)] == ["one", "three"]
    assert told == [events.Detected(("one", "three"))]


def test_a_list_is_taken_whole_and_its_programs_are_made_executable(tmp_path: Path) -> None:
    script(tmp_path / "one", "detect", "exit 1")
    wanted = order(tmp_path, tmp_path / "one")
    told: list[Event] = []
    assert chain_driver.choose(wanted, told.append) == wanted["buildpacks"]
    assert told == []
    assert os.access(tmp_path / "one" / "bin" / "detect", os.X_OK)


@pytest.mark.parametrize(("body", "text"), [("echo '---'", "---\n"), ("exit 1", ""), ("printf '\\xff'", "\ufffd")])
def test_release_is_what_it_prints_where_it_succeeds(body: str, text: str, tmp_path: Path) -> None:
    script(tmp_path / "bp", "release", body)
    (tmp_path / "bp" / "bin" / "release").chmod(0o755)
    assert chain_driver.release_of(order(tmp_path), {"reference": "bp", "dir": str(tmp_path / "bp")}) == text


def test_a_buildpack_may_have_no_release(tmp_path: Path) -> None:
    assert chain_driver.release_of(order(tmp_path), {"reference": "bp", "dir": str(tmp_path)}) == ""


def test_the_slug_is_everything_but_the_layer(tmp_path: Path) -> None:
    wanted = {**order(tmp_path), "layer_paths": ["node_modules", ".heroku", "a*[b]"]}
    told: list[Event] = []
    build = tmp_path / "build_1"
    write(build, "app.py")
    write(build, "node_modules/a/index.js")
    write(build, "sub/node_modules/b.js")
    write(build, "Procfile", "web: run\n")
    write(build, "a*[b]/of-the-layer")
    write(build, "ab/c")
    chain_driver.pack(wanted, "---", told.append)
    with tarfile.open(tmp_path / "slug_1" / "app.tar") as tar:
        names = {name.removeprefix("./") for name in tar.getnames()}
    assert names == {".", "app.py", "Procfile", "sub", "sub/node_modules", "sub/node_modules/b.js", "ab", "ab/c"}
    (slug,) = told
    assert isinstance(slug, events.Packed)
    assert (slug.procfile, slug.layer_paths) == ("web: run\n", ("node_modules", "a*[b]"))
    assert slug.layer == chain_driver.fingerprint(build, ["node_modules", "a*[b]"])
    assert 0 < slug.app_compressed < 10_000


def test_leftovers_of_killed_builds_go_and_the_cache_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_driver, "Path", lambda *parts: tmp_path if parts == ("/tmp",) else Path(*parts))
    wanted = order(tmp_path)
    wanted["buildpack_root"] = str(tmp_path / "codon" / "buildpacks" / "now")
    for name in ("build_old/x", "env_old/x", "slug_old/x", "cache/kept", "codon/buildpacks/old/x"):
        write(tmp_path, name)
    removal = chain_driver.clean_leftovers(wanted)
    assert removal is not None
    assert removal.wait() == 0
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert left == {"build_1", "env_1", "cache", "cache/kept", "codon", "codon/buildpacks"}


def test_the_driver_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    for name in container.DRIVER:
        shutil.copy(container.INSIDE / name, write(tmp_path, f"localku/slugs/inside/{name}"))
    load = "from localku.slugs.inside import chain_driver; print(chain_driver)"
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {load}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert str(tmp_path) in done.stdout


def test_a_driver_takes_its_order_away_and_cannot_be_looked_into(tmp_path: Path) -> None:
    code = (
        "import ctypes; from localku.slugs.inside import chain_driver as chain\n"
        "chain.clean_leftovers = lambda order: None\n"
        "GET_DUMPABLE = 3\n"
        "chain.build = lambda order, tell: print(sorted(order), ctypes.CDLL(None).prctl(GET_DUMPABLE))\n"
        f"chain.main({str(tmp_path / 'order.json')!r})\n"
    )
    (tmp_path / "order.json").write_text(json.dumps({"key": "c0ffee", "env_dir": str(tmp_path / "env_1")}))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['env_dir'] 0\n"
    assert not (tmp_path / "order.json").exists()
