"""Which Python an app asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.errors import Invalid
from localku.project.app_files import read_json, read_text

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME_TXT = "runtime.txt"
PYTHON_VERSION = ".python-version"
PIPFILE_LOCK = "Pipfile.lock"

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

    runtime.txt, then .python-version, then Pipfile.lock. None when none of them says.
    """
    text = read_text(root, RUNTIME_TXT)
    if text is not None:
        return parse_runtime_txt(text)
    text = read_text(root, PYTHON_VERSION)
    if text is not None:
        return parse_python_version(text)
    return _read_pipfile_lock(root)


def parse_runtime_txt(text: str) -> PythonVersion:
    """`python-3.13` or `python-3.13.2`, nothing else but white space around it."""
    content = text.removeprefix("\ufeff").strip()
    version = _version(content.removeprefix("python-"), RUNTIME_TXT)
    if version is None or not content.startswith("python-"):
        raise Invalid(
            f"runtime.txt does not name a Python version: {_quote(content)}",
            "It holds one line such as `python-3.13` or `python-3.13.2`: lower case, no spaces, no comments.\n"
            "Heroku deprecates runtime.txt; a .python-version file holding `3.13` replaces it.",
        )
    return version


def parse_python_version(text: str) -> PythonVersion:
    """One line `3.13` or `3.13.2`; blank lines and lines starting with `#` do not count."""
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) != 1:
        found = "holds no Python version" if not lines else f"holds {len(lines)} lines, not one version"
        raise Invalid(f".python-version {found}.", "Write one version into it, such as `3.13`.")
    version = _version(lines[0], PYTHON_VERSION)
    if version is None:
        raise Invalid(
            f".python-version does not name a Python version: {_quote(lines[0])}",
            "Write `3.13` or `3.13.2`, without quotes, operators or a `python-` in front.",
        )
    return version


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
