"""curl as the client: what it is told, and what of it the dyno received."""

from __future__ import annotations

import gzip
import os
import subprocess
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import h11
import pytest
from proof_kit import pairs
from router_kit import Dyno, Reader, World, Writer, start

from localku.router.router_server import RouterThread
from localku.router.tls import certificates

TEXT = b"a page that compresses well, " * 300
ZIPPED = gzip.compress(TEXT)
DOWNLOAD = 3 * 1024 * 1024
UPLOAD = 50 * 1024 * 1024
BIG = ["~/big", "~/stream", "~/until-close"]


class Shop:
    """A dyno that tells the SHA-256 of what it was sent, and serves a few pages of each framing."""

    def __init__(self) -> None:
        self.seen: list[dict[str, str]] = []
        self.connections = 0
        self.goods = os.urandom(DOWNLOAD)

    async def __call__(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        server = h11.Connection(h11.SERVER)
        method, target, digest = "", "", sha256()
        while True:
            event = server.next_event()
            if event is h11.NEED_DATA:
                server.receive_data(await reader.read(1 << 20))
            elif isinstance(event, h11.Request):
                method, target, digest = event.method.decode(), event.target.decode(), sha256()
                self.seen.append({"method": method, "target": target, **dict(pairs(event.headers))})
            elif isinstance(event, h11.Data):
                digest.update(event.data)
            elif isinstance(event, h11.EndOfMessage):
                head, body = self.answer(target, digest.hexdigest().encode())
                sent = b"" if method == "HEAD" else body
                for part in (h11.Response(status_code=200, headers=head), h11.Data(sent), h11.EndOfMessage()):
                    writer.write(server.send(part) or b"")
                    await writer.drain()
                if server.our_state is not h11.DONE:
                    return
                server.start_next_cycle()
            else:
                return

    def answer(self, target: str, digest: bytes) -> tuple[list[tuple[str, str]], bytes]:
        if target == "/zipped":
            return [("Content-Encoding", "gzip"), ("Content-Length", str(len(ZIPPED)))], ZIPPED
        if target == "/big":
            return [("Content-Length", str(len(self.goods)))], self.goods
        if target == "/film":
            return [("Transfer-Encoding", "chunked")], self.goods * 8
        if target == "/stream":
            return [("Transfer-Encoding", "chunked")], self.goods
        if target == "/until-close":
            return [("Connection", "close")], self.goods
        return [("Content-Length", str(len(digest))), ("X-Shop", "open")], digest


@pytest.fixture
def shop(world: World, dyno: Callable[..., Dyno]) -> Shop:
    made = Shop()
    world.up(dyno(made))
    return made


class Curl:
    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(self, *options: str, body: bytes | None = None, scheme: str = "http") -> bytes:
        """What curl prints for options and URLs (`~` is the app)."""
        done = self.run(*options, body=body, scheme=scheme)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *options: str, body: bytes | None = None, scheme: str = "http") -> subprocess.CompletedProcess[bytes]:
        place = f"app.localhost:{self.port}"
        words = [one.replace("~/", f"{scheme}://{place}/") for one in options]
        command = ["curl", "-q", "-sS", "--noproxy", "*", "--max-time", "20", "--resolve", f"{place}:127.0.0.1"]
        return subprocess.run([*command, *words], input=body, capture_output=True, check=False, timeout=30)


@pytest.fixture
def curl(router: RouterThread) -> Curl:
    return Curl(router.port)


def digest(data: bytes) -> bytes:
    return sha256(data).hexdigest().encode()


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
@pytest.mark.parametrize("path", BIG)
def test_versions_and_framings(shop: Shop, curl: Curl, version: str, path: str) -> None:
    head, _, body = curl(version, "-i", path).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert digest(body) == digest(shop.goods)
    if version == "--http1.0":
        assert b"chunked" not in head
        assert b"\r\nConnection: close" in head


def test_keep_alive_serves_two_urls_on_one_connection(shop: Shop, curl: Curl) -> None:
    said = curl("-w", " %{num_connects}\n", "~/a", "~/stream", "-o", "/dev/null", "-o", "/dev/null", "~/b")
    assert [line.split()[-1] for line in said.splitlines()] == [b"1", b"0", b"0"]
    assert [one["target"] for one in shop.seen] == ["/a", "/stream", "/b"]
    assert shop.connections == 1, "on the dyno's side too"


def test_keep_alive_of_http_1_0(shop: Shop, curl: Curl) -> None:
    said = curl("--http1.0", "-H", "Connection: keep-alive", "-w", " %{num_connects}\n", "~/a", "~/b")
    assert [line.split()[-1] for line in said.splitlines()] == [b"1", b"0"]


