"""Valid messages with a few bytes changed: one meaning however they arrive, never more than h11 reads, no crash."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import h11
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from proof_kit import HASTY, Court, court, replies, send_pieces
from proof_messages import CUTS, Said, requests, responses
from router_kit import Client, request

from localku.router.codes import Failed
from localku.router.http1 import response
from localku.router.http1.bodies import Chunked
from localku.router.http1.download import Download
from localku.router.http1.http_lines import HeadScanner, Malformed
from localku.router.http1.request import BadRequest, framing, parse, scanner
from localku.router.http1.upload import Upload
from localku.router.router_limits import Limits

LIMITS = Limits()
MANY = settings(max_examples=150, deadline=None, derandomize=True)
FEW = settings(max_examples=100, deadline=None, derandomize=True)
NASTY = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b"\t", b" ", b":", b";", b",", b"\x0b", b"\x7f", b"\xa0", b"0", b"5",
     b"GET / HTTP/1.1\r\n", b"Host: app.localhost\r\n", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n",
     b"HTTP/1.1", b"f"]
)  # fmt: skip


@st.composite
def changed(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` with up to three places cut out, overwritten, doubled or filled in."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 4)))
        put = draw(st.one_of(st.just(b""), NASTY, st.binary(max_size=2), st.just(data[at:end] * 2)))
        data = data[:at] + put + data[end:]
    return data


SENT = st.lists(requests(), min_size=1, max_size=3).map(lambda many: b"".join(one for _, one in many)).flatmap(changed)
SAID = responses().flatmap(lambda said: changed(said.raw).map(lambda raw: Said(said.method, raw)))


class Fed:
    """A client connection whose bytes come when the test says so."""

    def __init__(self) -> None:
        self.buffer = bytearray()


@dataclass
class Reading:
    """A connection's bytes as the router's parsers take them: `found` is what they say of them, in order."""

    fed: Fed = field(default_factory=Fed)
    found: list[object] = field(default_factory=list)
    refused: bool = False
    _scanner: HeadScanner = field(default_factory=lambda: scanner(LIMITS))
    _body: Upload | None = None

    def take(self, piece: bytes) -> None:
        self.fed.buffer += piece
        try:
            while not self.refused and self._step():
                pass
        except (BadRequest, Failed, Malformed):
            self.refused = True

    def _step(self) -> bool:
        if self._body is not None:
            self.found[-1] += self._body.step()  # type: ignore[operator]
            if not self._body.done:
                return False
            self._body = None
        while self.fed.buffer.startswith(b"\r\n"):
            del self.fed.buffer[:2]
        end = self._scanner.end(self.fed.buffer) if self.fed.buffer else 0
        if not end:
            return False
        made = parse(bytes(self.fed.buffer[:end]), LIMITS)
        del self.fed.buffer[:end]
        self.found += [(made.method, made.target, made.fields.headers, made.host), b""]
        self._body = Upload(self.fed, framing(made))  # type: ignore[arg-type]
        self._scanner = scanner(LIMITS)
        return True


def read(pieces: list[bytes]) -> Reading:
    reading = Reading()
    for piece in pieces:
        reading.take(piece)
    return reading


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted({one for one in cuts if one < len(data)}), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def heads(reading: Reading) -> list[object]:
    return reading.found[::2]


@MANY
@given(SENT, CUTS)
def test_requests_mean_the_same_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    whole, pieces, bytewise = read([data]), read(cut(data, cuts)), read(cut(data, list(range(len(data)))))
    assert whole.refused == pieces.refused == bytewise.refused
    assert heads(whole) == heads(pieces) == heads(bytewise)


@MANY
@given(st.binary(max_size=400), CUTS)
def test_any_bytes_are_read_or_refused(data: bytes, cuts: list[int]) -> None:
    whole, pieces = read([data]), read(cut(data, cuts))
    assert (heads(whole), whole.refused) == (heads(pieces), pieces.refused)


def relayed(said: Said, pieces: list[bytes]) -> tuple[str, bytes]:
    """A response as the router would pass it on: the H-code that ended it, if any, and its head and body."""
    asked = parse(request("/", method=said.method), LIMITS)
    buffer, out, scan, body = bytearray(), b"", response.scanner(LIMITS), None
    try:
        for piece in pieces:
            buffer += piece
            if body is None and (end := scan.end(buffer)):
                head = response.parse(bytes(buffer[:end]), LIMITS)
                del buffer[:end]
                out += repr((head.status, head.reason, head.fields.headers)).encode()
                body = Download(asked, head)
                body.chunked = False
            if body is not None and not body.done:
                out += body.step(buffer)
    except Failed as failed:
        return failed.code.name, out
    except Malformed:
        return "H17", out.partition(b")])")[0]
    return "", out


@MANY
@given(SAID, CUTS)
def test_responses_mean_the_same_in_any_pieces(said: Said, cuts: list[int]) -> None:
    whole = relayed(said, [said.raw])
    assert whole == relayed(said, cut(said.raw, list(range(len(said.raw))))) == relayed(said, cut(said.raw, cuts))
    assert whole[0] in {"", "H17", "H25"}


FLOODS = [
    b"x",
    b" ",
    b"\t",
    b"\r",
    b"A: b\r\n",
    b"a:\r\n",
    b"\xff",
    b"A" * 900 + b": b\r\n",
    b"GET / HTTP/1.1\r\n",
    b"\0",
]


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: app.localhost\r\nA: "])
def test_a_head_without_end_is_refused_before_it_is_large(begun: bytes, flood: bytes) -> None:
    reading = Reading()
    reading.take(begun)
    piece = flood * (4096 // len(flood))
    most = (LIMITS.request_headers + 2) * LIMITS.request_header
    while not reading.refused:
        reading.take(piece)
        assert len(reading.fed.buffer) <= most + len(piece)


@MANY
@given(st.binary(max_size=300), CUTS, st.sampled_from([b"", b"5\r\nhello\r\n", b"0\r\n", b"3;", b"ffff\r\n"]))
def test_a_chunked_body_holds_nothing_back(data: bytes, cuts: list[int], begun: bytes) -> None:
    body, buffer = Chunked(), bytearray()
    try:
        for piece in [begun, *cut(data * 40, cuts)]:
            buffer += piece
            body.take(buffer)
            assert body.done or b"\n" not in buffer
            assert body.done or len(buffer) <= LIMITS.request_header
    except Malformed:
        return


# The whole router

END = bytes(3000) + b"\r\n\r\n"  # no body, chunk or head that is still open survives this


@pytest.fixture(scope="module")
def here() -> Iterator[Court]:
    with court(HASTY) as made:
        yield made


def outcome(here: Court, data: bytes, cuts: list[int]) -> tuple[list[str], list[tuple[str, bytes]]]:
    """The statuses that the client got, and the requests that the dyno got."""
    known = len(here.judge.requests)
    with Client(here.router.port) as client:
        send_pieces(client.socket, data + END, cuts)
        methods = [words[0] for words in targets(data)] + ["GET"]
        statuses = [one.first for one in replies(client.socket, methods)]
    with Client(here.router.port) as other:
        assert other.get("/pooled").body == b"GET /pooled"
    *seen, pooled = here.judge.requests[known:]
    assert pooled.first == "GET /pooled"
    return statuses, [(one.first, one.body) for one in seen]


def targets(data: bytes) -> list[tuple[str, str]]:
    return [(head[0].decode(), head[1].decode("latin-1")) for head in heads(read([data + END]))]  # type: ignore[index]


def judged(data: bytes) -> tuple[list[tuple[str, bytes]], bool]:
    """The requests that h11 reads from these bytes, as far as it understands them, and whether more may follow.

    More may follow one of which it refuses the trailers: the router drops those that h11 reads as framing.
    """
    found: list[tuple[str, bytes]] = []
    left = data
    first, body, reader = "", b"", None
    try:
        while left := left.lstrip(b"\r\n"):
            server = h11.Connection(h11.SERVER)
            server.receive_data(left)
            first, body, reader = "", b"", None
            while not isinstance(event := server.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    return found, False
                if isinstance(event, h11.Request):
                    first = f"{event.method.decode()} {event.target.decode()}"
                elif isinstance(event, h11.Data):
                    body += bytes(event.data)
                reader = server._reader
            found.append((first, body))
            left = server.trailing_data[0]
    except h11.RemoteProtocolError:
        if getattr(reader, "_reading_trailer", False):
            return [*found, (first, body)], True
    return found, False


@FEW
@given(SENT, CUTS)
@example(b"GET / HTTP/1.1\r\nHost: app.localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length:\r\n\r\n", [])
def test_the_dyno_gets_no_more_than_h11_reads(here: Court, data: bytes, cuts: list[int]) -> None:
    assume(all(target.isascii() for _, target in targets(data)))  # h11 takes no other, the router does
    statuses, seen = outcome(here, data, [])
    assert (statuses, seen) == outcome(here, data, cuts)
    wanted, more = judged(data + END)
    assert seen[: len(wanted) if more else None] == wanted[: len(seen)]
    assert here.judge.broken == []
    assert not any("code=H99" in line for _, line in here.world.lines)
