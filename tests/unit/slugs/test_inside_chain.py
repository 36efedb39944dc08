import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from localku.slugs.building import furniture
from localku.slugs.inside import app_part, chain_driver, events, layer_print, surroundings
from localku.slugs.inside.events import Event
from localku.slugs.inside.intake import LENGTH


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
        "layer_paths": ["node_modules", ".heroku"],
        "for_our_own": {"LOCALKU_OFFLINE": "1"},
        "base": None,
        "buildpacks": [{"reference": folder.name, "dir": str(folder)} for folder in buildpacks],
    }


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


WHERE = 'echo "$(basename "$0") $PWD"; env | sort | sed "s/^/  /"'

HEROKUS = {
    "BUILDPACK_LOG_FILE", "DYNO", "HOME", "OLDPWD", "PATH", "PWD", "REQUEST_ID", "SHLVL", "SOURCE_VERSION", "STACK",
    "_",
}  # fmt: skip
"""heroku-buildpack-python: what bin/pre_compile of spec/fixtures/hooks_pre_compile_pass_post_compile_fail leaves out of
its list, and what of spec/hatchet/hooks_spec.rb's list the buildpack does not set itself."""


def test_programs_start_in_their_own_folder_with_herokus_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    bp = tmp_path / "bp"
    for name in ("detect", "compile", "release"):
        script(bp, name, WHERE)
        (bp / "bin" / name).chmod(0o755)
    engines = {"HOSTNAME": "1f2e3d", "LC_CTYPE": "C.UTF-8", "TERM": "xterm", "LOCALKU_OFFLINE": "1"}
    herokus = dict.fromkeys(HEROKUS - {"OLDPWD", "PWD", "SHLVL", "_"}, "1") | {"PATH": os.environ["PATH"]}
    monkeypatch.setattr(os, "environ", {**engines, **herokus})
    wanted = order(tmp_path, bp)
    wanted["for_our_own"] = surroundings.take(os.environ)
    assert wanted["for_our_own"] == {"LOCALKU_OFFLINE": "1"}
    (buildpack,) = wanted["buildpacks"]
    said = [chain_driver.detect(wanted, buildpack)[1], chain_driver.release_of(wanted, buildpack)]
    assert chain_driver.compile_app(wanted, buildpack, []) == 0
    said.append(capfd.readouterr().out)
    for name, text in zip(("detect", "release", "compile"), said, strict=True):
        first, *rows = text.splitlines()
        assert first == f"{name} {bp}"
        seen = {row.strip().partition("=")[0] for row in rows}
        assert seen - HEROKUS == set()
        assert HEROKUS - {"OLDPWD"} - seen == set()


