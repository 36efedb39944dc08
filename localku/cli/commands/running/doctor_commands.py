"""`localku doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from localku.cli.options import app_option, json_option
from localku.cli.shell.user_shell import here
from localku.cli.terminal import Progress, say, show_json
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.doctor.finding import Finding
    from localku.machine.checks import Check

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
    from localku.machine import checks
    from localku.machine import fix as fixes
    from localku.opening import open_context
    from localku.platform import app_folders, apps, diagnosis, housekeeping, new_apps, views

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
    subject, findings = "", tuple["Finding", ...]()
    if app is not None:
        engine = all(check.state != "missing" for check in found)
        subject, findings = app.name, diagnosis.examine(context, app, live=engine)
    elif not fix and new_apps.looks_like_one(folder):
        subject, findings = folder.name, diagnosis.examine_folder(folder)
    if as_json:
        show_json([*(vars(check) for check in found), *(views.finding(one) for one in findings)])
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


def _show(check: Check) -> None:
    word, colour = MARKS[check.state]
    say(f"\x1b[{colour}m{word:<8}\x1b[0m {check.name:<15} {check.found}")
    if check.remedy and check.state != "ok":
        say(f"{'':<25}{check.remedy}")
