"""What all tests share: one option, and signals as at a terminal."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

# A suite started in the background or by nohup has these ignored, and so would have all that it starts.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

# A build leaves no container behind that waits for the next one, which only the tests of that want.
os.environ["CI"] = "true"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real-limits", action="store_true", help="Run the conformance tests with Heroku's time limits unscaled: slow."
    )
    parser.addoption(
        "--whole-fuzz", action="store_true", help="Send the API all of its 20,000 made-up requests: some minutes."
    )


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name tests by no compressed bytes: they hold the time of day, and two processes have to find the same tests."""
    return argname if isinstance(val, bytes) and not val.isascii() else None
