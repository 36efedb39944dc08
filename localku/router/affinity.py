"""Session affinity (`features:enable http-session-affinity`): a cookie leads a client back to its dyno."""

from __future__ import annotations

from collections.abc import Sequence

from localku.router.http1.http_lines import Values
from localku.router.routing.routes import Backend

COOKIE = b"heroku-session-affinity"
"""Its name on Heroku, from memory; what Heroku writes into it is opaque, here it is the dyno's name."""


def dyno_of(values: Values) -> bytes | None:
    """The dyno that the client's cookie names."""
    for line in values.get(b"cookie", ()):
        for cookie in line.split(b";"):
            name, _, value = cookie.strip().partition(b"=")
            if name == COOKIE:
                return value
    return None


def preferred(values: Values, ready: Sequence[Backend]) -> Sequence[Backend]:
    """The client's own dyno where it is among those ready, else all of them."""
    wanted = dyno_of(values)
    return [one for one in ready if one.dyno.encode() == wanted] or ready


def cookie(values: Values, dyno: str) -> Sequence[bytes]:
    """The header that binds the client to a dyno, unless it is bound already."""
    if dyno_of(values) == dyno.encode():
        return ()
    return (b"Set-Cookie: %b=%b; Path=/; HttpOnly" % (COOKIE, dyno.encode()),)
