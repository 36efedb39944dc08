"""Attacks as (name: bytes). REFUSED: a 4xx and the end of the connection. ANSWERED: with the one request they are."""

from __future__ import annotations

HOST = b"Host: app.localhost\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
INSIDE = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)  # a chunked body that is a request


def post(headers: bytes, body: bytes = b"", first: bytes = b"POST /case HTTP/1.1") -> bytes:
    return first + b"\r\n" + HOST + headers + b"\r\n" + body


def length(size: int) -> bytes:
    return b"Content-Length: %d\r\n" % size


def seen(body: bytes, first: str = "POST /case") -> tuple[str, bytes]:
    return first, body


# Transfer-Encoding that one server takes for chunked and another does not; each with a length beside it

OBFUSCATED = {
    "space before colon": b"Transfer-Encoding : chunked",
    "tab before colon": b"Transfer-Encoding\t: chunked",
    "NUL before colon": b"Transfer-Encoding\x00: chunked",
    "vertical tab before colon": b"Transfer-Encoding\x0b: chunked",
    "no-break space before colon": b"Transfer-Encoding\xa0: chunked",
    "long s in the name": "Tran\N{LATIN SMALL LETTER LONG S}fer-Encoding: chunked".encode(),
    "vertical tab": b"Transfer-Encoding: \x0bchunked",
    "form feed": b"Transfer-Encoding: \x0cchunked",
    "no-break space": b"Transfer-Encoding: \xa0chunked",
    "next line character": b"Transfer-Encoding: chunked\x85",
    "NUL after": b"Transfer-Encoding: chunked\x00",
    "DEL after": b"Transfer-Encoding: chunked\x7f",
    "xchunked": b"Transfer-Encoding: xchunked",
    "chunkedx": b"Transfer-Encoding: chunkedx",
    "quoted": b'Transfer-Encoding: "chunked"',
    "parameter": b"Transfer-Encoding: chunked;q=1",
    "two words": b"Transfer-Encoding: x chunked",
    "comma before": b"Transfer-Encoding: , chunked",
    "comma after": b"Transfer-Encoding: chunked,",
    "chunked, identity": b"Transfer-Encoding: chunked, identity",
    "identity, chunked": b"Transfer-Encoding: identity, chunked",
    "gzip, chunked": b"Transfer-Encoding: gzip, chunked",
    "chunked, chunked": b"Transfer-Encoding: chunked, chunked",
    "identity": b"Transfer-Encoding: identity",
    "empty": b"Transfer-Encoding:",
    "two lines, cow last": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
    "two lines, cow first": b"Transfer-Encoding: cow\r\nTransfer-encoding: chunked",
    "two lines, identity": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    "two lines, both chunked": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "two lines, one empty": b"Transfer-Encoding:\r\nTransfer-Encoding: chunked",
    "folded": b"Transfer-Encoding:\r\n chunked",
    "folded with a tab": b"Transfer-Encoding:\r\n\tchunked",
    "folded after": b"Transfer-Encoding: chunked\r\n x",
    "a space before the name": b" Transfer-Encoding: chunked",
    "a tab before the name": b"\tTransfer-Encoding: chunked",
    "fold of the header before": b"X: y\r\n Transfer-Encoding: chunked",
    "behind a bare LF": b"X: y\nTransfer-Encoding: chunked",
    "behind a bare CR": b"X: y\rTransfer-Encoding: chunked",
    "behind LF CR": b"X: y\n\rTransfer-Encoding: chunked",
    "behind CR CR LF": b"X: y\r\r\nTransfer-Encoding: chunked",
    "behind a NUL": b"X: y\x00\r\nTransfer-Encoding: chunked",
    "no colon": b"Transfer-Encoding chunked",
    "equals": b"Transfer-Encoding= chunked",
    "a colon before": b": Transfer-Encoding: chunked",
}

REFUSED = {f"TE {name}": post(line + b"\r\n" + length(4), INSIDE) for name, line in OBFUSCATED.items()}
REFUSED |= {f"TE {name}, length first": post(length(4) + line + b"\r\n", INSIDE) for name, line in OBFUSCATED.items()}
REFUSED["TE in HTTP/1.0"] = post(CHUNKED + length(4), INSIDE, b"POST /case HTTP/1.0")

# Content-Length

