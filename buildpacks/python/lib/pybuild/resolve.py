"""From a request (`3.13`) to the exact version to install (`3.13.15`)."""

from __future__ import annotations

from pybuild import version_errors
from pybuild.available import Available
from pybuild.versions import NEWEST, OLDEST, Request, Version


def resolve(request: Request, available: Available) -> Version:
    """Return the version to install.

    Raises BuildpackError if Python's makers or this buildpack no longer support it, if nobody knows it,
    or if it can be had neither on this machine nor from Heroku.
    """
    if request.numbers < OLDEST:
        raise version_errors.end_of_life(request, available)
    version = request.exact or available.best(request.series)
    at_hand = version in available.here
    if request.numbers > NEWEST and not at_hand:
        raise version_errors.unrecognised(request, available)
    if version and (at_hand or available.downloadable):
        return version
    raise version_errors.unavailable(request, available)
