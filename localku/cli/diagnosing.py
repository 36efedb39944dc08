"""The doctor's findings on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from localku.cli.terminal import note, say
from localku.errors import LocalkuError, worded
from localku.neutral import printable

if TYPE_CHECKING:
    from localku.context import Context
    from localku.doctor.evidence import Evidence
    from localku.doctor.finding import Finding
    from localku.records import App

MOST = 3
"""Causes named below a failure: the likeliest."""

COLOURS = {"failed": "31", "seen": "33", "risk": "33"}


def of_build(context: Context, app: App, error: LocalkuError) -> list[Finding]:
    """Return what is known of why a build or a release command failed; nothing for other errors."""
    from localku.platform.diagnosis import gather_build
    from localku.platform.releasing.release_errors import ReleaseFailed
    from localku.slugs.build_errors import BuildFailed

    looks = isinstance(error, BuildFailed | ReleaseFailed)
    return _failures(lambda: gather_build(context, app)) if looks else []


def of_crash(context: Context, app: App) -> list[Finding]:
    """Return what is known of why the dynos do not come up."""
    from localku.platform.diagnosis import gather

    return _failures(lambda: gather(context, app))


def _failures(gathered: Callable[[], Evidence]) -> list[Finding]:
    from localku.doctor.causes import diagnose
    from localku.doctor.finding import Level

    try:
        return [one for one in diagnose(gathered()) if one.level is Level.FAILED][:MOST]
    except Exception as defect:  # noqa: BLE001 - what failed is told whatever becomes of its explanation
        note(f"localku doctor: cannot look for causes because of a bug in localku: {defect!r}")
        return []


def explain(findings: Sequence[Finding]) -> None:
    """Say below a failure why it came."""
    for one in findings:
        note(f"localku doctor: {one.text()}")


def show_findings(app_name: str, findings: Sequence[Finding]) -> None:
    """Print a paragraph for each finding, most likely first."""
    say("")
    if not findings:
        say(f"=== {app_name}: nothing found that fails on Heroku")
        return
    count = len(findings)
    say(f"=== {app_name}: {count} finding{'s' * (count > 1)}, most likely first")
    for one in findings:
        word = one.level.name.lower()
        say("")
        say(f"\x1b[{COLOURS[word]}m{word:<8}\x1b[0m {one.mark}")
        say(f"         {printable(worded(one.what.rstrip('.')))}.")
        if one.where:
            say(f"         Where: {printable(one.where)}")
        say(f"         Fix: {printable(worded(one.fix))}")
