"""`localku doctor`."""

from __future__ import annotations

from typing import Any

import click

from localku.cli.options import app_option, here, json_option
from localku.cli.terminal import Progress, say, show_json
from localku.errors import LocalkuError

MARKS = {"ok": ("ok", "32"), "missing": ("missing", "31"), "warning": ("warning", "33")}


@click.command()
@click.option("--fix", is_flag=True, help="Install what is missing: an engine, the stack images, the Postgres image.")
@app_option
@json_option
def doctor(name: str | None, *, fix: bool, as_json: bool) -> None:
    """Say what localku needs, what is there, and how to get the rest. Without --fix nothing is changed.

    In an app's folder, or with --app, also say what makes the app fail here, or will on Heroku; not with --fix.
    """
    from localku.cli.diagnosing import show_findings
    from localku.context import open_context
    from localku.machine import checks
    from localku.machine import fix as fixes
    from localku.platform import app_folders, apps, housekeeping

    context = open_context()
    if fix:
        progress = Progress()
        context = fixes.fix(context, progress.between(say), progress, housekeeping.orphans)
        progress.clear()
    folder = here().resolve()
    app = apps.find(context, here(), name) if name else app_folders.at_or_above(context, folder)
    if fix:  # that is about the machine
        app = None
    found = checks.all_checks(context, housekeeping.orphans)
    subject, findings = "", tuple[Any, ...]()
    if app is not None:
        engine = all(check.state != "missing" for check in found)
        subject, findings = app.name, _findings(context, app, engine=engine)
    elif not fix and apps.looks_like_one(folder):
        subject, findings = folder.name, _findings_in(context, folder)
    if as_json:
        show_json([*(vars(check) for check in found), *(_row(finding) for finding in findings)])
    else:
        for check in found:
            _show(check)
    if subject and not as_json:
        show_findings(subject, findings)
    missing = [check.name for check in found if check.state == "missing"]
    if missing:
        raise LocalkuError(f"Missing: {', '.join(missing)}.", "`localku doctor --fix` installs what it can.")
    failed = [one.mark for one in findings if one.level.name == "FAILED"]
    if subject and failed:
        raise LocalkuError(f"{subject} fails: {', '.join(failed)}.")


def _findings(context: Any, app: Any, *, engine: bool) -> tuple[Any, ...]:
    from localku.doctor.causes import diagnose, unexplained
    from localku.platform.diagnosis import gather

    evidence = gather(context, app, live=engine)
    found = diagnose(evidence)
    return (*unexplained(evidence, found), *found)


def _findings_in(context: Any, folder: Any) -> tuple[Any, ...]:
    """What the files of a folder tell that is no app yet, as after a first build that could not even begin."""
    from localku.doctor.causes import diagnose
    from localku.platform.diagnosis import gather_folder

    return diagnose(gather_folder(context, folder))


def _row(finding: Any) -> dict[str, Any]:
    """A finding in the shape of a check, and what it has beyond that."""
    row = {"name": finding.mark, "state": finding.level.name.lower(), "found": finding.what}
    return {**row, "remedy": finding.fix, "fixable": False, "where": finding.where, "evidence": finding.evidence}


def _show(check: Any) -> None:
    word, colour = MARKS[check.state]
    say(f"\x1b[{colour}m{word:<8}\x1b[0m {check.name:<15} {check.found}")
    if check.remedy and check.state != "ok":
        say(f"{'':<25}{check.remedy}")