LENGTHS = {
    "different": b"Content-Length: 0\r\nContent-Length: %d" % len(SMUGGLED),
    "different, the longer first": b"Content-Length: %d\r\nContent-Length: 0" % len(SMUGGLED),
    "list of different": b"Content-Length: 0, %d" % len(SMUGGLED),
    "equal in value only": b"Content-Length: 0\r\nContent-Length: 00",
    "plus": b"Content-Length: +0",
    "minus": b"Content-Length: -1",
    "minus nothing": b"Content-Length: -0",
    "hexadecimal": b"Content-Length: 0x0",
    "octal": b"Content-Length: 0o0",
    "underscore": b"Content-Length: 0_0",
    "point": b"Content-Length: 0.0",
    "exponent": b"Content-Length: 0e1",
    "space inside": b"Content-Length: 0 0",
    "comma": b"Content-Length: 0,",
    "comma first": b"Content-Length: ,0",
    "empty": b"Content-Length:",
    "empty and a number": b"Content-Length:\r\nContent-Length: 0",
    "letters": b"Content-Length: zero",
    "digits that are not ASCII": "Content-Length: \N{ARABIC-INDIC DIGIT ZERO}".encode(),
    "huge": b"Content-Length: 18446744073709551616",
    "endless": b"Content-Length: " + b"9" * 400,
    "vertical tab": b"Content-Length: \x0b0",
    "NUL": b"Content-Length: 0\x00",
    "space before colon": b"Content-Length : 0",
    "folded": b"Content-Length:\r\n 0",
    "folded digits": b"Content-Length: 1\r\n 0",
    "behind a bare CR": b"X: y\rContent-Length: 0",
}
REFUSED |= {f"CL {name}": post(line + b"\r\n", SMUGGLED) for name, line in LENGTHS.items()}

# Chunks: (what stands in place of a well-formed chunk header or end)

CHUNKS = {
    "negative": b"-1\r\n",
    "plus": b"+5\r\nhello\r\n0\r\n\r\n",
    "0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "underscore": b"0_5\r\nhello\r\n0\r\n\r\n",
    "space before": b" 5\r\nhello\r\n0\r\n\r\n",
    "space inside": b"1 0\r\nhello\r\n0\r\n\r\n",
    "empty": b"\r\nhello\r\n0\r\n\r\n",
    "extension without size": b";x=y\r\nhello\r\n0\r\n\r\n",
    "not hexadecimal": b"g\r\nhello\r\n0\r\n\r\n",
    "NUL": b"5\x00\r\nhello\r\n0\r\n\r\n",
    "vertical tab": b"5\x0b\r\nhello\r\n0\r\n\r\n",
    "comma": b"5,5\r\nhello\r\n0\r\n\r\n",
    "overflow of 32 bits and more": b"f" * 16 + b"5\r\nhello\r\n0\r\n\r\n",
    "overflow of 64 bits to 5": b"10000000000000005\r\nhello\r\n0\r\n\r\n",
    "bare LF": b"5\nhello\r\n0\r\n\r\n",
    "bare CR": b"5\rhello\r\n0\r\n\r\n",
    "CR CR LF": b"5\r\r\nhello\r\n0\r\n\r\n",
    "LF in an extension": b"5;x\ny\r\nhello\r\n0\r\n\r\n",
    "CR in an extension": b"5;x\ry\r\nhello\r\n0\r\n\r\n",
    "NUL in an extension": b"5;x\x00\r\nhello\r\n0\r\n\r\n",
    "bare LF after an extension": b"5;\nhello\r\n0\r\n\r\n",
    "endless extension": b"5;" + b"x" * 9000 + b"\r\nhello\r\n0\r\n\r\n",
    "data too short": b"6\r\nhello\r\n0\r\n\r\n",
    "data too long": b"4\r\nhello\r\n0\r\n\r\n",
    "data ends with LF": b"5\r\nhello\n0\r\n\r\n",
    "data ends with CR": b"5\r\nhello\r0\r\n\r\n",
    "data ends with CR and a letter": b"5\r\nhello\rX0\r\n\r\n",
    "data ends with two bytes of the next request": b"5\r\nhelloXX0\r\n\r\n",
    "the end has no CR LF": b"5\r\nhello\r\n0\r\n",
    "the end has a bare LF": b"5\r\nhello\r\n0\n\r\n",
    "the end's last line has a bare LF": b"5\r\nhello\r\n0\r\n\n",
    "folded trailer": b"5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n",
    "trailer without colon": b"5\r\nhello\r\n0\r\nnonsense\r\n\r\n",
    "trailer with a bare LF": b"5\r\nhello\r\n0\r\nA: b\n\r\n\r\n",
    "trailers without end": b"5\r\nhello\r\n0\r\n" + b"A: b\r\n" * 12000,
}
REFUSED |= {f"chunk {name}": post(CHUNKED, body) for name, body in CHUNKS.items()}

# First lines, names, hosts

