"""`localku --version` starts nothing but Python; no command pays for what it does not use."""

from __future__ import annotations

import subprocess
import sys
import time

HEAVY = ("click", "cryptography", "docker", "honcho", "requests", "rich", "sqlite3", "watchdog", "yaml")

LIST_MODULES = """
import sys
from localku.__main__ import main
sys.argv = ["localku", *{arguments!r}]
try:
    main()
except SystemExit:
    pass
print("\\n".join(sys.modules), file=sys.stderr)
"""

MOST = 2.5
"""How many times as long as a bare Python `localku --version` may take; it is about 1.7."""


def imported_by(*arguments: str) -> set[str]:
    program = LIST_MODULES.format(arguments=list(arguments))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_version_imports_nothing_heavy() -> None:
    assert imported_by("--version").isdisjoint(HEAVY)


def test_help_imports_click_and_nothing_heavier() -> None:
    heavy = imported_by("--help").intersection(HEAVY)
    assert heavy == {"click"}


def test_a_wrong_command_is_refused_without_the_engine() -> None:
    heavy = imported_by("bild").intersection(HEAVY)
    assert heavy == {"click"}


def test_version_takes_hardly_longer_than_python_itself() -> None:
    """Measured in turns, the best of each: what else the machine does then weighs on both alike.

    A busy machine is asked more often, for it takes a while until both have had a quiet moment.
    """
    bare, version = [sys.executable, "-c", "pass"], [sys.executable, "-m", "localku", "--version"]
    pairs = []
    for _ in range(40):
        pairs.append((seconds(bare), seconds(version)))
        ratio = min(pair[1] for pair in pairs) / min(pair[0] for pair in pairs)
        if len(pairs) >= 7 and ratio < MOST:
            return
    raise AssertionError(ratio)


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started
