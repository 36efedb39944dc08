"""Heroku's H-codes, as far as a router on one machine can meet them.

Names, `desc`, status and `at` are Heroku's (Dev Center "Heroku Error Codes", 2021; H34 from 2026);
`meaning` and `advice` are ours and appear on the error page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Code:
    """`status` is None where Heroku leaves the field empty; `sock` says whose socket broke."""

    name: str
    desc: str
    status: int | None
    meaning: str
    advice: str = ""
    at: str = "error"
    sock: str = ""
    cause: str = ""

    def because(self, cause: str, status: int) -> Code:
        return replace(self, cause=cause, status=status)

    def described(self, desc: str) -> Code:
        return replace(self, desc=f"{self.desc}: {desc}")


class Failed(Exception):
    """A request ends with an H-code. `reason` is a sentence for the page, where there is more to say."""

    def __init__(self, code: Code, reason: str = "") -> None:
        super().__init__(f"{code.name} {code.desc}")
        self.code = code
        self.reason = reason


H10 = Code("H10", "App crashed", 503, "Every web dyno of this app has crashed.", "The log has their last output.")
H11 = Code(
    "H11",
    "Backlog too deep",
    503,
    "More than 200 requests per web dyno are waiting for an answer.",
    "Make requests shorter, or scale up web.",
)
H12 = Code(
    "H12",
    "Request timeout",
    503,
    "The dyno did not start to respond within 30 seconds.",
    "It may still be working on the request. Move long work to a worker dyno, or stream the response.",
)
H13 = Code(
    "H13",
    "Connection closed without response",
    503,
    "The dyno accepted the request and closed the connection without sending anything.",
    "Often a server worker that was killed or restarted in the middle of a request.",
)
H14 = Code(
    "H14",
    "No web processes running",
    503,
    "This app is scaled to no web dynos.",
    "Declare a web process type in the Procfile, then scale it to 1 or more.",
)
H15 = Code("H15", "Idle connection", 503, "The connection to the dyno was idle for 55 seconds.")
H17 = Code(
    "H17",
    "Poorly formatted HTTP response",
    503,
    "The dyno's response is not valid HTTP.",
    "A status line needs a reason phrase, and lines end with CR LF.",
)
H18 = Code(
    "H18",
    "Server Request Interrupted",
    503,
    "The dyno closed the connection in the middle of its response.",
    sock="backend",
)
H19 = Code("H19", "Backend connection timeout", 503, "No web dyno accepted a connection within 5 seconds.")
H20 = Code(
    "H20",
    "App boot timeout",
    503,
    "The request waited 75 seconds and no web dyno came up.",
    "The dyno has 60 seconds to listen on 0.0.0.0:$PORT.",
)
H21 = Code(
    "H21",
    "Backend connection refused",
    503,
    "The web dynos refused the connection.",
    "The process that listened on $PORT may have exited while the dyno keeps running.",
)
H22 = Code(
    "H22",
    "Connection limit reached",
    503,
    "Too many clients are connected to this router.",
    "Close connections that are no longer needed.",
)
H24 = Code("H24", "Forced close", None, "The router was stopped in the middle of the request.")
H25 = Code("H25", "HTTP restriction", 502, "The dyno's response breaks a limit of Heroku's router.")
H26 = Code("H26", "Request Error", 400, "The request is malformed and cannot be passed to a dyno.")
H27 = Code("H27", "Client Request Interrupted", 499, "The client disconnected.", at="warning", sock="client")
H28 = Code("H28", "Client Connection Idle", 499, "The client neither sent nor read for 55 seconds.", at="warning")
H34 = Code(
    "H34",
    "All up dynos are quarantined",
    503,
    "No web dyno that is up has accepted a connection for 75 seconds.",
)
H80 = Code(
    "H80",
    "Maintenance mode",
    503,
    "This app is in maintenance mode.",
    "Its dynos keep running; maintenance:off ends it.",
    at="info",
)
H81 = Code(
    "H81",
    "Blank app",
    502,
    "This app has not been deployed yet.",
    "Build it, and reload this page.",
    at="info",
)
H99 = Code(
    "H99",
    "Platform error",
    503,
    "localku itself failed.",
    "This is a bug in localku, not in your app; localku prints the traceback.",
)
