"""#5, #13, #14, #21, #22: answers that only go wrong behind the router."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

from localku.doctor.evidence import ROUTER, Evidence, Request
from localku.doctor.finding import Finding, Level
from localku.errors import CLIENT

if TYPE_CHECKING:
    from localku.doctor.tree import Spot

FORBIDDEN = 403

SLOW = 10_000
"""Milliseconds: a third of what H12 allows."""

LOOP = 5
"""Redirects to one address in a row; browsers give up at 20."""


_HOSTS = r"[ \t]*ALLOWED_HOSTS[ \t]*(?::[^=\n]{1,99})?="


def allowed_hosts(evidence: Evidence) -> Finding | None:
    """#5: ALLOWED_HOSTS without the host that is asked for."""
    spot = evidence.tree.first(rf"(?m)^{_HOSTS}", (".py",))
    where = str(spot) if spot else ""
    for voice, match, line in evidence.search(r"Invalid HTTP_HOST header: '([^']+)'"):
        host = match[1].rpartition(":")[0] or match[1]
        return _hosts(f"{voice} refused the host {host} with 400: it is not in ALLOWED_HOSTS", where, line, voice)
    listed = _literal_hosts(evidence, spot)
    if listed is None or spot is None:
        return None
    for request in evidence.requests:
        if request.status == 400 and request.dyno and not request.code and not _allowed(request.host, listed):  # noqa: PLR2004
            what = f"{request.dyno} answered 400 to the host {request.host}: ALLOWED_HOSTS is {listed}"
            return _hosts(what, where, request.line, request.dyno)
    if not any(one not in _LOCAL and not one.startswith(".localhost") for one in listed) and _decides(evidence, spot):
        what = f"ALLOWED_HOSTS is {listed}, so Django answers 400 to every visitor on Heroku"
        if not listed:
            what += "; while DEBUG is on, it lets in localhost, and so what localku serves"
        return _hosts(what, where, spot.text)
    return None


_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "0.0.0.0"})  # noqa: S104 - text to compare with


def _decides(evidence: Evidence, spot: Spot) -> bool:
    """Whether these are Django's settings, which nothing else changes later."""
    text = evidence.tree.texts[spot.path]
    return "settings" in spot.path and not re.search(r"django_heroku|django_on_heroku|import \*", text)


def _hosts(what: str, where: str, line: str, voice: str = "") -> Finding:
    fix = (
        'add ".herokuapp.com" (an app there is APP-0123456789ab.herokuapp.com), ".localhost" for '
        "here, and your own domains to ALLOWED_HOSTS"
    )
    level = Level.FAILED if voice else Level.RISK
    return Finding(5, "ALLOWED_HOSTS", level, what, fix, where, (line,), voice=voice)


def _literal_hosts(evidence: Evidence, spot: Spot | None) -> list[str] | None:
    """What ALLOWED_HOSTS is, where the settings say so in so many words and once."""
    if spot is None:
        return None
    text = evidence.tree.texts[spot.path]
    if len(list(evidence.tree.grep(r"ALLOWED_HOSTS\s*(?:\+?=|\.|:)", (".py",)))) > 1:
        return None
    found = re.search(rf"(?m)^{_HOSTS}\s*([\[(][^\])]{{0,9999}}[\])])", text)
    try:
        value = ast.literal_eval(found[1]) if found else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return [str(one) for one in value] if isinstance(value, list | tuple) else None


def _allowed(host: str, listed: list[str]) -> bool:
    name = host.rpartition(":")[0] or host
    return any(one in {"*", name} or (one.startswith(".") and f".{name}".endswith(one)) for one in listed)


_SCHEMES = (
    (r"SECURE_SSL_REDIRECT\s*=\s*(?!\s|False)", r"SECURE_PROXY_SSL_HEADER", (".py",),
     'add `SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")` to the settings'),
    (r"SSLify\(|Talisman\(|request\.(?:scheme|is_secure|url\.startswith|environ\[.wsgi\.url_scheme)|url_scheme",
     r"ProxyFix|X-Forwarded-Proto|HTTP_X_FORWARDED_PROTO|X_FORWARDED_PROTO", (".py",),
     "wrap the app: `app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)` (werkzeug.middleware.proxy_fix)"),
    (r"req(?:uest)?\.(?:secure|protocol)\b|enforce\.HTTPS\(|express-sslify|express-enforces-ssl",
     r"trust proxy|trustProto|trustProxy|x-forwarded-proto", (".js", ".mjs", ".cjs", ".ts"),
     'before the redirect, write `app.set("trust proxy", 1)`; then req.secure and req.protocol are the visitor\'s'),
)  # fmt: skip
"""What asks whether a request came over TLS, what makes the answer right behind a router, and how to add that."""


