"""What is wrong with the Python version an app asks for. Each error names the versions to be had."""

from __future__ import annotations

import re

from pybuild.available import Available
from pybuild.output import BuildpackError
from pybuild.versions import Request


def _example(available: Available) -> str:
    return f"""\
To get the newest Python {available.default_series}, the file must contain exactly:
{available.default_series}

{available.sentence}"""


def instructions(origin: str, series: str) -> str:
    """Return how to ask for a Python version with a .python-version file."""
    first = "Delete runtime.txt and create" if origin == "runtime.txt" else "Create"
    return f"""\
{first} a file in the top folder of your app, named:
.python-version

It contains the series alone, without quotes and without 'python-':
{series}

A series gets its newest patch version at each build. A patch version
such as {series}.1 would stay as it is, without security fixes."""


def misspelled(name: str) -> BuildpackError:
    return BuildpackError(
        "python-version-file::misspelled",
        "Error: Your .python-version file is spelled incorrectly.\n\n"
        f"Your app has a file named:\n'{name}'\n\n"
        "Rename it to (without the quotes):\n'.python-version'",
        name,
    )


def invalid_runtime_txt(found: str, available: Available) -> BuildpackError:
    return BuildpackError(
        "runtime-txt::invalid-version",
        "Error: Invalid Python version in runtime.txt.\n\n"
        "runtime.txt must be one line such as 'python-"
        f"{available.default_series}', but it isn't.\n\n"
        "Better not to mend it: Heroku has replaced runtime.txt by\n"
        ".python-version, which other tools read too.\n\n"
        f"{instructions('runtime.txt', available.default_series)}\n\n{available.sentence}",
        found[:100],
    )


def invalid_python_version(found: str, available: Available) -> BuildpackError:
    shown = re.sub(r"[^\x20-\x7e\t]", "\N{REPLACEMENT CHARACTER}", found)
    series = available.default_series
    return BuildpackError(
        "python-version-file::invalid-version",
        "Error: Invalid Python version in .python-version.\n\n"
        f"Your .python-version file says:\n{shown}\n\n"
        f"It must be a series ({series}, recommended) or an exact version\n"
        f"({series}.1), without quotes, 'python-' or wildcards. A comment needs\n"
        "a line of its own that begins with '#'.\n\n"
        f"{_example(available)}",
        found[:100],
    )


def unreadable(encoding: str) -> BuildpackError:
    return BuildpackError(
        "python-version-file::invalid-encoding",
        "Error: Unable to read .python-version.\n\n"
        f"Your .python-version file is saved as {encoding} text.\n"
        "Save it again as UTF-8 without a BOM.\n\n"
        "On Windows, '>' in some terminals writes UTF-16: use an editor. A\n"
        ".gitattributes file can change the encoding too.",
        encoding,
    )


def empty_python_version(available: Available) -> BuildpackError:
    return BuildpackError(
        "python-version-file::no-version",
        "Error: No Python version found in .python-version.\n\n"
        "Your .python-version file is empty, or all its lines are comments\n"
        "(they begin with '#').\n\n"
        f"{_example(available)}",
    )


def several_versions(found: list[str], available: Available) -> BuildpackError:
    listed = "\n".join(found)
    return BuildpackError(
        "python-version-file::multiple-versions",
        "Error: Multiple Python versions found in .python-version.\n\n"
        f"Your .python-version file names several versions:\n\n{listed}\n\n"
        f"Leave only one.\n\n{_example(available)}",
        ",".join(found),
    )


def unparsable_pipfile_lock(problem: str) -> BuildpackError:
    return BuildpackError(
        "pipfile-lock::invalid-json",
        "Error: Can't parse Pipfile.lock.\n\n"
        f"Your Pipfile.lock isn't valid JSON:\n{problem}\n\n"
        "Run 'pipenv lock' to write it again.",
        problem[:100],
    )


def invalid_pipfile_lock(found: str, available: Available) -> BuildpackError:
    series = available.default_series
    return BuildpackError(
        "pipfile-lock::invalid-version",
        "Error: Invalid Python version in Pipfile.lock.\n\n"
        f"'python_version' or 'python_full_version' in Pipfile.lock says:\n{found}\n\n"
        f"It must be a series ({series}, recommended) or an exact version\n"
        f"({series}.1), without wildcards. Change it in your Pipfile, then run\n"
        f"'pipenv lock'.\n\n{available.sentence}",
        found[:50],
    )


def end_of_life(request: Request, available: Available) -> BuildpackError:
    cached = request.origin == "cached"
    subject = "cached" if cached else "requested"
    best = available.default_series
    todo = (
        f"Your app doesn't say which Python it needs, so the last build's\n"
        f"({request.text}) would be used.\n\n{instructions(request.origin, best)}"
        if cached
        else f"Change the version in your {request.origin} file, if you can to {best}."
    )
    return BuildpackError(
        "python-version::eol",
        f"Error: The {subject} Python version has reached end-of-life.\n\n"
        f"Python {request.series} no longer gets security fixes from its makers, and\n"
        "neither Heroku nor this buildpack supports it:\n"
        "https://devguide.python.org/versions/#supported-versions\n\n"
        f"{todo}\n\n{available.sentence}",
        request.series,
    )


def unrecognised(request: Request, available: Available) -> BuildpackError:
    cached = request.origin == "cached"
    where = "Create a .python-version file" if cached else f"Change your {request.origin} file"
    subject = "cached" if cached else "requested"
    return BuildpackError(
        "python-version::unknown-major",
        f"Error: The {subject} Python version isn't recognised.\n\n"
        f"This buildpack doesn't know Python {request.series}. Check that it has been\n"
        "released: https://devguide.python.org/versions/\n\n"
        f"{where} to ask for a version that can be had.\n\n"
        f"{available.sentence}",
        request.series,
    )


def unavailable(request: Request, available: Available) -> BuildpackError:
    same = [str(version) for version in available.versions if version.series == request.series]
    advice = (
        f"Ask for {request.series} alone: that gets you {same[-1]} here, and on Heroku\nits newest patch version."
        if same
        else "Ask for another version."
    )
    return BuildpackError(
        "python-version::unknown-patch",
        "Error: The requested Python version isn't available.\n\n"
        f"Your app asks for Python {request.text} ({request.origin}), which can't be\n"
        f"had for the '{available.stack}' stack on this machine.\n\n"
        f"{advice}\n\n{available.sentence}",
        request.text,
    )
