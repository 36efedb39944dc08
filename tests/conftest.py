"""What all tests share: one option."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--real-limits", action="store_true", help="Run the conformance tests with Heroku's time limits unscaled: slow."
    )
