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
        return router_line.format(
            RouterLine(
                method=_text(request.method),
                path=_text(request.target),
                host=_text(request.authority),
                request_id=_text(self.ident),
                client=_text(forwarded_for(request.values, self.origin)),
                dyno=self.dyno,
                connect=self.connect,
                service=self.service,
                status=self.status,
                sent=None if self.service is None else self.sent,
                protocol=self.origin.protocol,
                at="info" if code is None else code.at,
                code="" if code is None else code.name,
                desc="" if code is None else code.desc,
                sock="" if code is None else code.sock,
                cause="" if code is None else code.cause,
            )
        )


def _text(value: bytes) -> str:
    return value.decode(errors="backslashreplace")
