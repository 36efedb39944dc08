"""The error after dependencies could not be installed."""

from __future__ import annotations

from collections.abc import Iterable

from pybuild import install_diagnosis, offline, output
from pybuild.output import BuildpackError
from pybuild.package_managers import label


def of(manager: str, log: str, *, was_offline: bool, missing: Iterable[str] = ()) -> BuildpackError:
    """Explain a failed installation; a known cause is printed first, as a block of its own."""
    cause = install_diagnosis.diagnose(log)
    if cause:
        output.error(cause.error)
    what = offline.explain(missing) if was_offline else "See the log output above for more information."
    return BuildpackError(
        f"install-dependencies::{manager}",
        f"Error: Unable to install dependencies using {label(manager)}.\n\n{what}",
        cause.text if cause else "",
    )
