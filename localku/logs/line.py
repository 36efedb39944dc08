"""One log line, in the shape Logplex gives it: `time source[proc]: message`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from localku.errors import LocalkuError

# Logplex splits what a dyno prints at this many bytes (Dev Center "Limits", logs).
CHUNK_BYTES = 10_000

_DATABASES = frozenset({"postgres", "heroku-postgres", "redis", "heroku-redis"})

_LINE = re.compile(r"(?P<time>\S+) (?P<source>[^\s\[\]]+)\[(?P<proc>[^\s\[\]]+)\]: ?(?P<message>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LogLine:
    """`source` is `app` or `heroku`, `proc` a dyno (`web.1`) or a part of the platform (`router`)."""

    time: datetime
    source: str
    proc: str
    message: str


def prefix(line: LogLine) -> str:
    """Everything before the message: `2024-06-05T11:12:35.048384+00:00 app[web.1]:`."""
    return _prefix(line.time, line.source, line.proc)


def _prefix(time: datetime, source: str, proc: str) -> str:
    moment = (time if time.tzinfo is UTC else time.astimezone(UTC)).isoformat(timespec="microseconds")
    return f"{moment} {source}[{proc}]:"


def format(line: LogLine) -> str:  # noqa: A001 - reads as line.format(...) where it is used
    """Render one line without its newline."""
    return f"{prefix(line)} {line.message}"


def encoded(time: datetime, source: str, proc: str, message: str | bytes) -> list[bytes]:
    """Render a message as rows of a log, without their newlines; see `messages`."""
    head = _prefix(time, source, proc)
    if isinstance(message, str) and len(message) <= CHUNK_BYTES and message.isascii() and message.isprintable():
        return [f"{head} {message}".encode()]  # one line, and short enough: what most are
    return [f"{head} {text}".encode() for text in messages(message)]


def parse(text: str) -> LogLine:
    """Read back what `format` wrote; a trailing newline is allowed.

    Raises LocalkuError if `text` is no log line.
    """
    found = _LINE.fullmatch(text.removesuffix("\n"))
    if found is None:
        raise _no_line(text)
    try:
        moment = datetime.fromisoformat(found["time"])
    except ValueError:
        raise _no_line(text) from None
    if moment.tzinfo is None:
        raise _no_line(text)
    return LogLine(moment, found["source"], found["proc"], found["message"])


def _no_line(text: str) -> LocalkuError:
    return LocalkuError(
        f"Not a log line: {text[:80]!r}",
        "A log line looks like `2024-06-05T11:12:35.048384+00:00 app[web.1]: message`.",
    )


def messages(text: str | bytes) -> list[str]:
    """Cut what a process printed into messages of at most `CHUNK_BYTES` bytes.

    One message per line of output, without newline and trailing carriage
    returns; bytes that are not UTF-8 become U+FFFD. An empty line is a message too.
    """
    decoded = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return [chunk for row in decoded.removesuffix("\n").split("\n") for chunk in chunks(row.rstrip("\r"))]


def chunks(message: str, limit: int = CHUNK_BYTES) -> list[str]:
    """Split a message after at most `limit` bytes, never inside a character."""
    raw = message.encode("utf-8", "replace")
    parts = []
    while len(raw) > limit:
        end = cut(raw, limit)
        parts.append(raw[:end].decode())
        raw = raw[end:]
    return [*parts, raw.decode()]


def cut(raw: bytes, limit: int = CHUNK_BYTES) -> int:
    """Where to cut bytes longer than `limit`: there, or up to three bytes earlier between characters."""
    for end in range(limit, max(limit - 4, 0), -1):
        if raw[end] & 0xC0 != 0x80:  # noqa: PLR2004 - in UTF-8 a byte 10xxxxxx continues a character
            return end
    return limit


def is_of_database(line: LogLine) -> bool:
    """Whether a database says it, or what measures one: `postgres.57`, `heroku-postgres`."""
    return line.source == "app" and line.proc.partition(".")[0] in _DATABASES


def matches(line: LogLine, source: str | None = None, proc: str | None = None) -> bool:
    """Whether a line passes the filters; `proc` is a dyno (`web.1`) or a process type (`web`)."""
    if source is not None and line.source != source:
        return False
    return proc is None or line.proc == proc or line.proc.rpartition(".")[0] == proc
