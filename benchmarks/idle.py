"""`python -m benchmarks.idle`: what localku takes while apps are up that nobody asks for anything."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.localku import Localku, get, wait_for, write_app
from support.tiny import FILES

from benchmarks.machine_facts import MachineFacts

PROCFILE = "web: ./serve\nworker: exec sleep infinity\n"
DYNOS = 2
"""Of each app."""

MEMORY_AIM, CPU_AIM = 180.0, 3.0
"""MB and per cent of a core, of all processes together, for 20 apps with 40 dynos."""

SETTLES = 45.0
"""Seconds after the last start until nothing of it is under way any more."""

ENGINE = ("dockerd", "containerd")
"""How the names of its programs begin."""

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Use:
    """Of one process, or several: seconds of a processor so far, and MB of memory (PSS)."""

    cpu: float = 0.0
    memory: float = 0.0


@click.command()
@click.option("--apps", "number", default=20, show_default=True, type=click.IntRange(1), help="Apps of two dynos each.")
@click.option("--seconds", default=120, show_default=True, type=click.IntRange(1), help="How long it is measured.")
@click.option("--settle", default=SETTLES, show_default=True, help="Seconds between the last start and that.")
def main(number: int, seconds: int, settle: float) -> None:
    """Measure memory and processor time of the server's processes, and the engine's beside it."""
    with tempfile.TemporaryDirectory(prefix="localku-bench-") as name:
        lk = Localku(Path(name) / "home")
        lk.home.mkdir()
        try:
            firsts = [
                _up(lk, write_app(Path(name) / f"idle-{n}", {**FILES, "Procfile": PROCFILE})) for n in range(number)
            ]
            click.echo(f"{number * DYNOS} dynos are up; load {os.getloadavg()[0]:.1f}", err=True)
            time.sleep(settle)
            console = Console(width=110)
            console.print(_measured(lk, seconds))
            console.print(_starts(firsts))
        finally:
            lk.clean()


def _up(lk: Localku, folder: Path) -> float:
    """Build an app and have it up; return the seconds from `up` to its first response."""
    write_app(folder, {**FILES, "Procfile": PROCFILE})
    lk.ok("build", cwd=folder)
    lk.ok("ps:scale", "worker=1", cwd=folder)
    began = time.perf_counter()
    lk.ok("up", "--detach", "--no-build", cwd=folder)
    apps = lk.ok("apps", "--json", cwd=folder).json
    port = next(app["port"] for app in apps if app["name"] == folder.name)
    wait_for(lambda: get(f"http://127.0.0.1:{port}/", f"{folder.name}.localhost")[0] == HTTPStatus.OK, every=0.01)
    click.echo(f"{folder.name} is up", err=True)
    return time.perf_counter() - began


def _measured(lk: Localku, seconds: int) -> Table:
    status = lk.ok("server:status", "--json", cwd=lk.home).json
    processes = {one["name"]: one["pid"] for one in status["processes"]}
    began, before, engine_before = time.monotonic(), _uses(processes), _engine()
    time.sleep(seconds)
    passed, after, engine = time.monotonic() - began, _uses(processes), _engine()
    dynos = sum(app["dynos"] for app in status["apps"])
    shown = Table(
        title=f"{len(status['apps'])} apps with {dynos} dynos, over {passed:.0f} seconds",
        caption=f"{MachineFacts.of_this_machine()}; load {os.getloadavg()[0]:.1f}",
    )
    for column in ("", *processes, "together", "aim", "the engine"):
        shown.add_column(column, justify="right" if column else "left")
    cpu, engine_cpu = _taken(before, after, passed), _taken(engine_before, engine, passed)
    memory, engine_memory = ({name: use.memory for name, use in uses.items()} for uses in (after, engine))
    shown.add_row("memory, MB (PSS)", *_cells(memory, MEMORY_AIM), f"{sum(engine_memory.values()):.0f}")
    shown.add_row("of one core, %", *_cells(cpu, CPU_AIM), f"{sum(engine_cpu.values()):.1f}")
    return shown


def _cells(found: Mapping[str, float], aim: float) -> tuple[str, ...]:
    together = sum(found.values())
    met = "met" if together <= aim else "missed"
    return (*(f"{one:.1f}" for one in found.values()), f"{together:.1f}", f"≤ {aim:g}, {met}")


def _starts(firsts: list[float]) -> Table:
    shown = Table(title="from `up --detach --no-build` to the first response, seconds")
    for column in ("first app, which starts the server", "second", "last"):
        shown.add_column(column, justify="right")
    shown.add_row(*(f"{seconds:.2f}" for seconds in (firsts[0], firsts[min(1, len(firsts) - 1)], firsts[-1])))
    return shown


def _uses(processes: Mapping[str, int]) -> dict[str, Use]:
    """Those that there are, for a process may end at any moment."""
    found = {}
    for name, pid in processes.items():
        with suppress(OSError):
            found[name] = use_of(pid)
    return found


def use_of(pid: int) -> Use:
    """Raises OSError where it has ended."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    return Use((int(after_name[11]) + int(after_name[12])) / TICKS, kilobytes / 1024)


def _engine() -> dict[str, Use]:
    """All processes of the machine's engine, whoever it works for."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "comm").read_text().startswith(ENGINE):
                found[folder.name] = int(folder.name)
    return _uses(found)


def _taken(before: Mapping[str, Use], after: Mapping[str, Use], seconds: float) -> dict[str, float]:
    """Per cent of a core in that time, by process; of those that were there all the time."""
    return {name: 100 * (use.cpu - before[name].cpu) / seconds for name, use in after.items() if name in before}


if __name__ == "__main__":
    main()
