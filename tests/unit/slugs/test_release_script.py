"""What a build leaves comes into the image as it is. Its lists come from where the app's code ran: anything goes."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from localku.slugs.inside import app_part
from localku.slugs.release_image import SCRIPT


@pytest.fixture
def build(tmp_path: Path) -> Path:
    (tmp_path / "slug_1").mkdir()
    (tmp_path / "app").mkdir(mode=0o700)
    folder = tmp_path / "build_1"
    folder.mkdir(mode=0o700)
    return folder


def run(build: Path, *excluded: str, listed: bytes | None = None) -> tuple[int, str, str]:
    text = app_part.listed(app_part.entries(build, excluded)) if listed is None else listed
    (build.parent / "slug_1" / app_part.WRITE).write_bytes(text)
    return release(build.parent, "1\n")


def release(volume: Path, sent: str) -> tuple[int, str, str]:
    command = ["bash", "-c", SCRIPT.read_text(), SCRIPT.name, str(volume), str(volume / "app")]
    done = subprocess.run(command, input=sent, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def seen(folder: Path) -> dict[bytes, tuple[object, ...]]:
    """Return mode, seconds, links, and the content of all in it."""
    found: dict[bytes, tuple[object, ...]] = {}
    for path, info in app_part.entries(folder, ()).items():
        place = os.path.join(os.fsencode(folder), path)  # noqa: PTH118 (bytes)
        if stat.S_ISREG(info.st_mode):
            content: object = Path(os.fsdecode(place)).read_bytes()
        else:
            content = os.readlink(place) if stat.S_ISLNK(info.st_mode) else None  # noqa: PTH115 (bytes)
        links = info.st_nlink if not stat.S_ISDIR(info.st_mode) else 0
        found[path] = (info.st_mode, int(info.st_mtime), links, content)
    return found


ODD_NAMES = (b"-C", b"a\nb", rb"a\nb", b"\xff\xfe", b" ", b"*", b"n" * 200, b"--checkpoint-action=exec=false")


def test_all_of_it_comes_as_it_is(build: Path) -> None:
    (build / "d" / "e").mkdir(parents=True)
    for place in (build, build / "d"):
        for name in ODD_NAMES:
            Path(place, os.fsdecode(name)).write_bytes(bytes(range(256)) * 300)
    (build / "d" / "run").write_text("x")
    (build / "d" / "run").chmod(0o4755)
    (build / "again").hardlink_to(build / "d" / "run")
    os.mkfifo(build / "pipe", 0o640)
    for number, target in enumerate(("../shared", "../../../..", "/etc/passwd", "gone", "link", "d/../../x", "d")):
        (build / f"link{number}").symlink_to(target)
    os.utime(build / "d" / "run", (4711, 4711))
    (build / "d" / "e").chmod(0o1777)
    os.utime(build / "d", (4712, 4712))
    status, said, complaint = run(build)
    assert (status, said, complaint) == (0, "done\n", "")
    assert seen(build.parent / "app") == seen(build)
    assert (build.parent / "app" / "d" / "run").stat().st_nlink == 2


def test_what_the_layer_has_stays_and_its_parents_get_the_modes_of_the_build(build: Path) -> None:
    (build / "assets" / "vendor").mkdir(parents=True)
    (build / "assets" / "vendor" / "new").write_text("not copied")
    (build / "assets" / "mine").write_text("mine")
    (build / "assets").chmod(0o750)
    layer = build.parent / "app" / "assets" / "vendor"
    layer.mkdir(parents=True)
    (layer / "old").write_text("of the layer")
    (build.parent / "app" / "assets").chmod(0o500)
    assert run(build, "assets/vendor")[0] == 0
    app = build.parent / "app"
    assert {str(path.relative_to(app)) for path in app.rglob("*")} == {
        "assets", "assets/vendor", "assets/vendor/old", "assets/mine",
    }  # fmt: skip
    assert stat.S_IMODE((app / "assets").stat().st_mode) == 0o750


def test_sockets_stay_behind(build: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(build / "socket"))
        assert run(build)[0] == 0
    assert list((build.parent / "app").iterdir()) == []


@pytest.mark.parametrize("listed", [b"./gone\0", b"../slug_1/none\0", b"./-\0./x"])
def test_a_list_that_names_what_is_not_there_is_no_release(build: Path, listed: bytes) -> None:
    status, said, complaint = run(build, listed=listed)
    assert status != 0
    assert said == ""
    assert "No such file or directory" in complaint


def test_without_a_list_or_a_build_there_is_no_release(build: Path) -> None:
    assert release(build.parent, "1\n")[:2] == (1, "")
    assert run(build)[0] == 0
    assert release(build.parent, "2\n")[:2] == (1, "")


def test_one_that_nobody_wants_ends(build: Path) -> None:
    assert release(build.parent, "") == (0, "", "")
