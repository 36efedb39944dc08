"""Why a build has no slug."""

from __future__ import annotations

from localku.errors import LocalkuError


class BuildFailed(LocalkuError):
    """The transcript has already said why; `output` is all of it, for a diagnosis."""

    def __init__(self, reason: str, output: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.output = output


class Undetected(BuildFailed):
    """No buildpack takes the folder for an app."""
