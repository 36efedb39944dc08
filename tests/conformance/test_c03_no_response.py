"""C3: a dyno that takes the request and closes the connection is H13."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running


def test_h13(raw: Running) -> None:
    assert raw.request("/close")[0] == 503
    line = raw.wait_logged('path="/close"')
    assert 'heroku[router]: at=error code=H13 desc="Connection closed without response" method=GET' in line
    assert " dyno=web.1 connect=" in line
    assert " status=503 bytes=0 protocol=http" in line
