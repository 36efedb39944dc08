"""The figures as a table and as JSON."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from benchmarks.measurements import MEASUREMENTS, Figures, Measurement

OURS, JUDGE = "localku", "Dockerfile"
NOTHING = "-"


def table(figures: Figures, contenders: Sequence[str], missing: Mapping[str, str], rounds: int) -> Table:
    shown = Table(
        title=f"Medians of {rounds} round(s), in seconds",
        caption=caption(figures, missing),
        caption_justify="left",
    )
    shown.add_column("")
    for name in contenders:
        shown.add_column(name, justify="right")
    for name in (f"{OURS} / {JUDGE}", "aim", "met"):
        shown.add_column(name, justify="right")
    for measurement in MEASUREMENTS:
        if figures.median(measurement.name, OURS) is not None:
            shown.add_row(measurement.title, *_cells(measurement, figures, contenders))
    return shown


def _cells(measurement: Measurement, figures: Figures, contenders: Sequence[str]) -> list[str]:
    medians = [figures.median(measurement.name, name) for name in contenders]
    ratio = figures.ratio(measurement.name, OURS, JUDGE)
    met = is_met(measurement, figures)
    return [
        *(NOTHING if median is None else f"{median:.2f}" for median in medians),
        NOTHING if ratio is None else f"{ratio:.2f}x",
        measurement.aim_text(),
        NOTHING if met is None else "yes" if met else "no",
    ]


def is_met(measurement: Measurement, figures: Figures) -> bool | None:
    if measurement.in_seconds:
        reached = figures.median(measurement.name, OURS)
    else:
        reached = figures.ratio(measurement.name, OURS, JUDGE)
    return None if reached is None else reached <= measurement.aim


def caption(figures: Figures, missing: Mapping[str, str]) -> str:
    load = f"{min(figures.load):.1f} to {max(figures.load):.1f}" if figures.load else "unknown"
    lines = [f"{platform.system()} {platform.machine()}, load {load} (median {_middle(figures.load):.1f})"]
    lines += [f"{name}: not measured, {reason}" for name, reason in missing.items()]
    return "\n".join(lines)


def _middle(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


def as_json(figures: Figures, contenders: Sequence[str], missing: Mapping[str, str], rounds: int) -> dict[str, Any]:
    rows = {}
    for measurement in MEASUREMENTS:
        taken = {name: figures.seconds[measurement.name, name] for name in contenders
                 if (measurement.name, name) in figures.seconds}  # fmt: skip
        if taken:
            rows[measurement.name] = {
                "seconds": taken,
                "medians": {name: figures.median(measurement.name, name) for name in taken},
                "ratio": figures.ratio(measurement.name, OURS, JUDGE),
                "aim": measurement.aim_text(),
                "met": is_met(measurement, figures),
            }
    return {"rounds": rounds, "load": figures.load, "missing": dict(missing), "measurements": rows}
