"""#19, #23, #25, #28: a dyno is smaller, plainer and not alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localku.doctor.finding import Finding, Level
from localku.doctor.missing import Reason, missing
from localku.dyno import dyno_lines
from localku.errors import CLIENT

if TYPE_CHECKING:
    from localku.doctor.evidence import Evidence

_ONE_OFF = frozenset({"run", "release", "scheduler"})
_LARGER = {"eco": "standard-2x", "basic": "standard-2x", "standard-1x": "standard-2x", "standard-2x": "performance-m"}


def _told(evidence: Evidence, code: str) -> dict[str, str]:
    """The last line of each dyno with that error's code."""
    return {
        line.proc: line.message
        for line in evidence.log
        if line.source == "heroku" and dyno_lines.parse_error(line.message) == code
    }


def _over_quota(evidence: Evidence, *, one_off: bool) -> tuple[str, int, float, bool, str] | None:
    """(dyno, peak MB, per cent, whether it was killed, the line) of who went furthest above its quota."""
    killed, above = _told(evidence, "R15"), _told(evidence, "R14")
    peaks = evidence.memory()
    dynos = [name for name in {**above, **killed} if (name.partition(".")[0] in _ONE_OFF) == one_off]
    if not dynos:
        return None
    dyno = max(dynos, key=lambda name: (name in killed, peaks.get(name, (0, 0.0))))
    megabytes, share = peaks.get(dyno, (0, 0.0))
    return dyno, megabytes, share, dyno in killed, (killed | {dyno: killed.get(dyno) or above.get(dyno, "")})[dyno]


def memory(evidence: Evidence) -> Finding | None:
    """#19: a dyno of the formation above its memory quota: R14 or R15."""
    found = _over_quota(evidence, one_off=False)
    if found is None:
        return None
    dyno, megabytes, share, killed, line = found
    kind = dyno.partition(".")[0]
    size, quota = evidence.sizes.get(kind, ("basic", 512))
    peak = f" (peak {megabytes} MB, {share:.0f} %)" if megabytes else ""
    fate = "and was killed at twice that (R15)" if killed else "and swaps, which is slow (R14)"
    what = f"{dyno} used more than the {quota} MB of a {size} dyno{peak} {fate}"
    larger = _LARGER.get(size, "performance-l")
    fix = (
        f"fewer workers (`{CLIENT} config:set WEB_CONCURRENCY=1`), load less at once, or a larger "
        f"dyno: `{CLIENT} ps:type {kind}={larger}`"
    )
    return Finding(
        19, "MEMORY", Level.FAILED if killed else Level.SEEN, what, fix, evidence.declared(kind), (line,), kind, dyno
    )


def one_off(evidence: Evidence) -> Finding | None:
    """#25: a one-off dyno above its quota, or a release phase that writes files no other dyno sees."""
    found = _over_quota(evidence, one_off=True)
    if found is not None:
        dyno, megabytes, share, killed, line = found
        peak = f" (peak {megabytes} MB, {share:.0f} %)" if megabytes else ""
        kind = dyno.partition(".")[0]
        fix = f"`{CLIENT} run --size=standard-2x …`" if kind == "run" else f"`{CLIENT} ps:type {kind}=standard-2x`"
        what = (
            f"{dyno} used more than the 512 MB of a one-off dyno{peak}{', and was killed (R15)' if killed else ''}: "
            "it does not take the size of web"
        )
        return Finding(
            25,
            "ONE-OFF DYNO",
            Level.FAILED,
            what,
            f"a larger one: {fix}",
            evidence.declared(kind),
            (line,),
            kind,
            dyno,
        )
    command = evidence.types.get("release", "")
    lost = _written_by_release(evidence, command)
    if lost is not None:
        return lost
    makes = re.search(
        r"collectstatic|npm run build|yarn build|webpack\b|vite build|compress\b|(?<![>&])>\s*(?!/dev)[\w./-]+", command
    )
    if makes is None:
        return None
    what = (
        f"The release phase runs `{command}`, which writes files: they are lost with its dyno, "
        "and no web dyno ever sees them"
    )
    fix = (
        "make files in the build (the buildpacks run collectstatic and `npm run build`), and "
        "change only the database in the release phase"
    )
    return Finding(25, "ONE-OFF DYNO", Level.RISK, what, fix, evidence.declared("release"), (makes[0],), "files")


def _written_by_release(evidence: Evidence, command: str) -> Finding | None:
    """A file that another dyno does not find and that a script of the release phase names."""
    scripts = [word for word in re.split(r"[\s;&|]+", command) if word.removeprefix("./") in evidence.tree.texts]
    for one in missing(evidence):
        name = one.name.rpartition("/")[2]
        if one.language != "file" or one.reason is not Reason.OWN or one.voice.startswith("release."):
            continue
        for script in scripts:
            if name in evidence.tree.texts[script.removeprefix("./")]:
                what = (
                    f"{one.voice} found no `{one.name}`, which {script} in the release phase is about: "
                    "what a release dyno writes is lost with it"
                )
                fix = "make the file in the build or at the dyno's start, or keep what it holds in the database"
                where = evidence.declared("release")
                return Finding(25, "ONE-OFF DYNO", Level.FAILED, what, fix, where, (one.line,), name, one.voice)
    return None


