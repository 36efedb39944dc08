"""What is known of one request, and the router's log line about it."""

from __future__ import annotations

from dataclasses import dataclass

from localku.neutral import neutral
from localku.router.codes import Code
from localku.router.http1.headers import Origin, forwarded_for
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
        """The line from `[sock=] at=` on, as Heroku's router writes it (real captures from 2010 to 2024).

        `bytes` is empty where no dyno was given the request, as in H10 and H21.
        """
        request = self.request
        return (
            f"{'at=info' if self.code is None else _failure(self.code)} method={_text(request.method)}"
            f" path={_quoted(request.target)} host={_text(request.authority)} request_id={_text(self.ident)}"
            f" fwd={_quoted(forwarded_for(request, self.origin))} dyno={self.dyno}"
            f" connect={_ms(self.connect)} service={_ms(self.service)}"
            f" status={'' if self.status is None else self.status}"
            f" bytes={'' if self.service is None else self.sent} protocol={self.origin.protocol}"
        )


def _failure(code: Code) -> str:
    sock = f"sock={code.sock} " if code.sock else ""
    cause = f' cause="{code.cause}"' if code.cause else ""
    return f'{sock}at={code.at} code={code.name} desc="{code.desc}"{cause}'


def _ms(value: int | None) -> str:
    return "" if value is None else f"{value}ms"


def _text(value: bytes) -> str:
    return neutral(value.decode(errors="backslashreplace"))


def _quoted(value: bytes) -> str:
    text = value.decode(errors="backslashreplace").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{neutral(text)}"'
