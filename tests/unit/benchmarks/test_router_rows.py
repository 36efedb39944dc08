"""The router's figures: medians of rounds, and ratios of figures that were taken in one round."""

from __future__ import annotations

from benchmarks.router.rows import Figure, Rows


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    rows = Rows()
    for direct, nginx, ours in ((100, 50, 40), (10, 5, 3), (200, 100, 90)):
        rows.add([(Figure("rate", ".0f", float(one)), Figure("ms", ".1f", 1 / one)) for one in (direct, nginx, ours)])
    assert rows.cells("rate") == ["100", "50", "40", "0.80"]
    assert list(rows.rounds) == ["rate", "ms"]
    assert rows.cells("ms")[1] == "0.0"
