"""Which Python the app asks for: runtime.txt, .python-version, Pipfile.lock, the last build, the default."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pybuild import version_errors
from pybuild.available import Available
from pybuild.versions import Request, Version, is_request

MISSPELLED = (
    " .python-version", ". python-version", ".python_version.txt", ".python_version", ".python-version ",
    ",python-version", ".python-version.", ".python-version.py", ".python-version.rtf", ".python-version.txt",
    ".python-version.TXT", ".Python-version", ".python.version", ".pythonversion", "'.python-version'",
    "python_version.txt", "python_version", "python-version.", "python-version.txt", "python-version",
)  # fmt: skip
"""File names people give .python-version by mistake: heroku-buildpack-python v351, lib/python_version.sh."""

_SPACE = " \t\n\v\f\r"
"""Not the no-break space that comes along with a line copied from a web page: Heroku refuses that, and shows it."""

_ENCODINGS = (
    (b"\xef\xbb\xbf", "UTF-8 (with BOM)"),
    (b"\xff\xfe", "UTF-16, little-endian"),
    (b"\xfe\xff", "UTF-16, big-endian"),
)


def read(build_dir: Path, manager: str, last: Version | None, available: Available) -> Request:
    """Return the app's request. `last` is the version of the last successful build."""
    if (build_dir / "runtime.txt").is_file():
        return Request(_runtime_txt(build_dir / "runtime.txt", available), "runtime.txt")
    for name in MISSPELLED:
        if (build_dir / name).is_file():
            raise version_errors.misspelled(name)
    if (build_dir / ".python-version").is_file():
        return Request(_python_version(build_dir / ".python-version", available), ".python-version")
    if manager == "pipenv":
        version = _pipfile_lock(build_dir / "Pipfile.lock", available)
        if version:
            return Request(version, "Pipfile.lock")
    if last:
        return Request(last.series, "cached")
    return Request(available.default_series, "default")


def _lines(data: bytes) -> list[str]:
    """Return the lines that say something: no blank ones, no comments, no space around them."""
    text = data.decode("utf-8", "replace")
    stripped = (line.strip(_SPACE) for line in re.split(r"\r\n|\r|\n", text))
    return [line for line in stripped if line and not line.startswith("#")]


def _runtime_txt(file: Path, available: Available) -> str:
    lines = _lines(file.read_bytes())
    if len(lines) == 1 and lines[0].startswith("python-"):
        version = lines[0].removeprefix("python-")
        if is_request(version):
            return version
    raise version_errors.invalid_runtime_txt("\n".join(lines), available)


def _python_version(file: Path, available: Available) -> str:
    data = file.read_bytes()
    lines = _lines(data)
    for line in lines:
        if not is_request(line):
            _refuse_encoding(data)
            raise version_errors.invalid_python_version(line, available)
    if not lines:
        raise version_errors.empty_python_version(available)
    if len(lines) > 1:
        raise version_errors.several_versions(lines, available)
    return lines[0]


def _refuse_encoding(data: bytes) -> None:
    for mark, encoding in _ENCODINGS:
        if data.startswith(mark):
            raise version_errors.unreadable(encoding)


def _pipfile_lock(file: Path, available: Available) -> str | None:
    try:
        content = json.loads(file.read_text("utf-8"))
        requires = content.get("_meta", {}).get("requires", {})
        version = requires.get("python_full_version") or requires.get("python_version")
    except (ValueError, AttributeError) as error:
        raise version_errors.unparsable_pipfile_lock(str(error)) from error
    if version is None or is_request(str(version)):
        return None if version is None else str(version)
    raise version_errors.invalid_pipfile_lock(str(version), available)
