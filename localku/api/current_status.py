"""What `heroku status` asks: without an answer from here, Heroku's CLI would ask a host that is not this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

PATH = "/api/v4/current-status"

SYSTEMS = ("Apps", "Data", "Tools")
"""Heroku's three (devcenter.heroku.com/articles/heroku-status)."""


async def status(_request: Request) -> Response:
    """`GET /api/v4/current-status`, of this machine: whoever gets an answer has a server that works."""
    systems = [{"system": one, "status": "green"} for one in SYSTEMS]
    return JSONResponse({"status": systems, "incidents": [], "scheduled": []})
