import io
import threading

import pytest
from nodekit.read_ahead import PIECE, Checked, ReadAhead


class Breaking:
    """Gives `good` bytes, then fails."""

    def __init__(self, good: int) -> None:
        self._left = good

    def read(self, size: int, /) -> bytes:
        if not self._left:
            raise OSError("broken off")
        self._left -= (given := min(size, self._left))
        return bytes(given)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, 40 * PIECE + 7])
def test_what_is_read_ahead_is_what_is_there(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    with ReadAhead(io.BytesIO(content)) as ahead:
        assert io.BufferedReader(ahead, 1000).read() == content


def test_an_error_of_the_source_comes_after_what_was_read_before_it() -> None:
    with ReadAhead(Breaking(PIECE + 1)) as ahead:
        reader = io.BufferedReader(ahead, 1000)
        assert len(reader.read(PIECE + 1)) == PIECE + 1
        with pytest.raises(OSError, match="broken off"):
            reader.read(1)


def test_nobody_goes_on_reading_when_nobody_wants_it() -> None:
    before = threading.active_count()
    with ReadAhead(io.BytesIO(bytes(100 * PIECE))) as ahead:
        assert ahead.read(1) == b"\0"
    assert threading.active_count() == before


def test_an_error_of_what_is_checked_is_told_as_asked() -> None:
    with pytest.raises(LookupError, match="at the end of the world: broken off"):
        Checked(Breaking(1), "", lambda exc: LookupError(f"at the end of the world: {exc}")).is_right()