GET = b"GET /case HTTP/1.1\r\n"
REFUSED |= {
    "two hosts": GET + HOST + b"Host: b.localhost\r\n\r\n",
    "the same host twice": GET + HOST + HOST + b"\r\n",
    "two hosts, one folded away": GET + HOST + b"X: y\r\n Host: b.localhost\r\n\r\n",
    "host with a comma": GET + b"Host: app.localhost, b.localhost\r\n\r\n",
    "host with a space": GET + b"Host: app.localhost b.localhost\r\n\r\n",
    "host with a user": GET + b"Host: a@app.localhost\r\n\r\n",
    "host with a path": GET + b"Host: app.localhost/x\r\n\r\n",
    "host with a bad port": GET + b"Host: app.localhost:80b\r\n\r\n",
    "empty host": GET + b"Host:\r\n\r\n",
    "space before the host's colon": GET + b"Host : app.localhost\r\n\r\n",
    "absolute target of another host": b"GET http://b.localhost/case HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute target with a user": b"GET http://app.localhost@b.localhost/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute target with another port": b"GET http://app.localhost:81/case HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute target of another kind": b"GET ftp://app.localhost/case HTTP/1.1\r\n" + HOST + b"\r\n",
    "authority as a target": b"GET app.localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT app.localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "connect in a target of a path": b"CONNECT /case HTTP/1.1\r\n" + HOST + b"\r\n",
    "name with a space": GET + HOST + b"A B: c\r\n\r\n",
    "name with a tab": GET + HOST + b"A\tB: c\r\n\r\n",
    "name not ASCII": GET + HOST + b"\xc3\xa9: c\r\n\r\n",
    "name with a slash": GET + HOST + b"A/B: c\r\n\r\n",
    "name with brackets": GET + HOST + b"A[]: c\r\n\r\n",
    "name is empty": GET + HOST + b": c\r\n\r\n",
    "value with a NUL": GET + HOST + b"A: b\x00c\r\n\r\n",
    "value with an escape": GET + HOST + b"A: b\x1bc\r\n\r\n",
    "value with a bare CR": GET + HOST + b"A: b\rc\r\n\r\n",
    "value with a bare LF": GET + HOST + b"A: b\nc\r\n\r\n",
    "a request behind a bare CR": GET + HOST + b"A: b\r\r" + SMUGGLED,
    "a request behind two bare LF": GET + HOST + b"A: b\n\n" + SMUGGLED,
    "a head that ends CR LF LF": GET + HOST + b"A: b\r\n\n" + SMUGGLED,
    "a head that ends LF CR LF": GET + HOST + b"A: b\n\r\n" + SMUGGLED,
    "a head that ends CR CR LF CR LF": GET + HOST + b"A: b\r\r\n\r\n" + SMUGGLED,
    "folded first header": b"GET /case HTTP/1.1\r\n X: y\r\n" + HOST + b"\r\n",
    "tab in the request line": b"GET\t/case HTTP/1.1\r\n" + HOST + b"\r\n",
    "tab before the version": b"GET /case\tHTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces": b"GET  /case HTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces before the version": b"GET /case  HTTP/1.1\r\n" + HOST + b"\r\n",
    "space at the end of the line": b"GET /case HTTP/1.1 \r\n" + HOST + b"\r\n",
    "space before the method": b" GET /case HTTP/1.1\r\n" + HOST + b"\r\n",
    "vertical tab in the target": b"GET /ca\x0bse HTTP/1.1\r\n" + HOST + b"\r\n",
    "NUL in the target": b"GET /ca\x00se HTTP/1.1\r\n" + HOST + b"\r\n",
    "a request line in the target": b"GET /case HTTP/1.1\rGET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n",
    "bare LF in the request line": b"GET /case HTTP/1.1\n" + HOST + b"\r\n",
    "bare LF before the request": b"\n" + GET + HOST + b"\r\n",
    "bare CR before the request": b"\r" + GET + HOST + b"\r\n",
    "colon in the method": b"GET: /case HTTP/1.1\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET /case\r\n" + HOST + b"\r\n",
    "HTTP/1.2": b"GET /case HTTP/1.2\r\n" + HOST + b"\r\n",
    "HTTP/1.10": b"GET /case HTTP/1.10\r\n" + HOST + b"\r\n",
    "HTTP/01.1": b"GET /case HTTP/01.1\r\n" + HOST + b"\r\n",
    "HTTP/2.0": b"GET /case HTTP/2.0\r\n" + HOST + b"\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0",
    "expectation that is none": post(b"Expect: 200-ok\r\n" + length(len(SMUGGLED)), SMUGGLED),
}

# What is one request, whatever it carries inside

