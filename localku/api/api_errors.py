"""Errors as Heroku's API words them: `{"id", "message", "resource"}` (Platform API Reference, "Error Responses")."""

from __future__ import annotations

from collections.abc import Mapping

from localku.errors import Kind, LocalkuError, worded

STATUS: Mapping[Kind, int] = {
    Kind.CONFLICT: 409,
    Kind.FAILED: 500,
    Kind.FORBIDDEN: 403,
    Kind.INVALID: 422,
    Kind.NOT_FOUND: 404,
    Kind.UNAVAILABLE: 503,
}
"""HTTP statuses by kind; the ids and what they stand for are in the same article."""

UNAUTHORIZED = {"id": "unauthorized", "message": "Invalid credentials provided."}
NOT_FOUND = {"id": "not_found", "message": "The requested API endpoint was not found."}

FAULT = {"id": "internal_server_error", "message": "localku has failed to answer; the server's own log says why."}


def body(error: LocalkuError) -> Mapping[str, str]:
    """What a client of Heroku's API is told: message and hint in one text, for somebody who types `heroku`."""
    said = {"id": error.id, "message": worded(f"{error.message}\n{error.hint}".strip(), "heroku")}
    return {**said, "resource": error.resource} if error.resource else said
