"""What was seen to fail, whether or not a cause of it is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from localku.doctor.evidence import BUILD, LINE, ROUTER, Evidence, Run
from localku.doctor.finding import Finding, Level
from localku.errors import CLIENT, LocalkuError
from localku.project import procfile

TITLE = "NO KNOWN CAUSE"
UNKNOWN = "and localku knows no cause"
MOST_LINES, MOST_CHARACTERS = 3, 200
"""Of what is quoted."""

_TELLING = re.compile(
    r"(?i)\A\s*!\s|error|exception|fatal|fail|denied|cannot|can't|could not|couldn't|not found|no such|unable|invalid"
)
_HOLLOW = re.compile(r"Push (?:rejected|failed)|See the log output above|^\W*$")
"""Lines that say no more than that something failed."""


def seen(evidence: Evidence) -> Iterator[Finding]:
    """Yield a paragraph for each thing that failed, as if no cause of it were known."""
    yield from _build(evidence)
    yield from _release(evidence)
    yield from _crashes(evidence)
    yield from _requests(evidence)
    yield from _nothing_to_run(evidence)


def may_be_of_files(evidence: Evidence) -> bool:
    """Whether something failed, or was not tried yet, that the app's files alone may explain."""
    untried = not evidence.has_slug or "web" not in evidence.types
    return untried or any(one.voice in _OF_FILES for one in seen(evidence))


_OF_FILES = frozenset({BUILD, ROUTER, ""})


def is_explained(trouble: Finding, causes: Iterable[Finding]) -> bool:
    """Whether one of the causes is about the same build, release phase, process type or requests."""
    return any(_explains(one.voice, trouble.voice) for one in causes)


def _explains(cause: str, trouble: str) -> bool:
    """By who was heard: an error without a dyno is explained by whatever is wrong with one."""
    if not cause:
        return trouble in _OF_FILES
    return _kind(cause) == _kind(trouble) or (trouble == ROUTER and cause != BUILD)


def _kind(voice: str) -> str:
    return voice.partition(".")[0]


def _build(evidence: Evidence) -> Iterator[Finding]:
    if evidence.refusal:
        message, hint = evidence.refusal
        what = f"The newest build failed: {message}"
        fix = re.sub(r"(?<!\.)\.\Z", "", " ".join(hint.split())) or f"see its output: `{CLIENT} builds:output`"
        yield Finding(0, "BUILD", Level.FAILED, what, fix, "", evidence.transcript[-20:], BUILD, BUILD)
    elif evidence.transcript:
        what = f"The newest build failed, {UNKNOWN}. It said: {_quoted(evidence.transcript)}"
        fix = f"read the build's output from its first error on; `{CLIENT} builds:output` prints it again"
        yield _unknown(BUILD, what, fix, evidence.transcript)


def _release(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.failed_release:
        return
    run = next((one for one in reversed(evidence.ailing) if one.type == "release"), None)
    printed = f". It printed: {_quoted(run.printed)}" if run and run.printed else ""
    what = f"The release phase of {evidence.failed_release} failed, {UNKNOWN}{printed}"
    fix = f"`{CLIENT} releases:output {evidence.failed_release}` shows all it printed"
    yield _unknown(run.dyno if run else "release", what, fix, run.printed if run else (), evidence.declared("release"))


def _crashes(evidence: Evidence) -> Iterator[Finding]:
    """One of each process type: its dynos run the same command."""
    told = {"release"}
    for run in reversed(evidence.ailing):
        if run.type not in told:
            told.add(run.type)
            yield _crash(evidence, run)
    for dyno in sorted(evidence.crashing):
        if _kind(dyno) not in told:
            told.add(_kind(dyno))
            yield _crash(evidence, Run(dyno, (), (), None))


def _crash(evidence: Evidence, run: Run) -> Finding:
    times = sum(one.crashed for one in evidence.runs if one.dyno == run.dyno)
    often = f" {times} times" if times > 1 else ""
    status = "" if run.status is None else f" with status {run.status}"
    printed = f". It printed last: {_quoted(run.printed)}" if any(run.printed) else ", and it printed nothing"
    verb = "failed" if run.type == "scheduler" else "crashed"
    what = f"{run.dyno} {verb}{often}{status}, {UNKNOWN}{printed}"
    fix = f"`{CLIENT} logs --dyno {run.dyno}` shows its output; `{CLIENT} run bash` starts a shell in such a dyno"
    return _unknown(run.dyno, what, fix, run.printed, evidence.declared(run.type))


def _requests(evidence: Evidence) -> Iterator[Finding]:
    bad = [one for one in evidence.refused if not (one.unserved and (evidence.ailing or evidence.crashing))]
    if not bad:
        return
    newest = max(bad, key=lambda one: one.time)
    count = len([one for one in evidence.requests if one.failed])
    by = f" by {newest.dyno}" if newest.dyno else ""
    code = f"{newest.code} ({newest.status})" if newest.code else str(newest.status)
    path = newest.path.partition("?")[0]
    what = (
        f"{count} of {len(evidence.requests)} requests ended in an error, {UNKNOWN}: "
        f"the last, {newest.method} {path}, was answered {code}{by}"
    )
    printed = tuple(line for voice, text in evidence.voices if voice == newest.dyno for line in text.split("\n"))
    telling = [line for line in printed if _TELLING.search(line)]
    what += f". It printed last: {_quoted(telling)}" if telling else ""
    fix = f"`{CLIENT} logs --dyno {newest.dyno or 'router'}` shows what was printed then; repeat the request meanwhile"
    if not telling and newest.dyno and evidence.uses("django") and not evidence.tree.says("LOGGING", (".py",)):
        fix = (
            'Django prints no traceback while DEBUG is off: add `LOGGING = {"version": 1, '
            '"disable_existing_loggers": False, "handlers": {"console": {"class": "logging.StreamHandler"}}, '
            '"root": {"handlers": ["console"]}}` to the settings, deploy, and repeat the request'
        )
    yield _unknown(newest.dyno or ROUTER, what, fix, (newest.line,), f"{newest.method} {path}")


def _nothing_to_run(evidence: Evidence) -> Iterator[Finding]:
    """Nothing where the newest build failed: the slug in force is older than the files."""
    if not evidence.has_slug or evidence.types or any(_build(evidence)):
        return
    if _process_types(evidence):
        what = "The release in force has no process types, so no dyno runs: the Procfile was not in its build"
        yield Finding(0, "NOT DEPLOYED", Level.FAILED, what, f"`{CLIENT} up` builds it", procfile.NAME)
    else:
        what = f"The slug has no process types, so no dyno runs, {UNKNOWN}"
        yield _unknown("", what, "write a Procfile with a line such as `web: COMMAND`", ())


def _process_types(evidence: Evidence) -> bool:
    try:
        return bool(procfile.parse(evidence.tree.texts.get(procfile.NAME, "")).types)
    except LocalkuError:
        return False


def _unknown(voice: str, what: str, fix: str, lines: Iterable[str], where: str = "") -> Finding:
    kept = tuple(line[:LINE] for line in lines)[-20:]
    return Finding(0, TITLE, Level.FAILED, what, fix, where, kept, voice, voice)


def _quoted(lines: Iterable[str]) -> str:
    """The last lines that tell something, on one line."""
    full = [line.strip()[:MOST_CHARACTERS] for line in lines if not _HOLLOW.search(line[:LINE])]
    telling = [line for line in full if _TELLING.search(line)] or full
    return " / ".join(line if "`" in line else f"`{line}`" for line in telling[-MOST_LINES:]) or "nothing"
