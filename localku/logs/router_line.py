"""The router's line about one request, as the router writes it and others read it back.

Heroku Dev Center, "HTTP routing" and "Router log format"; captures from 2010 to 2024.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from localku.neutral import neutral

_MOST_DIGITS = 9
"""Of a number in a line; a longer one is nothing the router wrote."""

_REMEMBERED = 64

_FIELD = re.compile(r'\b(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
_SERVED = re.compile(
    rb" heroku\[router\]: at=info method=.* service=(\d{1,9})ms status=(\d{3}) bytes=\d+ protocol=\w+\Z"
)
_ESCAPED = re.compile(r'\\(["\\])')


class RouterLine(NamedTuple):
    """`code` is an H-code or empty. Times are platform milliseconds, `sent` bytes; None where there is nothing to tell.

    `client` is the chain of addresses the dyno was told (`fwd`), `at` is `info`, `warning` or `error`.
    """

    method: str = ""
    path: str = ""
    host: str = ""
    request_id: str = ""
    client: str = ""
    dyno: str = ""
    connect: int | None = None
    service: int | None = None
    status: int | None = None
    sent: int | None = None
    protocol: str = ""
    at: str = "info"
    code: str = ""
    desc: str = ""
    sock: str = ""
    cause: str = ""


def format(line: RouterLine) -> str:  # noqa: A001 - reads as router_line.format(...)
    """Render it from `[sock=] at=` on."""
    text = _rendered(line, str)
    return text if text.isprintable() else _rendered(line, neutral)


def _rendered(line: RouterLine, safe: Callable[[str], str]) -> str:
    method, path, host, request_id, client, dyno, connect, service, status, sent, protocol = line[:11]
    return (
        f"{_failure(line) if line.code else 'at=info'} {_asked(method, path, host, safe)}"
        f" request_id={safe(request_id)} fwd={_forwarded(client, safe)} dyno={dyno}"
        f" connect={_ms(connect)} service={_ms(service)}"
        f" status={'' if status is None else status}"
        f" bytes={'' if sent is None else sent} protocol={protocol}"
    )


@lru_cache(_REMEMBERED)
def _asked(method: str, path: str, host: str, safe: Callable[[str], str]) -> str:
    return f"method={safe(method)} path={_quoted(path, safe)} host={safe(host)}"


def parse(message: str) -> RouterLine | None:
    """Read back what `format` wrote, or a line of which fields are missing; None without a method."""
    found = {name: _plain(value) for name, value in _FIELD.findall(message)}
    if "method" not in found:
        return None
    return RouterLine(
        method=found["method"],
        path=found.get("path", ""),
        host=found.get("host", ""),
        request_id=found.get("request_id", ""),
        client=found.get("fwd", ""),
        dyno=found.get("dyno", ""),
        connect=_number(found.get("connect", "")),
        service=_number(found.get("service", "")),
        status=_number(found.get("status", "")),
        sent=_number(found.get("bytes", "")),
        protocol=found.get("protocol", ""),
        at=found.get("at", "info"),
        code=found.get("code", ""),
        desc=found.get("desc", ""),
        sock=found.get("sock", ""),
        cause=found.get("cause", ""),
    )


def glimpse(row: bytes) -> tuple[int, int] | None:
    """Status and service time of a whole row of the log, at a tenth of the price of `parse`.

    None where the row has to be parsed: it tells of an error, or of something else.
    """
    found = _SERVED.search(row)
    return (int(found[2]), int(found[1])) if found else None


def _failure(line: RouterLine) -> str:
    sock = f"sock={line.sock} " if line.sock else ""
    cause = f' cause="{line.cause}"' if line.cause else ""
    return f'{sock}at={line.at} code={line.code} desc="{line.desc}"{cause}'


def _ms(value: int | None) -> str:
    return "" if value is None else f"{value}ms"


def _quoted(text: str, safe: Callable[[str], str]) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{safe(escaped)}"'


_forwarded = lru_cache(_REMEMBERED)(_quoted)


def _plain(value: str) -> str:
    if value.startswith('"') and value.endswith('"'):
        value = value[1:-1]
        return _ESCAPED.sub(r"\1", value) if "\\" in value else value
    return value


def _number(text: str) -> int | None:
    digits = text.removesuffix("ms")
    return int(digits) if digits.isdecimal() and len(digits) <= _MOST_DIGITS else None
