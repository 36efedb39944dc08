"""The states of dynos and releases, and what is wanted of apps: as the store keeps and the log tells them."""

from __future__ import annotations

from enum import StrEnum


class DynoState(StrEnum):
    """Of a dyno; `COMPLETE` is the end of a one-off dyno, and only the log tells it."""

    PROVISIONING = "provisioning"
    STARTING = "starting"
    UP = "up"
    IDLE = "idle"
    CRASHED = "crashed"
    DOWN = "down"
    COMPLETE = "complete"


class Wanted(StrEnum):
    """What somebody wants of an app or of a one-off dyno; never what it is.

    `LEASED` is `UP` for as long as the client that wants it holds its lease; of apps only.
    """

    UP = "up"
    LEASED = "leased"
    DOWN = "down"


class ReleaseStatus(StrEnum):
    """The statuses of Heroku's Platform API (https://devcenter.heroku.com/articles/platform-api-reference#release).

    `failed`: the release command said so, or could not be run. `expired`: nobody will ever say how it ended.
    """

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"
