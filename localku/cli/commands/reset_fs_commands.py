"""`localku reset-fs`."""

from __future__ import annotations

import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from localku.cli.options import app_option, here, json_option
from localku.cli.terminal import console, note, say, show_json
from localku.errors import LocalkuError
from localku.states import DynoState

FRESH_SECONDS = 90.0

SHOWN = 5
"""So many paths are named in a sentence."""

REPORTS_AT_ONCE = 6
"""So many dynos are looked through at the same time."""


@click.command()
@app_option
@click.option("-d", "--dyno", metavar="DYNO", help="One dyno (web.1) or type (web) instead of all.")
@click.option("--dry-run", is_flag=True, help="Only report.")
@click.option("--check", is_flag=True, help="Only report; exit status 1 if anything worth keeping would be lost.")
@click.option("--ignore", multiple=True, metavar="GLOB", help="Paths to ignore, such as media/** or *.log; repeatable.")
@json_option
def reset_fs(
    name: str | None, dyno: str | None, ignore: tuple[str, ...], *, dry_run: bool, check: bool, as_json: bool
) -> None:
    """Show what the dynos wrote since they started and would lose, then replace them by fresh ones.

    A dyno's filesystem is ephemeral on Heroku: every restart, deploy and config change does this.
    """
    from localku.context import open_context
    from localku.ephemeral.byte_sizes import count
    from localku.platform import apps, filesystem

    context = open_context()
    app = apps.find(context, here(), name)
    records = filesystem.running(context, app, dyno)
    if not records:
        raise LocalkuError(f"No dyno of {app.name} is running.", "`localku up` starts it.")
    files = filesystem.Files(context, app)
    with ThreadPoolExecutor(REPORTS_AT_ONCE) as together:
        looks = list(together.map(lambda record: files.look(record, ignore), records))
    reports = [look.report for look in looks]
    missed = sum(len(report.missed) for report in reports)
    outcome: dict[str, Any] = {"app": app.name, "dynos": [report.as_json() for report in reports], "lost": missed}
    if not as_json:
        _show(reports)
    if not (dry_run or check):
        outcome["reset"] = _reset(context, app, records, looks, quiet=as_json)
        back = set(outcome["reset"]["written_again"])
        outcome["lost"] = sum(f"{one.dyno}:{entry.path}" not in back for one in reports for entry in one.missed)
    if as_json:
        show_json(outcome)
    if check and missed:
        raise LocalkuError(f"{count(missed, 'file')} worth keeping would be lost.")


def _show(reports: list[Any]) -> None:
    from localku.cli.ephemeral_table import EphemeralTable

    screen = console()
    for report in reports:
        screen.print(EphemeralTable(report))


def _reset(context: Any, app: Any, records: Any, looks: list[Any], *, quiet: bool) -> dict[str, Any]:
    from localku.platform import filesystem
    from localku.platform.running import is_running

    if is_running(context, app) is None:
        raise LocalkuError(f"The dynos of {app.name} are unsupervised.", "`localku up` adopts them.")
    started = time.monotonic()
    for record in records:
        filesystem.reset(context, app, record.name)
    fresh = _wait_fresh(context, app, records)
    again, otherwise = _written_again(context, fresh, looks)
    answer = _answers(app) if any(record.type == "web" for record in fresh) else None
    seconds = time.monotonic() - started
    if not quiet:
        _tell(fresh, again, otherwise, answer, seconds)
    return {
        "seconds": round(seconds, 2),
        "status": answer,
        "written_again": again,
        "written_otherwise": otherwise,
    }


def _wait_fresh(context: Any, app: Any, records: Any) -> list[Any]:
    """Wait until each dyno runs in another container than before."""
    old = {record.name: record.container for record in records}
    deadline = time.monotonic() + FRESH_SECONDS
    while time.monotonic() < deadline:
        now = [record for record in context.store.dynos.of(app.id) if record.name in old]
        if all(
            record.container != old[record.name] and record.state in {DynoState.UP, DynoState.CRASHED} for record in now
        ):
            crashed = [record.name for record in now if record.state is DynoState.CRASHED]
            if crashed:
                raise LocalkuError(
                    f"{', '.join(crashed)} did not come up again without those files.",
                    f"The app needs something it wrote itself: localku logs -a {app.name} --ps {crashed[0]}",
                )
            return now
        time.sleep(0.05)
    raise LocalkuError("The new dynos did not come up in time.", f"Why: localku logs -a {app.name}")


def _written_again(context: Any, fresh: list[Any], looks: list[Any]) -> tuple[list[str], list[str]]:
    """Paths, of files that matter, which fresh dynos have again: with the same content, and with another."""
    from localku.ephemeral.kinds import ADVICE
    from localku.platform import filesystem

    before = {look.report.dyno: look for look in looks}
    again: list[str] = []
    otherwise: list[str] = []
    for record in fresh:
        look = before[record.name]
        told = [one for one in look.report.entries if one.worth_keeping or (one.returns and ADVICE[one.kind].keep)]
        asked = {entry.path: entry.change for entry in told if entry.change != "deleted"}
        for path, digest in filesystem.digests(context, record.container, asked).items():
            if path in look.traces and look.traces[path].digest == digest:
                again.append(f"{record.name}:{path}")
            elif asked[path] == "added":  # a changed one is the slug's again
                otherwise.append(f"{record.name}:{path}")
    return again, otherwise


def _answers(app: Any) -> int | None:
    """Ask the app for `/` through the router; None when there is no answer at all."""
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    try:
        connection.request("GET", "/", headers={"Host": f"{app.name}.localhost:{app.port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _tell(fresh: list[Any], again: list[str], otherwise: list[str], answer: int | None, seconds: float) -> None:
    say(f"Restarted: {', '.join(record.name for record in fresh)}, in {seconds:.1f} s")
    if again:
        say(f"Back by itself, unchanged: {_several(again)}")
    if otherwise:
        say(f"Written again, with different content: {_several(otherwise)}")
    say("Everything else is gone." if again or otherwise else "The files are gone.")
    if answer is None:
        note(" !     The app did not answer GET /")
    else:
        say(f"The app answers again: GET / returned {answer}")


def _several(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
