"""What all tests share: one option, and SIGINT."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

# A suite started in the background is started with SIGINT ignored, and so would be all it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real-limits", action="store_true", help="Run the conformance tests with Heroku's time limits unscaled: slow."
    )
