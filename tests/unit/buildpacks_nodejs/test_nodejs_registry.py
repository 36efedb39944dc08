import base64
import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from nodekit import runtime
from nodekit.fetch import FetchError
from nodekit.read_ahead import Checked
from nodekit.registry import Registry
from nodekit.semver import Version
from nodekit.unpack import unpack


def tarball(*names: str) -> bytes:
    """The same bytes in every process: a parameter made of them names the test."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    return gzip.compress(body.getvalue(), mtime=0)


TARBALL = tarball("package/package.json", "package/bin/tool")
INTEGRITY = "sha512-" + base64.b64encode(hashlib.sha512(TARBALL).digest()).decode()


class Answers(BaseHTTPRequestHandler):
    integrity = INTEGRITY
    tarball = TARBALL

    def do_GET(self) -> None:
        base = f"http://{self.headers['Host']}"
        versions = {
            version: {"dist": {"tarball": f"{base}/t.tgz", "integrity": self.integrity}, "engines": {"node": node}}
            for version, node in (("1.0.0", ">=4"), ("1.1.0", ">=18"), ("2.0.0", ">=18"))
        }
        body = {"/tool": json.dumps({"versions": versions}).encode(), "/t.tgz": self.tarball}.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_what: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_best_version_is_the_highest_that_runs_on_this_node(url: str, tmp_path: Path) -> None:
    registry = Registry(tmp_path, {"NPM_CONFIG_REGISTRY": url})
    newest, for_old = registry.best("tool", "1.x"), registry.best("tool", "1.x", node=Version(5, 9, 1))
    assert newest is not None
    assert for_old is not None
    assert (newest.version, for_old.version) == ("1.1.0", "1.0.0")


def test_a_tarball_without_a_node_is_none_and_not_kept(url: str, tmp_path: Path) -> None:
    registry = Registry(tmp_path, {"NPM_CONFIG_REGISTRY": url})
    artifact = registry.versions("tool")["1.0.0"]
    with pytest.raises(FetchError, match="there is no bin/node in it"):
        runtime.unpacked_node(registry, "tool", artifact)
    assert registry.cached_tool("tool", "1.0.0") is None


def test_what_was_downloaded_once_needs_no_network(url: str, tmp_path: Path) -> None:
    registry = Registry(tmp_path, {"NPM_CONFIG_REGISTRY": url})
    found = registry.best("tool", "2.x")
    assert found is not None
    folder = registry.tool("tool", found)
    assert (folder / "bin" / "tool").read_text() == "package/bin/tool"

    offline = Registry(tmp_path, {}, offline=True)
    again = offline.best("tool", "2.x")
    assert again == found
    assert offline.tool("tool", found) == folder
    with pytest.raises(FetchError, match="no network"):
        offline.versions("other")


def test_only_the_last_two_versions_of_a_tool_are_kept(url: str, tmp_path: Path) -> None:
    registry = Registry(tmp_path, {"NPM_CONFIG_REGISTRY": url})
    for artifact in registry.versions("tool").values():
        registry.tool("tool", artifact)
    assert len([each for each in (tmp_path / "tools").iterdir() if each.is_dir()]) == 2


def test_a_wrong_checksum_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answers, "integrity", "sha512-AAAA")
    registry = Registry(tmp_path, {"NPM_CONFIG_REGISTRY": url})
    found = registry.best("tool", "2.x")
    assert found is not None
    with pytest.raises(FetchError, match="checksum validation failed"):
        registry.tool("tool", found)


def test_an_unknown_package_and_an_unreachable_registry_are_told_apart(url: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="404") as caught:
        Registry(tmp_path, {"NPM_CONFIG_REGISTRY": url}).versions("nothing")
    assert caught.value.missing
    with pytest.raises(FetchError, match="9/tool") as caught:
        Registry(tmp_path, {"NPM_CONFIG_REGISTRY": "http://127.0.0.1:9"}).versions("tool")
    assert not caught.value.missing


def test_checksums_of_every_kind() -> None:
    def is_right(body: bytes, integrity: str) -> bool:
        return Checked(io.BytesIO(body), integrity, lambda exc: exc).is_right()

    assert is_right(TARBALL, INTEGRITY)
    assert is_right(TARBALL, "sha1-" + base64.b64encode(hashlib.sha1(TARBALL).digest()).decode())  # noqa: S324
    assert is_right(TARBALL, "")
    assert not is_right(TARBALL + b"x", INTEGRITY)


@pytest.mark.parametrize(
    ("body", "integrity", "reason"),
    [
        (TARBALL[:-20], INTEGRITY, "checksum validation failed"),
        (TARBALL + b"x", INTEGRITY, "checksum validation failed"),
        (TARBALL[:-20], "", "not a tarball"),
        (b"<html>", "", "not a tarball"),
    ],
)
def test_of_what_is_no_tarball_nothing_stays(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: bytes, integrity: str, reason: str
) -> None:
    monkeypatch.setattr(Answers, "tarball", body)
    found = Registry(tmp_path, {"NPM_CONFIG_REGISTRY": url}).best("tool", "2.x")
    assert found is not None
    with pytest.raises(FetchError, match=reason):
        Registry(tmp_path, {}).tool("tool", replace(found, integrity=integrity))
    assert not list((tmp_path / "tools").iterdir())


def test_a_tarball_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    unpack(io.BytesIO(tarball("package/ok", "package/../../../escaped", "/etc/escaped-too")), tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "ok").exists()
    assert not list(tmp_path.rglob("escaped"))


def test_a_package_that_wraps_nodes_own_tarball_is_unpacked_twice(tmp_path: Path) -> None:
    inner = tarball("node-v0.10.1-linux-x64/bin/node")
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        member = tarfile.TarInfo("package/node-v0.10.1-linux-x64.tar.gz")
        member.size = len(inner)
        archive.addfile(member, io.BytesIO(inner))
    body.seek(0)
    unpack(body, tmp_path / "node")
    assert (tmp_path / "node" / "bin" / "node").is_file()
