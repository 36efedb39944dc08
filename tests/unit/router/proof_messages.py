"""Messages as raw bytes, for hypothesis: whatever is allowed, in any of its forms."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from router_kit import OK, request


@dataclass(frozen=True)
class Said:
    """What the dyno says to a request with this method, cut into pieces."""

    method: str = "GET"
    raw: bytes = OK
    cuts: tuple[int, ...] = ()
    closes: bool = False


def cased(name: str) -> st.SearchStrategy[bytes]:
    return st.sampled_from([name, name.lower(), name.upper(), name.swapcase()]).map(str.encode)


SPACE = st.sampled_from([b"", b" ", b" ", b"\t", b"  \t "])
NAMES = st.sampled_from(
    ["Accept", "Cookie", "Set-Cookie", "X-Forwarded-Host", "X-Hop", "Authorization", "User-Agent", "X_Under",
     "~!#$%&'*+-.^`|",
     "Keep-Alive", "TE", "Proxy-Authorization", "Proxy-Connection", "Proxy-Authenticate", "Trailer", "Date", "Range"]
).flatmap(cased)  # fmt: skip
VALUES = st.sampled_from(
    [b"", b"a", b"a, b", b"trailers", b"x" * 300, b'"q"', b"caf\xc3\xa9", b"a\tb", b"1=2; 3:4", b"\xff"]
)
LINES = st.tuples(NAMES, SPACE, VALUES, SPACE).map(lambda one: one[0] + b":" + one[1] + one[2] + one[3] + b"\r\n")
HEADERS = st.lists(LINES, max_size=6)
BODIES = st.one_of(st.just(b""), st.binary(min_size=1, max_size=300), st.just(b"0\r\n\r\n"), st.just(request("/inner")))
CUTS = st.lists(st.integers(1, 900), max_size=6)
EXTENSIONS = st.sampled_from([b"", b"", b";x", b";x=y", b';a="b c"'])
TRAILERS = st.lists(
    st.sampled_from([b"X-Sum: 5\r\n", b"Expires: never\r\n", b"content-length: 9\r\n", b"X-A:b\r\n"]), max_size=3
)


@st.composite
def chunked(draw: st.DrawFn, body: bytes) -> bytes:
    """`body` in chunks of any sizes, with extensions, leading zeros and trailers."""
    out, rest = b"", body
    while rest:
        size = draw(st.integers(1, len(rest)))
        digits = draw(st.sampled_from([b"%x", b"%X", b"00%x"])) % size
        out += digits + draw(EXTENSIONS) + b"\r\n" + rest[:size] + b"\r\n"
        rest = rest[size:]
    return out + b"0" + draw(EXTENSIONS) + b"\r\n" + b"".join(draw(TRAILERS)) + b"\r\n"


@st.composite
def framed(draw: st.DrawFn, kinds: list[str]) -> tuple[str, bytes, bytes]:
    """The kind of framing, its header lines, and the body as it travels."""
    kind = draw(st.sampled_from(kinds))
    body = draw(BODIES)
    coding = draw(cased("Transfer-Encoding")) + b":" + draw(SPACE) + draw(cased("chunked")) + draw(SPACE) + b"\r\n"
    length = draw(cased("Content-Length")) + b": %d\r\n" % len(body)
    if kind == "none":
        return kind, b"", b""
    if kind == "until close":
        return kind, b"Connection: close\r\n", body
    if kind == "length":
        return kind, length * draw(st.integers(1, 2)), body
    return kind, coding if kind == "chunked" else coding + length, draw(chunked(body))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, bytes]:
    """Method and bytes of one request."""
    method = draw(st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "BREW", "get"]))
    target = draw(st.sampled_from(["/", "/a?b=c&d", "//x", "/%00", "/a:b@c", "/;p=1?q?r", "/" + "l" * 500]))
    minor = draw(st.sampled_from([1, 1, 1, 0]))
    _, framing, body = draw(framed(["none", "length"] if minor == 0 else ["none", "length", "chunked", "both"]))
    options = draw(st.sampled_from([b"", b"", b"Connection: close\r\n", b"Connection: Keep-Alive, X-Hop\r\n"]))
    lines = [b"Host: app.localhost\r\n", framing, options, *draw(HEADERS)]
    first = f"{method} {target} HTTP/1.{minor}\r\n".encode()
    blank = draw(st.sampled_from([b"", b"", b"\r\n"]))
    return method, blank + first + b"".join(draw(st.permutations(lines))) + b"\r\n" + body


@st.composite
def responses(draw: st.DrawFn) -> Said:
    method = draw(st.sampled_from(["GET", "GET", "HEAD"]))
    status = draw(st.sampled_from([200, 200, 200, 201, 204, 206, 302, 304, 404, 418, 500, 599]))
    kind, framing, body = draw(framed(["length", "chunked", "both", "until close"]))
    keeps = draw(
        st.sampled_from([b"", b"Connection: keep-alive\r\n", b"Connection: close\r\n", b"Connection: x-hop\r\n"])
    )
    minor = draw(st.sampled_from([1, 1, 0])) if kind in {"length", "until close"} else 1
    interim = draw(st.lists(st.sampled_from([
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\nX-Note: 1\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\nContent-Length: 5\r\n\r\n",
    ]), max_size=2))  # fmt: skip
    reason = draw(st.sampled_from([b"OK", b"", b"Not So  Good", b"caf\xc3\xa9"]))
    lines = [framing, b"" if kind == "until close" else keeps, *draw(HEADERS)]
    head = b"HTTP/1.%d %d %b\r\n" % (minor, status, reason) + b"".join(draw(st.permutations(lines))) + b"\r\n"
    raw = b"".join(interim) + head + (b"" if method == "HEAD" or status in {204, 304} else body)
    return Said(method, raw, tuple(sorted(draw(CUTS))), closes=kind == "until close" or b"close" in keeps or not minor)
