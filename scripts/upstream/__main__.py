"""Run Heroku's own buildpack suites with localku's buildpacks, and say in one table what differs.

UPSTREAM_NODEJS and UPSTREAM_PYTHON are folders with checkouts of heroku-buildpack-nodejs and -python; nothing is
fetched, and a suite whose variable is not set is not run. What was run is kept in UPSTREAM_RESULTS and not run again.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import hatchet_suite
import shell_suite
import table
from bench import images
from trials import Results, Trial

from localku.engine.client import Engine

SUITES = ("python", "nodejs")
Running = Callable[[], Trial]


def main() -> int:
    parser = argparse.ArgumentParser(prog="./check upstream --", description=__doc__)
    parser.add_argument("words", nargs="*", help="run only tests whose file, name or fixture has one of these, anew")
    parser.add_argument("--seconds", type=int, default=900, help="time limit of each command (default: 900)")
    parser.add_argument(
        "--write", metavar="FILE", type=Path, help="put the table into a file, as docs/upstream-suites.md"
    )
    parser.add_argument("--judge", action="store_true", help="run nothing: judge again what was run")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the container goes too
    checkouts = {each: Path(os.environ[name]) for each in SUITES if (name := f"UPSTREAM_{each.upper()}") in os.environ}
    if not checkouts:
        parser.error("neither UPSTREAM_PYTHON nor UPSTREAM_NODEJS names a checkout")
    results = Results(Path(os.environ.get("UPSTREAM_RESULTS", Path(tempfile.gettempdir()) / "localku-upstream")))
    if not chosen.judge:
        run(checkouts, results, chosen.words, chosen.seconds)
    text = table.render(checkouts, results)
    if chosen.write:
        chosen.write.write_text(text)
    else:
        print(text)
    return 0


def run(checkouts: dict[str, Path], results: Results, words: list[str], seconds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="lkup_") as made:
        Path(made).chmod(0o755)
        for trial, running in planned(checkouts, results, Path(made), seconds):
            named = any(word in f"{trial.file} {trial.name} {' '.join(trial.fixtures)}" for word in words)
            if named if words else not results.has(trial):
                done = running()
                results.keep(done)
                missed = sum(not check.held for check in done.checks)
                said = done.fault or (f"{missed} of {len(done.checks)} do not hold" if missed else "all hold")
                print(f"{done.seconds:6} s  {done.file} {done.name}: {said}", flush=True)


def planned(checkouts: dict[str, Path], results: Results, made: Path, seconds: int) -> Iterator[tuple[Trial, Running]]:
    """Give each test with what runs it."""
    engine = Engine()
    ours = images(engine)
    for suite, checkout in checkouts.items():
        folder = made / suite
        folder.mkdir()
        tools = hatchet_suite.exported(suite, folder)
        for pair in hatchet_suite.planned(suite, checkout):
            yield pair[0], partial(hatchet_suite.run, engine, ours, tools, checkout, pair, seconds)
        if suite == shell_suite.SUITE:
            mixture = shell_suite.mixed(checkout, made / "mixture")
            downloads = results.folder / "downloads"
            downloads.mkdir(parents=True, exist_ok=True)
            for trial in shell_suite.planned(checkout):
                yield trial, partial(shell_suite.run, engine, ours.build_image, mixture, downloads, trial, seconds)


if __name__ == "__main__":
    sys.exit(main())
