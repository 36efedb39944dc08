#!/usr/bin/env python3
"""Run every command of scripts/heroku-cli-walk.txt with Heroku's own CLI against localku, and say how each one ended.

`--write FILE` puts the table into a file, as docs/heroku-cli-walk.md; without it only what is not as expected is told.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.heroku_cli import VERSION, Shell, installed, shell  # noqa: E402
from support.localku import Localku, write_app  # noqa: E402
from support.tiny import FILES  # noqa: E402

LIST = ROOT / "scripts" / "heroku-cli-walk.txt"
COUNTS = ROOT / "tests" / "support" / "requests_made.cjs"
BROKEN = ("Cannot read properties", "TypeError", "Unhandled", "The requested API endpoint was not found")
"""What a client says that got an answer it cannot read, or none."""

SECONDS = 120

HEAD = f"""# Heroku's CLI, command by command

What `./check cli` saw: each of these commands run by Heroku's own CLI ({VERSION}) against localku, in this order, with
how many requests it made, on a machine that reaches no other. `walk` is an app that is up,
`other` one that was never pushed. 2 and 3 as exit status are what is expected there: what localku has not is refused
(2, and [the table of endpoints](heroku-api.md) lists it), and `--exit-code` passes a dyno's own status on.
"""


@dataclass(frozen=True)
class Step:
    section: str
    command: str
    expected: int


@dataclass(frozen=True)
class Seen:
    step: Step
    status: int
    requests: int
    trouble: str

    @property
    def as_expected(self) -> bool:
        return self.status == self.step.expected and not self.trouble


def steps() -> Iterator[Step]:
    section = ""
    for line in LIST.read_text().splitlines():
        if line.startswith("# "):
            section = line.removeprefix("# ")
        elif line:
            status, _, command = line.partition(" ")
            yield Step(section, command, int(status))


def run(user: Shell, step: Step, requests: Path) -> Seen:
    requests.write_text("")
    done = user.run("heroku", *shlex.split(step.command), timeout=SECONDS)
    text = done.out + done.err
    trouble = next((line.strip() for line in text.splitlines() if any(one in line for one in BROKEN)), "")
    if done.status != step.expected:
        trouble = trouble or " ".join(text.split())[:300]
    return Seen(step, done.status, len(requests.read_text().splitlines()), trouble)


def walked(folder: Path) -> Iterator[Seen]:
    localku = Localku(folder / "home")
    localku.home.mkdir()
    localku.ok("doctor", "--fix", cwd=localku.home)
    requests = folder / "requests"
    try:
        app = write_app(folder / "walk", {**FILES, "Procfile": f"release: true\n{FILES['Procfile']}"})
        made = shell(localku, app, installed(), folder / "user")
        options = f"{made.environ['NODE_OPTIONS']} --require {COUNTS}"
        user = Shell(
            app, {**made.environ, "NODE_OPTIONS": options, "HEROKU_REQUESTS": str(requests), "BROWSER": "true"}
        )
        for command in (("create", "walk"), ("create", "other", "--no-remote")):
            user.heroku(*command)
        localku.ok("up", "--detach", cwd=app)
        for step in steps():
            yield run(user, step, requests)
    finally:
        localku.clean()


def table(seen: list[Seen]) -> Iterator[str]:
    yield HEAD
    section = ""
    for one in seen:
        if one.step.section != section:
            section = one.step.section
            yield f"\n## {section}\n\n| command | exit status | requests | ok |\n|---|---|---|---|\n"
        ok = "yes" if one.as_expected else "no"
        yield f"| `heroku {one.step.command}` | {one.status} | {one.requests} | {ok} |\n"
    right = sum(one.as_expected for one in seen)
    yield f"\n{right} of {len(seen)} as expected.\n"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", type=Path, help="a file for the table")
    target: Path | None = options.parse_args().write
    seen = []
    with tempfile.TemporaryDirectory(prefix="walk-") as folder:
        for one in walked(Path(folder)):
            seen.append(one)
            mark = "ok" if one.as_expected else f"not as expected: {one.trouble}"
            print(f"{one.status:3} {one.requests:3}  heroku {one.step.command}  {mark}", flush=True)
    if target is not None:
        target.write_text("".join(table(seen)))
    return 0 if all(one.as_expected for one in seen) else 1


if __name__ == "__main__":
    sys.exit(main())
