import click
import pytest

from localku.cli.durations import Duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86400), ("1.5h", 5400), ("300.0s", 300)]
)
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "0s", "-5m", "5 m", "5min", "1e3s", "\u0665m"])
def test_anything_else_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(click.BadParameter, match="Write it as 90s, 5m, 2h or 1d"):
        Duration().convert(text, None, None)
