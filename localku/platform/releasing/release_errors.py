"""How the making of a release can fail."""

from __future__ import annotations

from localku import locks
from localku.errors import Kind, LocalkuError


class ReleaseFailed(LocalkuError):
    """The release command exited with another status than 0; the release before stays in force."""


class ReleaseExpired(LocalkuError):
    """A newer release has taken effect before this one could."""

    kind = Kind.CONFLICT


class ReleaseBusy(locks.Busy):
    """Another release of the app is being made, and takes longer than this one can wait."""
