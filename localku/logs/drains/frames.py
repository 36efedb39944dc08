"""Log lines as Logplex puts them on the wire (Dev Center, "Log Drains"; RFC 6587)."""

from __future__ import annotations

from datetime import UTC, datetime

from localku.logs.line import LogLine, is_of_database

ROUTER, PLATFORM, APP, DATABASE, LOGPLEX = 158, 45, 190, 134, 172
"""PRI: local3.info, syslog.notice, local7.info, local0.info, local5.warning."""

_CARRIED = frozenset({"app", "heroku"})


def carried(line: LogLine) -> bool:
    """Whether a drain receives the line: what localku adds in its own name stays here, as Heroku has no such lines.

    What Logplex says, it says to each drain itself.
    """
    return line.source in _CARRIED and line.proc != "logplex"


def priority(line: LogLine) -> int:
    """The syslog PRI of a line: facility * 8 + severity."""
    if line.source == "app":
        return DATABASE if is_of_database(line) else APP
    return {"router": ROUTER, "logplex": LOGPLEX}.get(line.proc, PLATFORM)


def overflow(dropped: int, since: datetime, now: datetime) -> LogLine:
    """Heroku's L10: so many messages did not fit into the drain's buffer."""
    moment = since.astimezone(UTC).isoformat(timespec="seconds")
    text = f"Error L10 (output buffer overflow): {dropped} messages dropped since {moment}."
    return LogLine(now, "heroku", "logplex", text)


def http_frame(line: LogLine) -> bytes:
    """One message of an `application/logplex-1` body: hostname `host`, no structured data."""
    return _counted(f"<{priority(line)}>1 {_time(line)} host {line.source} {line.proc} - {line.message}\n")


def syslog_frame(line: LogLine, token: str) -> bytes:
    """One octet-counted RFC 5424 message (RFC 6587 §3.4.1); the hostname is the drain's token."""
    return _counted(f"<{priority(line)}>1 {_time(line)} {token} {line.source} {line.proc} - - {line.message}\n")


def _time(line: LogLine) -> str:
    return line.time.astimezone(UTC).isoformat(timespec="microseconds")


def _counted(message: str) -> bytes:
    raw = message.encode("utf-8", "replace")
    return b"%d %s" % (len(raw), raw)
