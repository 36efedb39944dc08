"""Tarballs that somebody sends as a source: what is no source in good order is refused, and leaves nothing behind."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from localku.errors import LocalkuError
from localku.platform.deploying import deploy_source
from localku.platform.deploying.deploy_source import Remote, Tarball
from localku.platform.deploying.sent import remote_tarball, uploaded
from localku.project.sources import source_size


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, size
    return made


def archive(file: Path, *members: tarfile.TarInfo, mode: str = "w:gz") -> Path:
    with tarfile.open(file, mode) as tar:  # type: ignore[call-overload]
        for one in members:
            tar.addfile(one, io.BytesIO(bytes(one.size)))
    return file


def header_bomb(file: Path) -> Path:
    """A name of two gigabytes, which are some megabytes packed."""
    head = member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=2 * 2**30)
    with gzip.open(file, "wb", compresslevel=1) as packed:
        packed.write(head.tobuf(tarfile.GNU_FORMAT))
        packed.write(bytes(2**20))
    return file


def size_bomb(file: Path) -> Path:
    """Headers of files with more bytes than any source has: only the first ones have to be read."""
    with gzip.open(file, "wb") as packed:
        packed.write(member("small", size=512).tobuf() + bytes(512))
        packed.write(member("huge", size=source_size.LIMIT).tobuf())
    return file


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "out": (lambda file: archive(file, member("../out", size=1)), "does not belong"),
    "absolute": (lambda file: archive(file, member("/tmp/out", size=1)), "does not belong"),
    "through a link": (
        lambda file: archive(file, member("link", tarfile.SYMTYPE, ".."), member("link/out", size=1)),
        "does not belong",
    ),
    "hard link out": (lambda file: archive(file, member("link", tarfile.LNKTYPE, "../out")), "does not belong"),
    "device": (lambda file: archive(file, member("disk", tarfile.BLKTYPE)), "neither a file nor"),
    "terminal": (lambda file: archive(file, member("tty", tarfile.CHRTYPE)), "neither a file nor"),
    "pipe": (lambda file: archive(file, member("pipe", tarfile.FIFOTYPE)), "neither a file nor"),
    "size": (size_bomb, "Heroku takes"),
    "header": (header_bomb, "no reasonable length"),
    "cut short": (lambda file: cut(archive(file, member("a", size=4000))), "cannot be unpacked"),
    "nothing": (lambda file: written(file, b""), "cannot be unpacked"),
    "text": (lambda file: written(file, b"hello" * 200), "cannot be unpacked"),
}


def written(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


def cut(file: Path) -> Path:
    return written(file, file.read_bytes()[:40])


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_source_is_refused(tmp_path: Path, kind: str) -> None:
    make, message = REFUSED[kind]
    sent, target = make(tmp_path / "source"), tmp_path / "target"
    target.mkdir()
    with pytest.raises(LocalkuError, match=message):
        uploaded.unpacked(sent, target)
    assert {one.name for one in tmp_path.iterdir()} == {"source", "target"}
    assert not any(one.is_block_device() or one.is_char_device() or one.is_fifo() for one in target.iterdir())


def test_more_entries_than_any_source_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploaded, "MOST_ENTRIES", 10)
    sent = archive(tmp_path / "source", *(member(f"f{number}") for number in range(11)))
    with pytest.raises(LocalkuError, match="more than 10 entries"):
        uploaded.unpacked(sent, tmp_path / "target")


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
def test_a_source_is_unpacked(tmp_path: Path, mode: str) -> None:
    sent = archive(tmp_path / "source", member("top/app.py", size=3000), mode=mode)
    assert (uploaded.unpacked(sent, tmp_path / "target") / "app.py").read_bytes() == bytes(3000)


def test_a_link_that_leads_out_is_read_by_nobody(tmp_path: Path) -> None:
    """It stays what it is, for it leads somewhere in the build container: here no file is opened through it."""
    (tmp_path / "secret").write_text("web: cat secret\n")
    sent = archive(tmp_path / "source", member("Procfile", tarfile.SYMTYPE, str(tmp_path / "secret")))
    with (
        deploy_source.opened(Tarball(sent)) as tree,
        pytest.raises(LocalkuError, match="Procfile leads by a link out of the app's folder"),
    ):
        _ = tree.project.procfile


@pytest.fixture
def place(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "served"
    folder.mkdir()
    archive(folder / "app.tgz", member("app.py", size=5))

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=folder)  # type: ignore[arg-type]

        def log_message(self, *_arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_source_is_fetched(place: str, tmp_path: Path) -> None:
    checksum = hashlib.sha256((tmp_path / "served" / "app.tgz").read_bytes()).hexdigest()
    with deploy_source.opened(Remote(f"{place}/app.tgz", "v1", f"SHA256:{checksum}")) as tree:
        assert ((tree.root / "app.py").read_bytes(), tree.commit) == (bytes(5), "v1")


def test_another_one_than_was_meant_is_refused(place: str) -> None:
    with (
        pytest.raises(LocalkuError, match="not what its checksum says"),
        deploy_source.opened(Remote(f"{place}/app.tgz", None, f"SHA256:{'0' * 64}")),
    ):
        raise AssertionError


def test_what_is_not_there_or_too_large_is_no_source(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocalkuError, match="cannot be fetched"), deploy_source.opened(Remote(f"{place}/gone")):
        raise AssertionError
    monkeypatch.setattr(source_size, "LIMIT", 10)
    with pytest.raises(LocalkuError, match="has more than"), deploy_source.opened(Remote(f"{place}/app.tgz")):
        raise AssertionError


@pytest.mark.parametrize("url", ["file:///etc/passwd", "/etc/passwd", "ftp://a/b", "http://", "http://[", "data:,x"])
def test_only_the_web_is_fetched_from(url: str) -> None:
    with pytest.raises(LocalkuError, match="http or https"):
        remote_tarball.check_url(url)
