"""What is known of one request, and the router's log line about it."""

from __future__ import annotations

from dataclasses import dataclass

from localku.router.codes import Code
from localku.router.headers import Origin, forwarded_for
from localku.router.request import Request


@dataclass
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
        """The line from `[sock=] at=` on, as Heroku's router writes it (real captures from 2010 to 2024)."""
        return " ".join(
            (
                *self._outcome(),
                f"method={_text(self.request.method)}",
                f"path={_quoted(self.request.target)}",
                f"host={_text(self.request.authority)}",
                f"request_id={_text(self.ident)}",
                f"fwd={_quoted(forwarded_for(self.request, self.origin))}",
                f"dyno={self.dyno}",
                f"connect={_ms(self.connect)}",
                f"service={_ms(self.service)}",
                f"status={'' if self.status is None else self.status}",
                f"bytes={self._bytes()}",
                f"protocol={self.origin.protocol}",
            )
        )

    def _outcome(self) -> list[str]:
        code = self.code
        if code is None:
            return ["at=info"]
        words = [f"sock={code.sock}"] if code.sock else []
        words += [f"at={code.at}", f"code={code.name}", f'desc="{code.desc}"']
        if code.cause:
            words.append(f'cause="{code.cause}"')
        return words

    def _bytes(self) -> str:
        """Empty where no dyno was given the request, as in H10 and H21."""
        return "" if self.service is None else str(self.sent)


def _ms(value: int | None) -> str:
    return "" if value is None else f"{value}ms"


def _text(value: bytes) -> str:
    return value.decode(errors="backslashreplace")


def _quoted(value: bytes) -> str:
    return '"' + _text(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
