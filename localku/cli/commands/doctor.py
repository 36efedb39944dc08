"""`localku doctor`."""

from __future__ import annotations

from typing import Any

import click

from localku.cli.options import json_option
from localku.cli.terminal import Progress, say, show_json, wants_colour
from localku.errors import LocalkuError

MARKS = {"ok": ("ok", "32"), "missing": ("missing", "31"), "warning": ("warning", "33")}


@click.command()
@click.option("--fix", is_flag=True, help="Get what is missing: an engine, the stack images, the Postgres image.")
@json_option
def doctor(*, fix: bool, as_json: bool) -> None:
    """Say what localku needs, what is there, and how to get the rest. Without --fix nothing is changed."""
    from localku.platform import checks
    from localku.platform import fix as fixes
    from localku.platform.context import open_context

    context = open_context()
    if fix:
        progress = Progress()

        def tell(line: str) -> None:
            progress.clear()
            say(line)

        context = fixes.fix(context, tell, progress)
        progress.clear()
    found = checks.all_checks(context)
    if as_json:
        show_json([vars(check) for check in found])
    else:
        for check in found:
            _show(check)
    missing = [check.name for check in found if check.state == "missing"]
    if missing:
        raise LocalkuError(f"Missing: {', '.join(missing)}.", "`localku doctor --fix` gets what it can.")


def _show(check: Any) -> None:
    import sys

    word, colour = MARKS[check.state]
    mark = f"\x1b[{colour}m{word:<8}\x1b[0m" if wants_colour(sys.stdout) else f"{word:<8}"
    say(f"{mark} {check.name:<15} {check.found}")
    if check.remedy and check.state != "ok":
        say(f"{'':<25}{check.remedy}")
