"""Responses that end with their connection alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

UNFRAMED = "localku.unframed"
"""Our extension of a request's scope (ASGI specification, "Extensions")."""


def unframed(request: Request) -> None:
    """Have the response end with the connection alone, so that a client takes a server that was killed for its end.

    A body in chunks that stops is an error to Heroku's CLI, one that ends like this is what it comes again after.
    """
    end_with_connection = request.scope.get("extensions", {}).get(UNFRAMED)
    if end_with_connection is not None:
        end_with_connection()
