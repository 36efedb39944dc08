"""#1: a web process that does not listen where the router connects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localku.doctor.finding import Finding, Level

if TYPE_CHECKING:
    from localku.doctor.evidence import Evidence, Listened
    from localku.doctor.sockets import Listening

_OPTIONS = {
    "gunicorn": "omit --bind (gunicorn reads $PORT) or write `gunicorn --bind 0.0.0.0:$PORT …`",
    "uvicorn": "write `uvicorn … --host 0.0.0.0 --port $PORT`",
    "hypercorn": "write `hypercorn --bind 0.0.0.0:$PORT …`",
    "daphne": "write `daphne -b 0.0.0.0 -p $PORT …`",
    "waitress-serve": "write `waitress-serve --listen=0.0.0.0:$PORT …`",
    "http.server": "write `python -m http.server $PORT`, without --bind",
    "flask": "write `flask run --host 0.0.0.0 --port $PORT`, or better serve it with gunicorn",
    "manage.py": "serve it with gunicorn, or write `python manage.py runserver 0.0.0.0:$PORT`",
}


def port(evidence: Evidence) -> Finding | None:
    for seen in evidence.listened:
        if not any(one.port == seen.port and not one.is_loopback for one in seen.sockets):
            return _finding(evidence, seen)
    return None


def _finding(evidence: Evidence, seen: Listened) -> Finding:
    at_port = [one for one in seen.sockets if one.port == seen.port]
    shown = ", ".join(map(str, at_port or seen.sockets))
    if at_port:
        what = f"listens on {shown}, which cannot be reached from outside the dyno"
    elif seen.sockets:
        what = f"listens on {shown} instead"
    else:
        what = "listens on no port at all"
    where = _where(evidence, seen)
    return Finding(
        number=1,
        title="PORT",
        level=Level.FAILED,
        what=f"{seen.dyno} was started with PORT={seen.port} and {what}: R10 after 60 seconds, and H10 to visitors",
        where=where,
        fix=_fix(evidence, at_port or list(seen.sockets)),
        evidence=tuple(map(str, seen.sockets)),
        subject=seen.dyno.partition(".")[0],
        voice=seen.dyno,
    )


_IN_CODE = (
    (r"\bapp\.run\(", (".py",),
     '`app.run(host="0.0.0.0", port=int(os.environ["PORT"]))` (with `import os`), or better serve it with gunicorn'),
    (r"\buvicorn\.run\(", (".py",), '`uvicorn.run(…, host="0.0.0.0", port=int(os.environ["PORT"]))`'),
    (r"\.listen\(", (".js", ".mjs", ".cjs", ".ts"), "`.listen(process.env.PORT)`, without a host"),
)  # fmt: skip
"""How programs that listen by themselves are told the port."""


def _fix(evidence: Evidence, sockets: list[Listening]) -> str:
    general = "bind 0.0.0.0:$PORT (the environment variable PORT, a new number at each start)"
    known = next((_OPTIONS[one.program] for one in sockets if one.program in _OPTIONS), None)
    if known:
        return f"{general}: {known}"
    for pattern, suffixes, words in _IN_CODE if sockets else ():
        spot = evidence.tree.first(pattern, suffixes)
        if spot is not None:
            return f"{general}: in {spot} write {words}"
    if not sockets:
        return f"{general} within 60 seconds of the start; do slow work after that, or in the build"
    return general


def _where(evidence: Evidence, seen: Listened) -> str:
    """Find where the address is written down."""
    command = evidence.types.get("web", "")
    others = [one for one in seen.sockets if one.port != seen.port]
    words = [str(one.port) for one in others] or [one.address for one in seen.sockets] + ["localhost"]
    if any(word in command for word in words):
        return evidence.declared("web")
    numbers = "|".join(str(one.port) for one in others)
    address = r"127\.0\.0\.1|localhost|::1"
    pattern = (
        rf"(?i)(?:port|listen|bind|run|serve)\b.{{0,60}}\b(?:{numbers})\b"
        if numbers
        else rf"(?i)(?:host|listen|bind|run|serve)\b.{{0,60}}(?:{address})"
    )
    spot = evidence.tree.first(pattern) if seen.sockets else None
    return str(spot) if spot else evidence.declared("web")
