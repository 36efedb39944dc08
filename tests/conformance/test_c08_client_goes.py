"""C8: a client that goes away before its answer is H27, a warning with status 499."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running, World


def test_h27(raw: Running, world: World) -> None:
    path = f"/sleep?{world.seconds(60):.2f}"
    client = raw.connect()
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {raw.host}\r\n\r\n".encode())
    assert raw.request("/headers")[0] == 200, "by now the router has read the other request too"
    client.close()
    line = raw.wait_logged(f'path="{path}"')
    assert 'heroku[router]: sock=client at=warning code=H27 desc="Client Request Interrupted" method=GET' in line
    assert " status=499 " in line