CLTE = b"0\r\n\r\n" + SMUGGLED
ANSWERED = {
    "CL.TE": (post(length(len(CLTE)) + CHUNKED, CLTE), seen(b"")),
    "CL.TE, chunked first": (post(CHUNKED + length(len(CLTE)), CLTE), seen(b"")),
    "TE.CL": (post(length(4) + CHUNKED, INSIDE), seen(SMUGGLED)),
    "TE.CL, length of nothing": (post(length(0) + CHUNKED, INSIDE), seen(SMUGGLED)),
    "TE.CL in capitals": (post(length(4) + b"TRANSFER-ENCODING: CHUNKED\r\n", INSIDE), seen(SMUGGLED)),
    "TE with tabs around": (post(b"Transfer-Encoding:\t chunked\t \r\n", INSIDE), seen(SMUGGLED)),
    "TE with nothing around": (post(b"Transfer-Encoding:chunked\r\n", INSIDE), seen(SMUGGLED)),
    "TE by another name": (post(b"Transfer_Encoding: chunked\r\n" + length(len(INSIDE)), INSIDE), seen(INSIDE)),
    "TE called hop-by-hop": (post(b"Connection: transfer-encoding\r\n" + CHUNKED, INSIDE), seen(SMUGGLED)),
    "CL called hop-by-hop": (
        post(b"Connection: content-length\r\n" + length(len(SMUGGLED)), SMUGGLED), seen(SMUGGLED)
    ),
    "host called hop-by-hop": (post(b"Connection: host\r\n" + length(len(SMUGGLED)), SMUGGLED), seen(SMUGGLED)),
    "CL twice the same": (post(length(len(SMUGGLED)) * 2, SMUGGLED), seen(SMUGGLED)),
    "CL list of the same": (post(b"Content-Length: 5, 5\r\n", b"hello"), seen(b"hello")),
    "CL with leading zeros": (post(b"Content-Length: 0005\r\n", b"hello"), seen(b"hello")),
    "chunk with leading zeros": (post(CHUNKED, b"00005\r\nhello\r\n000\r\n\r\n"), seen(b"hello")),
    "chunk with extensions": (
        post(CHUNKED, b'5;a=b;c="d;e"\r\nhello\r\n0;f\r\n\r\n'), seen(b"hello")
    ),
    "chunk with capitals": (post(CHUNKED, b"A\r\n0123456789\r\n0\r\n\r\n"), seen(b"0123456789")),
    "chunk with spaces after": (post(CHUNKED, b"5  \r\nhello\r\n0 \r\n\r\n"), seen(b"hello")),
    "chunk that looks like the end": (post(CHUNKED, b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"), seen(b"0\r\n\r\n")),
    "framing in the trailers": (
        post(CHUNKED, b"5\r\nhello\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: x\r\nHost: b\r\n\r\n"),
        seen(b"hello"),
    ),
    "body of a GET": (
        post(length(len(SMUGGLED)), SMUGGLED, b"GET /case HTTP/1.1"), seen(SMUGGLED, "GET /case")
    ),
    "chunked body of a GET": (post(CHUNKED, INSIDE, b"GET /case HTTP/1.1"), seen(SMUGGLED, "GET /case")),
    "body of a HEAD": (
        post(length(len(SMUGGLED)), SMUGGLED, b"HEAD /case HTTP/1.1"), seen(SMUGGLED, "HEAD /case")
    ),
    "chunked body of a DELETE": (post(CHUNKED, INSIDE, b"DELETE /case HTTP/1.1"), seen(SMUGGLED, "DELETE /case")),
    "body of a POST in HTTP/1.0": (
        post(length(len(SMUGGLED)), SMUGGLED, b"POST /case HTTP/1.0"), seen(SMUGGLED)
    ),
    "body behind 100-continue": (
        post(b"Expect: 100-continue\r\n" + length(len(SMUGGLED)), SMUGGLED), seen(SMUGGLED)
    ),
    "body of an upgrade that is not taken": (
        post(b"Connection: upgrade\r\nUpgrade: x\r\n" + length(len(SMUGGLED)), SMUGGLED), seen(SMUGGLED)
    ),
    "h2c": (
        post(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), seen(b"")
    ),
    "absolute target of the same host": (
        b"GET http://APP.localhost/case HTTP/1.1\r\n" + HOST + b"\r\n", seen(b"", "GET /case")
    ),
    "absolute target without a path": (
        b"GET http://app.localhost?x HTTP/1.1\r\n" + HOST + b"\r\n", seen(b"", "GET /?x")
    ),
    "two slashes": (b"GET //b.localhost/case HTTP/1.1\r\n" + HOST + b"\r\n", seen(b"", "GET //b.localhost/case")),
    "empty lines before": (b"\r\n\r\n" + GET + HOST + b"\r\n", seen(b"", "GET /case")),
    "connection: close": (GET + HOST + b"Connection: close\r\n\r\n", seen(b"", "GET /case")),
}  # fmt: skip
