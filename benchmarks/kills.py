"""`python -m benchmarks.kills`: each of the server's processes killed with -9 in each state of an app under traffic."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.kills import PROCESSES, STATES, Victim, kill
from support.localku import Localku


@click.command()
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1), help="How often everything is done.")
@click.option("--seed", default=1, show_default=True, help="When, within a state, a process is killed.")
def main(rounds: int, seed: int) -> None:
    """Kill, and see whether anything is doubled, left over or answered wrongly. Exit status 1 where something is."""
    dice, failed = random.Random(seed), 0  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="localku-kills-") as name:
        lk = Localku(Path(name) / "home")
        lk.home.mkdir()
        try:
            victim = Victim.made(lk, Path(name) / "victim")
            for state in STATES * rounds:
                for process in PROCESSES:
                    after = dice.uniform(0.1, 2.0)
                    wrong = kill(victim, state, process, after)
                    failed += bool(wrong)
                    found = f"{'; '.join(wrong) or 'right'}; {dict(victim.answers)}"
                    click.echo(f"{state.name}, {process} after {after:.1f} s: {found}")
        finally:
            lk.clean()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
