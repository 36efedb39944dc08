"""Which Python an app asks for."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.errors import Invalid
from localku.project.app_files import is_file, read_json, read_text

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME_TXT = "runtime.txt"
PYTHON_VERSION = ".python-version"
PIPFILE_LOCK = "Pipfile.lock"

MISSPELLED = (
    " .python-version", ". python-version", ".python_version.txt", ".python_version", ".python-version ",
    ",python-version", ".python-version.", ".python-version.py", ".python-version.rtf", ".python-version.txt",
    ".python-version.TXT", ".Python-version", ".python.version", ".pythonversion", "'.python-version'",
    "python_version.txt", "python_version", "python-version.", "python-version.txt", "python-version",
)  # fmt: skip
"""Names of files that end a build, unless there is a runtime.txt: heroku-buildpack-python, lib/python_version.sh."""

_SPACE = " \t\n\v\f\r"
_NUMBER = r"(0|[1-9][0-9]{0,3})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}(?:\.{_NUMBER})?")


@dataclass(frozen=True)
class PythonVersion:
    """`N.N` (patch is None: the newest) or `N.N.N`; `source` is the name of the file that says so."""

    major: int
    minor: int
    patch: int | None
    source: str

    def __str__(self) -> str:
        short = f"{self.major}.{self.minor}"
        return short if self.patch is None else f"{short}.{self.patch}"


def read(root: Path) -> PythonVersion | None:
    """What the app at `root` asks for, in the order of Heroku's Python buildpack (v351).

    runtime.txt, then .python-version, then Pipfile.lock. None when none of them says; Invalid for a file whose
    name was meant to be .python-version.
    """
    text = read_text(root, RUNTIME_TXT)
    if text is not None:
        return parse_runtime_txt(text)
    for name in MISSPELLED:
        if is_file(root, name):
            raise Invalid(
                f".python-version is misspelled: {name!r}.", f"Rename it: `git mv {shlex.quote(name)} .python-version`."
            )
    text = read_text(root, PYTHON_VERSION)
    if text is not None:
        return parse_python_version(text)
    return _read_pipfile_lock(root)


def parse_runtime_txt(text: str) -> PythonVersion:
    """`python-3.13` or `python-3.13.2`, and beside it only what `_lines` leaves out."""
    lines = _lines(text, RUNTIME_TXT)
    content = lines[0] if len(lines) == 1 else ""
    version = _version(content.removeprefix("python-"), RUNTIME_TXT)
    if version is None or not content.startswith("python-"):
        bad = next((line for line in lines if not _is_runtime(line)), "")
        found = f": {_quote(bad)}" if bad or not lines else f", but {len(lines)}"
        raise Invalid(
            f"runtime.txt does not name a Python version{found}",
            "It holds one line such as `python-3.13` or `python-3.13.2`: lower case, no spaces; a comment needs a "
            "line of its own.\nHeroku deprecates runtime.txt; a .python-version file holding `3.13` replaces it.",
        )
    return version


def parse_python_version(text: str) -> PythonVersion:
    """One line `3.13` or `3.13.2`, and beside it only what `_lines` leaves out."""
    lines = _lines(text, PYTHON_VERSION)
    versions = [version for line in lines if (version := _version(line, PYTHON_VERSION))]
    if len(versions) != len(lines):
        bad = next(line for line in lines if not _version(line, PYTHON_VERSION))
        raise Invalid(
            f".python-version does not name a Python version: {_quote(bad)}",
            "Write `3.13` or `3.13.2`, without quotes, operators or a `python-` in front; a comment needs a line of "
            "its own.",
        )
    if len(versions) != 1:
        found = "holds no Python version" if not lines else f"holds {len(lines)} versions: {', '.join(lines[:5])}"
        raise Invalid(f".python-version {found}.", "Write one version into it, such as `3.13`.")
    return versions[0]


def _lines(text: str, name: str) -> list[str]:
    """Lines that say something; not blank ones, and not those that begin with `#`. Invalid for a byte order mark."""
    if text.startswith("\ufeff"):
        raise Invalid(f"{name} begins with a byte order mark.", f"Save {name} again as UTF-8 without one.")
    lines = (line.strip(_SPACE) for line in re.split(r"\r\n|\r|\n", text))
    return [line for line in lines if line and not line.startswith("#")]


def _is_runtime(line: str) -> bool:
    return line.startswith("python-") and _VERSION.fullmatch(line.removeprefix("python-")) is not None


def _read_pipfile_lock(root: Path) -> PythonVersion | None:
    data = read_json(root, PIPFILE_LOCK)
    meta = (data or {}).get("_meta")
    requires = meta.get("requires") if isinstance(meta, dict) else None
    if not isinstance(requires, dict):
        return None
    asked = requires.get("python_full_version") or requires.get("python_version")
    if asked is None:
        return None
    version = _version(asked, PIPFILE_LOCK) if isinstance(asked, str) else None
    if version is None:
        raise Invalid(
            f"Pipfile.lock does not name a Python version: {_quote(str(asked))}",
            'Write `python_version = "3.13"` under [requires] in Pipfile, then run `pipenv lock`.',
        )
    return version


def _version(text: str, source: str) -> PythonVersion | None:
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    patch = None if match[3] is None else int(match[3])
    return PythonVersion(int(match[1]), int(match[2]), patch, source)


def _quote(text: str) -> str:
    line = text.split("\n", 1)[0]
    return repr(line if len(line) <= 60 else line[:57] + "…")  # noqa: PLR2004 - fits one terminal line
