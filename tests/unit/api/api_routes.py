"""Which endpoint a path leads to, as the router finds it."""

from __future__ import annotations

import re

from starlette.routing import compile_path

from localku.api.call import Endpoint
from localku.api.endpoints import ENDPOINTS

_COMPILED = [(compile_path(one.path)[0], one) for one in ENDPOINTS]


def endpoint_of(method: str, path: str) -> Endpoint | None:
    """`path` may have `{}` for its variable parts."""
    wanted = re.sub(r"\{[^}]*\}", "x", path)
    return next((one for pattern, one in _COMPILED if one.method == method and pattern.match(wanted)), None)