def redirect_loop(evidence: Evidence) -> Finding | None:
    """#13: a redirect to https that leads to itself: TLS ends at the router."""
    spot, fix = _scheme(evidence)
    if spot is None:
        return None
    looping = _loop(evidence)
    where = evidence.declared("web") if fix == _TRUSTED else str(spot)
    if looping is not None:
        what = (
            f"{looping.dyno} redirected https://{looping.host}{looping.path} to itself over and over: "
            "the router ends TLS, so the app always sees http and has to read X-Forwarded-Proto"
        )
        return Finding(13, "REDIRECT LOOP", Level.FAILED, what, fix, where, (looping.line,), looping.path, ROUTER)
    if "SECURE_SSL_REDIRECT" in spot.text and not _heeds_the_router(evidence):
        what = (
            "SECURE_SSL_REDIRECT is on without SECURE_PROXY_SSL_HEADER: the router ends TLS, Django "
            "always sees http and redirects endlessly"
        )
        return Finding(13, "REDIRECT LOOP", Level.RISK, what, fix, where, (spot.text,))
    return None


def _heeds_the_router(evidence: Evidence) -> bool:
    """Whether the server itself takes X-Forwarded-Proto for the scheme.

    gunicorn and uvicorn do, for the buildpack sets FORWARDED_ALLOW_IPS to `*` (heroku-buildpack-python).
    """
    web = evidence.types.get("web", "")
    told = "waitress" in web and not _drops_the_scheme(evidence)
    return told or any(server in web for server in ("gunicorn", "uvicorn"))


_TRUSTED = (
    "write `waitress-serve --trusted-proxy='*' --trusted-proxy-headers=x-forwarded-proto …`: "
    "waitress drops X-Forwarded-Proto from untrusted proxies, and no setting of the app restores it"
)


def _drops_the_scheme(evidence: Evidence) -> bool:
    """Whether the server keeps X-Forwarded-Proto from the app, as waitress does by default."""
    web = evidence.types.get("web", "")
    return "waitress" in web and not re.search(r"trusted-proxy-headers\S*x-forwarded-proto", web, re.IGNORECASE)


def _scheme(evidence: Evidence) -> tuple[Spot | None, str]:
    for asks, answered, suffixes, fix in _SCHEMES:
        spot = evidence.tree.first(asks, suffixes)
        drops = suffixes == (".py",) and _drops_the_scheme(evidence)
        if spot is not None and (drops or not evidence.tree.says(answered, suffixes)):
            return spot, _TRUSTED if drops else fix
    return None, ""


def _loop(evidence: Evidence) -> Request | None:
    row: list[Request] = []
    for request in evidence.requests:
        same = row and (request.client, request.host, request.path) == (row[0].client, row[0].host, row[0].path)
        redirects = request.status in {301, 302, 303, 307, 308} and request.protocol == "https"
        row = ([*row, request] if same else [request]) if redirects else []
        if len(row) >= LOOP and (row[-1].time - row[0].time).total_seconds() < 10 * LOOP:
            return row[-1]
    return None


def slow_requests(evidence: Evidence) -> Finding | None:
    """#14: a request that takes longer than the router waits: H12."""
    fix = (
        "give long work to a worker dyno through a queue and answer at once, or send the first "
        "byte within 30 seconds and stream the rest"
    )
    requests = evidence.requests
    timed_out = [request for request in requests if request.code == "H12"]
    if timed_out:
        path = Counter(_route(request) for request in timed_out).most_common(1)[0][0]
        what = f"{path} did not start to respond within 30 seconds: the visitor got H12, and the dyno kept working"
        return Finding(14, "TIMEOUT", Level.FAILED, what, fix, path, (timed_out[-1].line,), path, timed_out[-1].dyno)
    slow = [one for one in requests if (one.service or 0) > SLOW and one.status not in {0, 101} and not one.code]
    if not slow:
        return None
    worst = max(slow, key=lambda one: one.service or 0)
    what = (
        f"{_route(worst)} took {(worst.service or 0) / 1000:.0f} seconds; with no first byte "
        "after 30 Heroku answers H12 in the app's place"
    )
    return Finding(14, "TIMEOUT", Level.SEEN, what, fix, _route(worst), (worst.line,), _route(worst))


def _route(request: Request) -> str:
    return f"{request.method} {request.path.partition('?')[0]}"


_KEEP_ALIVE = {
    "node": "`server.keepAliveTimeout = 95_000; server.headersTimeout = 96_000` (Node's default is 5 seconds)",
    "gunicorn": "`gunicorn --keep-alive 95 --worker-class gthread …`",
    "uvicorn": "`uvicorn --timeout-keep-alive 95 …`",
    "waitress": "`waitress-serve --channel-timeout=95 …`",
    "puma": "`persistent_timeout 95` in config/puma.rb",
}


def interrupted(evidence: Evidence) -> Finding | None:
    """#21: connections the server closes while the router uses them."""
    broken = [request for request in evidence.requests if request.code in {"H13", "H17", "H18"}]
    return _timed_out(evidence, broken) or (_killed(evidence, broken) or _raced(evidence, broken) if broken else None)