_IN_MEMORY = (
    (
        r"connect\.session\(\) MemoryStore is not",
        "sessions in the memory of one process (express-session's MemoryStore)",
    ),
)
_IN_MEMORY_CODE = (
    (r"sessions\.backends\.cache['\"]", r"LocMemCache", "sessions in a cache of one process (LocMemCache)"),
    (r"SESSION_TYPE['\"]?\]?\s*=\s*['\"]filesystem", "", "sessions in files of one dyno (Flask-Session's filesystem)"),
    (r"InMemoryChannelLayer", "", "channels in the memory of one process (InMemoryChannelLayer)"),
)


def shared_state(evidence: Evidence) -> Finding | None:
    """#23: only where there are two web dynos to differ."""
    if evidence.quantities.get("web", 0) < 2:  # noqa: PLR2004
        return None
    found = next(((what, "", line) for pattern, what in _IN_MEMORY for _, _, line in evidence.search(pattern)), None)
    for pattern, also, what in _IN_MEMORY_CODE:
        spot = evidence.tree.first(pattern, (".py",))
        if found is None and spot is not None and (not also or evidence.tree.says(also, (".py",))):
            found = (what, str(spot), spot.text)
    sockets = evidence.tree.first(r"new Server\(|require\(['\"]socket\.io['\"]\)|SocketIO\(")
    if (
        found is None
        and sockets is not None
        and not evidence.tree.says(r"adapter|message_queue|transports.{0,20}websocket")
    ):
        found = ("Socket.IO without an adapter, whose handshakes need one dyno", str(sockets), sockets.text)
    if found is None:
        return None
    what = (
        f"{evidence.quantities['web']} web dynos run, and the app keeps {found[0]}: the router "
        "chooses a dyno at random, so about every other request does not find it"
    )
    fix = (
        "keep it in Postgres or Redis, which all dynos share, or in signed cookies; Socket.IO: a "
        "Redis adapter and websockets only"
    )
    return Finding(23, "SHARED STATE", Level.SEEN, what, fix, found[1], (found[2],), found[0])


_ASKS = r"setlocale\([^)]{0,200}['\"](?!C\b|C\.|en_US\.UTF-8|POSIX|['\"])(\w{2,3}_\w{2}[\w.@-]*)['\"]"


def locale(evidence: Evidence) -> Finding | None:
    """#28: a locale, or an encoding, that the stack does not have."""
    asks = evidence.tree.first(_ASKS)
    for voice, _, line in evidence.search(r"locale\.Error: unsupported locale setting"):
        what = f"{voice} asked for a locale that Heroku's stack does not have: there are en_US.UTF-8 and C.UTF-8"
        fix = (
            "format dates and numbers with a library that has its own data (Babel, Intl), or use "
            "heroku-buildpack-locale"
        )
        return Finding(28, "LOCALE", Level.FAILED, what, fix, str(asks or ""), (line,), voice=voice)
    for voice, match, line in evidence.search(r"UnicodeEncodeError: '(ascii|latin-1)' codec can't encode"):
        if "LANG" in evidence.config:
            continue
        what = f"{voice} wrote text as {match[1]}: LANG is not set in a dyno unless a buildpack or a config var does"
        return Finding(
            28,
            "LOCALE",
            Level.FAILED,
            what,
            f'`{CLIENT} config:set LANG=C.UTF-8`, or open files with encoding="utf-8"',
            "",
            (line,),
            voice=voice,
        )
    if asks is not None:
        what = f"The code asks for the locale {asks.match[1]}, which Heroku's stack does not have"
        return Finding(
            28,
            "LOCALE",
            Level.RISK,
            what,
            "format with a library that has its own data (Babel, Intl)",
            str(asks),
            (asks.text,),
        )
    naive = evidence.tree.first(r"datetime\.now\(\s*\)|date\.today\(\s*\)|time\.localtime\(|\.getHours\(\)")
    if naive is None or "TZ" in evidence.config or not evidence.utc_offset:
        return None
    hours = evidence.utc_offset / 60
    what = f"The code reads the local time; this machine is {hours:+g} hours from UTC, and dynos run in UTC"
    return Finding(
        28,
        "LOCALE",
        Level.RISK,
        what,
        f"use aware times (datetime.now(UTC)), or `{CLIENT} config:set TZ=…` to the zone you mean",
        str(naive),
        (naive.text,),
    )
