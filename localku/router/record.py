"""What is known of one request, and the router's log line about it."""

from __future__ import annotations

from dataclasses import dataclass

from localku.logs import router_line
from localku.logs.router_line import RouterLine
from localku.router.codes import Code
from localku.router.http1.origin import Origin, forwarded_for
from localku.router.http1.request import Request


@dataclass(slots=True)
class Record:
    """Fills up as the request proceeds. Times are platform milliseconds, `sent` bytes to the client."""

    request: Request
    origin: Origin
    ident: bytes
    dyno: str = ""
    connect: int | None = None
    service: int | None = None
    sent: int = 0
    status: int | None = None
    code: Code | None = None

    def line(self) -> str:
        """The line from `[sock=] at=` on; `bytes` is empty where no dyno was given the request, as in H10 and H21."""
        request, code = self.request, self.code
        method, path, host = request.said or _said(request)
        client = self.origin.address
        if b"x-forwarded-for" in request.values:
            client = _text(forwarded_for(request.values, self.origin))
        line = RouterLine(  # in its order, which takes half as long as by name
            method,
            path,
            host,
            _text(self.ident),
            client,
            self.dyno,
            self.connect,
            self.service,
            self.status,
            None if self.service is None else self.sent,
            self.origin.protocol,
        )
        if code is not None:
            line = line._replace(at=code.at, code=code.name, desc=code.desc, sock=code.sock, cause=code.cause)
        return router_line.format(line)


def _said(request: Request) -> tuple[str, str, str]:
    said = request.said = _text(request.method), _text(request.target), _text(request.authority)
    return said


def _text(value: bytes) -> str:
    return value.decode(errors="backslashreplace")