def _timed_out(evidence: Evidence, broken: list[Request]) -> Finding | None:
    if any(request.code == "H12" for request in evidence.requests):
        return None  # the router's own limit came first: #14
    for voice, match, line in evidence.search(r"\[CRITICAL\] WORKER TIMEOUT \(pid:\s*(\d+)\)"):
        given = re.search(r"(?:--timeout|\s-t)[= ](\d+)", evidence.types.get("web", ""))
        last = next((request for request in reversed(broken) if request.dyno == voice), None)
        where = f" in the middle of {_route(last)}" if last else ""
        got = f": the visitor got {last.code}" if last else ": its client got no answer"
        what = (
            f"gunicorn in {voice} killed worker {match[1]}{where}, after its own timeout of "
            f"{given[1] if given else 30} seconds{got}"
        )
        fix = (
            "shorten the request (a worker dyno, a queue), or raise `--timeout`; above 30 seconds "
            "the router answers H12 first"
        )
        seen = (last.line, line) if last else (line,)
        return Finding(21, "SERVER TIMEOUT", Level.FAILED, what, fix, evidence.declared("web"), seen, "worker", voice)
    return None


def _killed(evidence: Evidence, broken: list[Request]) -> Finding | None:
    if evidence.memory():
        return None  # #19
    last = broken[-1]
    for voice, match, line in evidence.search(r"Worker \(pid:\s*(\d+)\) was sent SIG(?:KILL|SEGV).*"):
        what = f"worker {match[1]} in {voice} was killed in the middle of {_route(last)}: the visitor got {last.code}"
        fix = f"see what memory the request takes (`{CLIENT} logs` shows R14 and R15), or which C extension crashes"
        return Finding(
            21, "WORKER KILLED", Level.FAILED, what, fix, evidence.declared("web"), (last.line, line), "killed", voice
        )
    return None


_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods of requests that the router sends again on a fresh connection."""


def _raced(evidence: Evidence, broken: list[Request]) -> Finding | None:
    """A kept connection that the server closed; not one that went with its process."""
    reused = [
        one
        for one in broken
        if one.code != "H17" and one.connect == 0 and (one.service or 0) < SLOW and one.method not in _SAFE
    ]
    dead = {run.dyno for run in evidence.runs if run.status is not None}
    reused = [one for one in reused if one.dyno not in dead]
    if not reused or any(evidence.search(r"Worker \(pid:\s*\d+\) (?:was sent SIG|exited with code)")):
        return None
    one = reused[-1]
    what = (
        f"{one.dyno} closed an idle connection just as the router sent {_route(one)} on it "
        f"({one.code}): the router keeps connections to dynos for 90 seconds, and the server's "
        "keep-alive is shorter"
    )
    fix = f"raise it above 90 seconds: {_keep_alive(evidence)}"
    return Finding(
        21, "KEEP-ALIVE", Level.FAILED, what, fix, evidence.declared("web"), (one.line,), "keep-alive", one.dyno
    )


def _keep_alive(evidence: Evidence) -> str:
    command = evidence.types.get("web", "")
    server = next((name for name in _KEEP_ALIVE if name in command), None)
    if server is None and (evidence.tree.node or "npm" in command):
        server = "node"
    return _KEEP_ALIVE.get(server or "", "see the keep-alive or idle timeout of your server")


def _refuses(evidence: Evidence, dyno: str) -> bool:
    return any(one.status == FORBIDDEN and one.dyno == dyno for one in evidence.requests)


def csrf(evidence: Evidence) -> Finding | None:
    """#22: a form that Django refuses, for it takes the request for http."""
    fix = (
        'add `CSRF_TRUSTED_ORIGINS = ["https://*.herokuapp.com"]` (and your own domains) and '
        '`SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")` to the settings'
    )
    if _drops_the_scheme(evidence):
        fix = _TRUSTED
    spot = evidence.tree.first(r"CsrfViewMiddleware|CSRF_TRUSTED_ORIGINS|CSRF_COOKIE_SECURE", (".py",))
    where = evidence.declared("web") if fix == _TRUSTED else str(spot or "")
    for voice, match, line in evidence.search(r"Origin checking failed - (\S+) does not match any trusted origins"):
        what = (
            f"{voice} refused a form with 403: Django does not trust the origin {match[1]}, for "
            "behind the router it takes the request for http"
        )
        return Finding(
            22,
            "CSRF",
            Level.FAILED,
            what,
            fix,
            where,
            (line,),
            match[1],
            ROUTER if _refuses(evidence, voice) else voice,
        )
    handled = evidence.tree.says(r"CSRF_TRUSTED_ORIGINS", (".py",)) or (
        evidence.tree.says(r"SECURE_PROXY_SSL_HEADER", (".py",)) and not _drops_the_scheme(evidence)
    )
    if spot is None or handled or _heeds_the_router(evidence):
        return None
    for request in evidence.requests:
        if request.status == FORBIDDEN and request.protocol == "https" and request.method == "POST" and request.dyno:
            what = (
                f"{request.dyno} answered 403 to POST {request.path} over https; the settings have "
                "neither CSRF_TRUSTED_ORIGINS nor SECURE_PROXY_SSL_HEADER, so Django trusts no https "
                "origin behind the router"
            )
            return Finding(22, "CSRF", Level.FAILED, what, fix, where, (request.line,), request.host, ROUTER)
    return None
