"""Warnings about a Python version that works, and the two that uv turns into errors."""

from __future__ import annotations

from pybuild import output
from pybuild.output import BuildpackError
from pybuild.version_errors import instructions
from pybuild.versions import DEPRECATED, LATEST, Request, Version


def announce(request: Request) -> None:
    """Print which Python is used and why."""
    if request.origin == "default":
        output.step(f"No Python version was specified. Using the buildpack default: Python {request.text}")
    elif request.origin == "cached":
        output.step(
            f"No Python version was specified. Using the same major version as the last build: Python {request.text}"
        )
    else:
        output.step(f"Using Python {request.text} specified in {request.origin}")


def require_file_for_uv(request: Request, version: Version) -> None:
    """Raise if uv is to be used and the version isn't in .python-version."""
    pin = (
        "uv reads your app's Python version from .python-version only.\n\n"
        "In the top folder of your app, run (with your app's version):\n"
        f"uv python pin {version.series}\n\n"
        "Then 'git add --all' and 'git commit'."
    )
    if request.origin in {"default", "cached"}:
        raise BuildpackError("python-version-file::not-found", f"Error: No Python version was specified.\n\n{pin}")
    if request.origin == "runtime.txt":
        raise BuildpackError(
            "runtime-txt::not-supported",
            "Error: The runtime.txt file isn't supported when using uv.\n\n"
            f"{pin}\n\nDelete runtime.txt with the same commit.",
        )


def warnings(request: Request, version: Version) -> tuple[str, ...]:
    found = (_source(request, version), _deprecated(request, version), _patch(request))
    return tuple(text for text in found if text)


def outdated(request: Request) -> Version | None:
    """Return the newest patch version Heroku has, if the app pins an older one."""
    latest = LATEST.get(request.series)
    return latest if latest and request.exact and request.exact < latest else None


def _source(request: Request, version: Version) -> str:
    if request.origin in {"default", "cached"}:
        return (
            "Warning: No Python version was specified.\n\n"
            "Your app doesn't say which Python it needs, so the buildpack chose\n"
            "one. Its choice changes with time and may differ from the Python\n"
            "you develop with. Heroku means to make this an error.\n\n"
            f"{instructions(request.origin, version.series)}\n\n"
            "If there is such a file, see that it lies in the top folder, that\n"
            "neither '.gitignore' nor '.slugignore' names it, and that it is\n"
            "committed."
        )
    if request.origin == "runtime.txt":
        return (
            "Warning: The runtime.txt file is deprecated.\n\n"
            "Heroku has replaced runtime.txt by .python-version, which other\n"
            "tools read too, and means to make this an error.\n\n"
            f"{instructions(request.origin, version.series)}"
        )
    return ""


def _deprecated(request: Request, version: Version) -> str:
    if version.series not in DEPRECATED:
        return ""
    end, removal = DEPRECATED[version.series]
    return (
        f"Warning: Support for Python {version.series} is deprecated!\n\n"
        f"Python {version.series} gets security fixes until {end}, and Heroku\n"
        f"stops building it on {removal}.\n\n"
        f"Change the version in your {request.origin} file soon."
    )


def _patch(request: Request) -> str:
    latest = outdated(request)
    if not latest:
        return ""
    return (
        "Warning: A Python patch update is available!\n\n"
        f"Your app is pinned to Python {request.text}. Heroku has {latest}, with\n"
        "fixes for security holes among others.\n\n"
        f"Write {request.series} alone into your {request.origin} file to get the newest\n"
        "patch version at every build."
    )