def test_chunked_upload(shop: Shop, curl: Curl) -> None:
    data = os.urandom(3_000_000)
    assert curl("-T", "-", "~/up", body=data) == digest(data)
    assert shop.seen[0]["method"] == "PUT"
    assert shop.seen[0]["transfer-encoding"] == "chunked"
    assert "content-length" not in shop.seen[0]


def test_expect_100_continue(shop: Shop, curl: Curl, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(os.urandom(5_000_000))
    done = curl.run(
        "-v", "-H", "Expect: 100-continue", "--expect100-timeout", "15", "--data-binary", f"@{file}", "~/up"
    )
    assert done.stdout == digest(file.read_bytes())
    assert done.stderr.index(b"< HTTP/1.1 100 Continue") < done.stderr.index(b"< HTTP/1.1 200")
    assert "expect" not in shop.seen[0]


def test_an_expectation_nobody_knows(world: World, shop: Shop, curl: Curl) -> None:
    assert b" 417 " in curl("-i", "-H", "Expect: miracles", "~/")
    assert 'cause="unsupported expect header value"' in world.wait_line()
    assert shop.seen == []


@pytest.mark.parametrize("path", ["~/page", *BIG])
def test_head(shop: Shop, curl: Curl, path: str) -> None:
    said = curl("-I", path, "-w", "%{size_download} %{num_connects}", "--next", "-I", "-q", "~/page")
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"\r\n\r\n0 1" in said
    assert [one["method"] for one in shop.seen] == ["HEAD", "HEAD"]


def test_compressed_bodies_are_passed_on_untouched(shop: Shop, curl: Curl) -> None:
    assert curl("~/zipped") == ZIPPED
    assert curl("--compressed", "~/zipped") == TEXT
    assert "gzip" in shop.seen[1]["accept-encoding"]
    assert "accept-encoding" not in shop.seen[0]


def test_a_form_with_a_file(shop: Shop, curl: Curl, tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(os.urandom(200_000))
    assert curl("-F", "name=Ada", "-F", f"photo=@{file}", "~/form") != digest(b"")
    assert shop.seen[0]["content-type"].startswith("multipart/form-data; boundary=")
    assert int(shop.seen[0]["content-length"]) > 200_000


@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "PATCH", "PROPFIND", "TRACE", "M-SEARCH"])
def test_methods(shop: Shop, curl: Curl, method: str) -> None:
    assert curl("-X", method, "~/thing") == digest(b"")
    assert shop.seen[0]["method"] == method


def test_a_path_is_passed_on_as_it_is(shop: Shop, curl: Curl) -> None:
    path = "/a/../b/./%2e%2e//c;x=1?q=%20&r=[1]"
    curl("-g", "--path-as-is", f"~{path}")
    assert shop.seen[0]["target"] == path


def test_a_large_upload(shop: Shop, curl: Curl, tmp_path: Path) -> None:
    file = tmp_path / "film"
    with file.open("wb") as target:
        target.truncate(UPLOAD)
    assert curl("-T", str(file), "~/up") == digest(bytes(UPLOAD))
    assert shop.seen[0]["content-length"] == str(UPLOAD)


def test_a_slow_download(world: World, shop: Shop, curl: Curl) -> None:
    assert digest(curl("--limit-rate", "16M", "~/film")) == digest(shop.goods * 8)
    fields = world.fields()
    assert (fields["at"], fields["status"]) == ("info", "200")
    assert int(fields["service"].removesuffix("ms")) > 100, "it was slow"


def test_a_download_that_is_given_up(world: World, shop: Shop, curl: Curl) -> None:
    assert curl.run("--limit-rate", "1M", "--max-time", "0.5", "~/film").returncode == 28
    assert world.fields()["code"] == "H27"


def test_http_2_is_not_spoken_in_the_clear(shop: Shop, curl: Curl) -> None:
    assert b"HTTP/1.1 200 " in curl("-i", "--http2", "~/")
    assert shop.seen[0]["upgrade"] == "h2c"
    assert curl.run("--http2-prior-knowledge", "~/").returncode != 0
    assert len(shop.seen) == 1


@pytest.fixture
def secure(world: World, tmp_path: Path) -> Iterator[Curl]:
    running = start(world, tls=certificates.context(tmp_path / "tls", ()))
    yield Curl(running.port)
    running.stop()


def test_tls(world: World, shop: Shop, secure: Curl, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    trusted = ("--cacert", str(certificates.ca_file(tmp_path / "tls")))
    assert secure(*trusted, "-T", "-", "~/up", body=data, scheme="https") == digest(data)
    assert secure("-k", "~/stream", scheme="https") == shop.goods
    assert secure("~/plain") == digest(b"")
    assert [one["x-forwarded-proto"] for one in shop.seen] == ["https", "https", "http"]
    assert secure.run("~/", scheme="https").returncode == 60, "a certificate nobody vouches for"
    assert [world.fields(number)["protocol"] for number in (1, 2, 3)] == ["https", "https", "http"]