def test_our_own_buildpacks_are_told_more(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    bp = tmp_path / "bp"
    script(bp, "compile", WHERE)
    (bp / "bin" / "compile").chmod(0o755)
    wanted = order(tmp_path, bp)
    (buildpack,) = wanted["buildpacks"]
    assert chain_driver.compile_app(wanted, {**buildpack, "own": str(bp)}, []) == 0
    told = capfd.readouterr().out
    assert "  LOCALKU_OFFLINE=1\n" in told
    assert f"  LOCALKU_KEEP={tmp_path}/" in told


def test_a_buildpack_may_have_no_release(tmp_path: Path) -> None:
    assert chain_driver.release_of(order(tmp_path), {"reference": "bp", "dir": str(tmp_path)}) == ""


def test_a_buildpack_of_our_own_takes_place_as_links_and_finds_itself_there(tmp_path: Path) -> None:
    own, place = tmp_path / "own", tmp_path / "root" / "0"
    script(
        own, "compile", 'folder=$(dirname "$(dirname "$(readlink -f "$0")")"); cp "$folder/lib/one" "$folder/export"'
    )
    write(own, "lib/one", "export A=1")
    (own / "bin" / "compile").chmod(0o755)
    chain_driver.furnish(own, place)
    subprocess.run([place / "bin" / "compile"], check=True)
    assert (place / "export").read_text() == "export A=1"
    assert sorted(each.name for each in place.iterdir() if not each.is_symlink()) == ["bin", "export"]
    assert not (own / "export").exists()


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
    chain_driver.pack(wanted, "---", told.append, {})
    names = (tmp_path / "slug_1" / app_part.WRITE).read_text().split("\0")
    assert names == [
        ".", "./Procfile", "./ab", "./ab/c", "./app.py", "./sub", "./sub/node_modules", "./sub/node_modules/b.js", "",
    ]  # fmt: skip
    compared, slug = told
    assert isinstance(compared, events.Compared)
    assert isinstance(slug, events.Packed)
    assert (slug.procfile, slug.layer_paths) == ("web: run\n", ("node_modules", "a*[b]"))
    assert slug.layer == layer_print.fingerprint(build, ["node_modules", "a*[b]"])
    assert 0 < slug.app_compressed < 10_000


def test_nothing_of_a_build_goes_on_once_its_files_are_listed(tmp_path: Path) -> None:
    for name in ("detect", "compile"):
        script(tmp_path / "bp", name, "exit 0")
    wanted = order(tmp_path, tmp_path / "bp")
    there: list[bool] = []
    assert chain_driver.build(wanted, lambda _: None, {}, lambda: there.append(Path(wanted["out_dir"]).exists())) == 0
    assert there == [False]


def test_leftovers_of_killed_builds_go_and_the_cache_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_driver, "VOLUME", tmp_path)
    wanted = order(tmp_path)
    wanted["buildpack_root"] = str(tmp_path / "codon" / "buildpacks" / "now")
    for name in ("build_old/x", "env_old/x", "slug_old/x", "old/x", "cache/kept", "codon/buildpacks/old/x"):
        write(tmp_path, name)
    left_over = chain_driver.leftovers(wanted)
    removal = chain_driver.remove(left_over)
    assert removal is not None
    assert removal.wait() == 0
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
    assert chain_driver.remove(left_over) is None
    records = {"announced", "spares.json"}
    assert left == {"build_1", "env_1", "cache", "cache/kept", "codon", "codon/buildpacks"} | records


def test_the_driver_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    for name in furniture.DRIVER:
        shutil.copy(furniture.INSIDE / name, write(tmp_path, f"localku/slugs/inside/{name}"))
    load = "from localku.slugs.inside import app_part, chain_driver; print(chain_driver)"
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {load}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert str(tmp_path) in done.stdout


def test_a_driver_cannot_be_looked_into_and_keeps_its_orders_to_itself(tmp_path: Path) -> None:
    code = (
        "import ctypes; from localku.slugs.inside import app_part, chain_driver as chain\n"
        "chain.leftovers = lambda order: []\n"
        "GET_DUMPABLE = 3\n"
        "shown = lambda order: print(sorted(order), ctypes.CDLL(None).prctl(GET_DUMPABLE))\n"
        "chain.build = lambda order, tell, sent, end: shown(order) or 1\n"
        f"chain.main(chain.Path({str(tmp_path)!r}))\n"
        "print(chain.os.read(0, 10))\n"
    )
    asked = {"key": "c0ffee", "environment": {}, "env_dir": str(tmp_path / "env_1"), "buildpacks": []}
    nothing = io.BytesIO()
    tarfile.open(fileobj=nothing, mode="w").close()
    blocks = (json.dumps(asked).encode(), nothing.getvalue(), nothing.getvalue())
    sent = b"".join(len(block).to_bytes(LENGTH, "big") + block for block in blocks)
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True, check=True)
    assert done.stdout.decode() == "['buildpacks', 'env_dir', 'for_our_own'] 0\nb''\n"


def test_a_driver_that_nobody_sends_an_order_ends() -> None:
    code = "from localku.slugs.inside import app_part, chain_driver as chain; raise SystemExit(chain.main())"
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_driver_whose_disk_is_full_says_so_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "env_1").mkdir()
    asked = {"key": "c0ffee", "environment": {}, "env_dir": str(tmp_path / "env_1"), "buildpacks": []}
    blocks = (json.dumps(asked).encode(), b"no archive at all")
    sent = b"".join(len(block).to_bytes(LENGTH, "big") + block for block in blocks)
    code = "from localku.slugs.inside import app_part, chain_driver as chain; raise SystemExit(chain.main())"
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"Traceback" not in done.stdout + done.stderr
    assert b" !     The build cannot go on: [Errno 5] could not unpack what was sent: tar ended with 2\n" in done.stdout
    assert not (tmp_path / "env_1").exists()
