"""The Mandelbrot set, which shows that a server computes (`pg:mandelbrot`)."""

from __future__ import annotations

MANDELBROT = """
WITH RECURSIVE grid (line, place, re, im) AS (
    SELECT line, place, -2.2 + place * 0.03, -1.2 + line * 0.06
    FROM generate_series(0, 40) AS line, generate_series(0, 100) AS place
), orbit (line, place, re, im, x, y, turn) AS (
    SELECT line, place, re::float8, im::float8, 0::float8, 0::float8, 0 FROM grid
    UNION ALL
    SELECT line, place, re, im, x * x - y * y + re, 2 * x * y + im, turn + 1
    FROM orbit WHERE turn < 40 AND x * x + y * y < 4
), reached AS (
    SELECT line, place, max(turn) AS turn FROM orbit GROUP BY line, place
)
SELECT rtrim(string_agg(substr(' .,:;-=+*%$#&@', 1 + least(turn, 39) * 13 / 39, 1), '' ORDER BY place)) AS art
FROM reached GROUP BY line ORDER BY line;
"""
