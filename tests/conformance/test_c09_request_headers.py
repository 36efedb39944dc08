"""C9: what the router adds to a request, and what it keeps of the client's."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import Running

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def seen(raw: Running, **headers: str) -> dict[str, str]:
    body = raw.request("/headers", headers={name.replace("_", "-"): value for name, value in headers.items()})[2]
    pairs = [line.partition(": ") for line in json.loads(body)[1:]]
    assert len({name.lower() for name, _, _ in pairs}) == len(pairs)
    return {name.lower(): value for name, _, value in pairs}


def test_forwarded_headers(raw: Running) -> None:
    found = seen(
        raw, X_Forwarded_For="1.2.3.4", X_Forwarded_Proto="gopher", X_Forwarded_Port="70", X_Request_ID="short"
    )
    assert found["x-forwarded-for"] == "1.2.3.4, 127.0.0.1"
    assert (found["x-forwarded-proto"], found["x-forwarded-port"]) == ("http", "80")
    assert UUID.fullmatch(found["x-request-id"])
    assert found["host"] == raw.host
    assert found["via"] == "1.1 heroku-router"
    assert re.fullmatch(r"\d{13}", found["x-request-start"])
    assert f'request_id={found["x-request-id"]} fwd="1.2.3.4, 127.0.0.1"' in raw.wait_logged(found["x-request-id"])


def test_a_good_request_id_is_kept(raw: Running) -> None:
    given = "abcdefghij0123456789+/=-ABCDEF"
    assert seen(raw, X_Request_ID=given)["x-request-id"] == given
