"""Reading the small text files of an app without ever trusting them."""

from __future__ import annotations

import codecs
import json
import os
import stat
from typing import TYPE_CHECKING, Any

from localku.errors import Invalid, Kind, LocalkuError, kind_of
from localku.project.git import beneath

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 32 * 1024 * 1024
"""Bytes. The largest lock files in the wild are a few megabytes; more than this is not a text file."""

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class LeadsOut(Invalid):
    """A file of the app is a link to one outside its folder, which is nothing that a repository may have read."""


def read_bytes(root: Path, name: str, *, named: bool = False) -> bytes | None:
    """The content of `root/name`, or None when there is no such file.

    LeadsOut when a link leads out of `root`, unless the user has `named` the file himself: then it may be
    anywhere. LocalkuError when it is there but cannot be read as a file: a folder, a pipe, a symlink
    loop, no permission, or more than `LIMIT` bytes.
    """

    def opener(path: str, flags: int) -> int:
        return os.open(path, flags | os.O_NONBLOCK) if named else beneath.open_file(root, name)

    try:
        with open(root / name, "rb", opener=opener) as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise Invalid(f"{name} is not a regular file.", f"Replace it by a text file named {name}.")
            if info.st_size > LIMIT:
                raise Invalid(
                    f"{name} is {info.st_size:,} bytes long.",
                    f"localku reads at most {LIMIT:,} bytes: is it really a text file?",
                )
            return file.read(LIMIT)
    except FileNotFoundError:
        return None
    except IsADirectoryError as error:
        raise Invalid(f"{name} is a folder.", f"Replace it by a text file named {name}.") from error
    except beneath.LeadsOut as error:
        raise LeadsOut(
            f"{name} leads by a link out of the app's folder, to {error.filename}.",
            f"localku reads nothing there, and Heroku does not have that file. Replace {name} by the file itself.",
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def is_file(root: Path, name: str) -> bool:
    """Whether `root/name` is a file in the app's folder; unlike `Path.is_file` it never raises."""
    try:
        base, path = beneath.resolved(root, name)
        return stat.S_ISREG(os.lstat(f"{base}/{path}").st_mode)
    except (OSError, ValueError):
        return False


def read_text(root: Path, name: str, *, utf16: bool = False, named: bool = False) -> str | None:
    """The text of `root/name` (a leading byte order mark is kept), or None when there is no such file.

    With `utf16` a file that starts with a UTF-16 mark is accepted, as pip does for requirements; `named`
    as for `read_bytes`.
    """
    raw = read_bytes(root, name, named=named)
    return None if raw is None else decode(raw, name, utf16=utf16)


def decode(raw: bytes, name: str, *, utf16: bool = False) -> str:
    """UTF-8 text out of `raw`. LocalkuError, naming the file, for anything else."""
    wide = _UTF16.get(raw[:2])
    if wide and not utf16:
        raise Invalid(
            f"{name} is saved as UTF-16.",
            f"Windows PowerShell's `>` does that. Save {name} again as UTF-8.",
        )
    try:
        text = raw.decode(wide or "utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{name} is not UTF-8 text (byte {error.start}).", f"Save {name} again as UTF-8.") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise Invalid(f"{name} contains a NUL byte on line {line}.", "A text file cannot hold one: remove it.")
    return text


def read_json(root: Path, name: str) -> dict[str, Any] | None:
    """The JSON object in `root/name`, or None when there is no such file."""
    text = read_text(root, name)
    return None if text is None else parse_json(text, name)


def parse_json(text: str, name: str) -> dict[str, Any]:
    """The JSON object in `text`. LocalkuError with line and column when it is not one."""
    try:
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
        if "\\u" in text:  # half of a surrogate pair is legal JSON and cannot be written anywhere
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise Invalid(
            f"{name} is not valid JSON: {error.msg}, line {error.lineno} column {error.colno}.",
            "Check for missing or trailing commas, comments and single quotes.",
        ) from error
    except RecursionError as error:
        raise Invalid(f"{name} is nested too deeply.", "Flatten it.") from error
    except ValueError as error:
        raise Invalid(f"{name} is not valid JSON: {error}.", f"Correct that value in {name}.") from error
    if not isinstance(value, dict):
        raise Invalid(f"{name} must hold a JSON object.", 'It starts with "{" and ends with "}".')
    return value


def _no_constant(word: str) -> None:
    message = f"{word} is not a JSON value"
    raise ValueError(message)


def _unreadable(name: str, error: OSError | ValueError) -> LocalkuError:
    reason, kind = (error.strerror, kind_of(error)) if isinstance(error, OSError) else (str(error), Kind.INVALID)
    return LocalkuError(f"{name} cannot be read: {reason}.", f"Look at it with `ls -l {name}`.", kind=kind)
