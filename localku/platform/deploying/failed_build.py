"""What a build that failed is remembered with, for the doctor."""

from __future__ import annotations

from localku.engine.engine_errors import EngineUnavailable
from localku.errors import LocalkuError
from localku.locks import Busy
from localku.platform.releasing.release_errors import ReleaseFailed
from localku.records import Failure
from localku.slugs.build_errors import BuildFailed


def why(error: BaseException) -> Failure | None:
    """Return what a build is remembered with that ended so: nothing of another build's failure or the engine's."""
    match error:
        case ReleaseFailed() | EngineUnavailable() | Busy():
            return None
        case BuildFailed():
            return Failure("", "")
        case LocalkuError():
            return Failure(error.message, error.hint)
        case _:
            return None
