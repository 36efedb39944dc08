"""The slug's tar comes from a container in which the app's code ran: anything may be in it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from localku.errors import LocalkuError
from localku.slugs import slug_tar, users
from localku.slugs.archive import Archive

WHO = users.identity(10000)


def member(name: str, content: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def folder(name: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.DIRTYPE, mode=0o755)


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.SYMTYPE, linkname=target, mode=0o777)


def hard(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.LNKTYPE, linkname=target)


def engines(*members: tuple[tarfile.TarInfo, bytes], size: int = 4096) -> Iterator[bytes]:
    """The tar with app.tar in it, in pieces as the engine cuts them."""
    inner, outer = io.BytesIO(), Archive()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    outer.file("app.tar", inner.getvalue())
    raw = outer.bytes()
    return (raw[at : at + size] for at in range(0, len(raw), size))


def placed(*members: tuple[tarfile.TarInfo, bytes], size: int = 4096) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    data = b"".join(slug_tar.placed(engines(*members, size=size), "app", WHO))
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as tar:
        return {info.name: (info, _content(tar, info)) for info in tar}


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(info) if info.isreg() else None
    return file.read() if file else b""


@pytest.mark.parametrize("size", [7, 512, 5000, 1 << 20])
def test_all_of_it_comes_out_below_the_apps_folder_however_the_engine_cuts_it(size: int) -> None:
    content, long = bytes(range(256)) * 6000, "d/" + "n" * 200 + "\udcff"
    found = placed(
        folder("./"),
        folder("./d"),
        member("./d/data", content, mode=0o755, uid=0, gid=0, uname="root", mtime=4711),
        member(f"./{long}", b"x"),
        hard("./again", "./d/data"),
        member("./pipe", type=tarfile.FIFOTYPE),
        member("./empty"),
        size=size,
    )
    assert list(found) == ["app", "app/d", "app/d/data", f"app/{long}", "app/again", "app/pipe", "app/empty"]
    info, read = found["app/d/data"]
    assert (read, info.mode, info.mtime) == (content, 0o755, 4711)
    assert {(info.uid, info.gid, info.uname) for info, _ in found.values()} == {(WHO.uid, WHO.gid, "")}
    assert found["app/again"][0].linkname == "app/d/data"


@pytest.mark.parametrize("target", ["../shared", "../../../..", "/etc/passwd", "gone", "link", "d/../../x"])
def test_a_link_stays_as_it_is_wherever_it_leads(target: str) -> None:
    found = placed(folder("./"), link("./link", target), folder("./d"), link("./d/link", target))
    assert [(info.name, info.linkname) for info, _ in found.values() if info.issym()] == [
        ("app/link", target),
        ("app/d/link", target),
    ]


@pytest.mark.parametrize(
    "members",
    [
        (member("../usr/local/bin/dyno", b"x"),),
        (member("/usr/local/bin/dyno", b"x"),),
        (member("./a/../../etc/passwd", b"x"),),
        (link("./bin", "/usr/local/bin"), member("./bin/dyno", b"x")),
        (link("./bin", "/usr/local/bin"), folder("./bin"), member("./bin/dyno", b"x")),
        (link("./deep", "/usr"), member("./deep/local/bin/dyno", b"x")),
        (link("./dyno", "/usr/local/bin/dyno"), member("./dyno", b"x")),
        (link("./dyno", "/usr/local/bin/dyno"), member("dyno/.", b"x")),
        (hard("./dyno", "/usr/local/bin/dyno"),),
        (hard("./dyno", "../usr/local/bin/dyno"),),
        (hard("./dyno", "./not-before"),),
        (link("./bin", "/usr/local/bin"), hard("./dyno", "./bin/dyno")),
        (link(".", "/usr/local/bin"), member("./dyno", b"x")),
        (member("./sda", type=tarfile.BLKTYPE, devmajor=8),),
        (member("./mem", type=tarfile.CHRTYPE, devmajor=1),),
    ],
)
def test_nothing_lands_outside_the_apps_folder(members: tuple[tuple[tarfile.TarInfo, bytes], ...]) -> None:
    with pytest.raises(LocalkuError, match="The build produced a slug that cannot be unpacked"):
        placed(*members)


def test_a_build_that_left_no_slug_says_so() -> None:
    with pytest.raises(LocalkuError, match="The build produced no slug"):
        list(slug_tar.placed(iter([Archive().bytes()]), "app", WHO))


def test_a_link_in_place_of_the_slug_is_not_followed() -> None:
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w") as tar:
        tar.addfile(link("app.tar", "/etc/passwd")[0])
    with pytest.raises(LocalkuError, match="The build produced no slug"):
        list(slug_tar.placed(iter([outer.getvalue()]), "app", WHO))


@pytest.mark.parametrize("broken", [b"", b"no tar at all" * 100, b"\0" * 100])
def test_what_is_no_tar_is_an_error_of_ours(broken: bytes) -> None:
    outer = Archive()
    outer.file("app.tar", broken)
    with pytest.raises(LocalkuError, match="cannot be unpacked"):
        list(slug_tar.placed(iter([outer.bytes()]), "app", WHO))
    with pytest.raises(LocalkuError):
        list(slug_tar.placed(iter([broken]), "app", WHO))


def test_a_tar_that_ends_too_soon_is_an_error_of_ours() -> None:
    raw = b"".join(engines(member("./data", b"x" * 100_000)))
    with pytest.raises(LocalkuError, match="cannot be unpacked"):
        list(slug_tar.placed(iter([raw[:50_000]]), "app", WHO))
