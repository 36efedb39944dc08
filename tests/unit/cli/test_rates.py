import click
import pytest

from localku.cli.rates import Rate


@pytest.mark.parametrize(("text", "rate"), [("6/m", 6), ("1/s", 60), ("30/h", 0.5), ("0.5/m", 0.5)])
def test_rates_are_per_minute(text: str, rate: float) -> None:
    assert Rate().convert(text, None, None) == rate


@pytest.mark.parametrize("text", ["", "6", "6/d", "-1/m", "0/m", "six/m", "6/m "])
def test_other_rates_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a rate\. Write it as 6/m, 1/s or 30/h"):
        Rate().convert(text, None, None)
