"""Text of somebody else's for a terminal: what an app, a build or a client wrote can be read, and commands nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TextIO

RESET = "\x1b[0m"

_COLOURS = re.compile(r"(\x1b\[[0-9;:]*m)")
"""Select Graphic Rendition (ECMA-48, 8.3.117): colours and weights."""

_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""Any control sequence: 7-bit CSI, parameters, intermediate bytes, final byte (ECMA-48, 5.4)."""

_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""C0 but for tabs, DEL, C1, line and paragraph separators, and what turns the order of a line's characters around
(Unicode TR 36, 2.1: bidirectional text spoofing)."""


def wants_colour(output: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """NO_COLOR beats FORCE_COLOR (both count if not empty), and a terminal decides otherwise."""
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or output.isatty()


def encodable(text: str, output: TextIO) -> str:
    """Replace what the terminal's encoding cannot show, instead of dying of it."""
    encoding = output.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def neutral(line: str, *, colours: bool = False) -> str:
    r"""Return one line with every control character as its escape, `\x9b` or `\u2028`; tabs stay.

    Control sequences, such as moving the cursor, are left out; with `colours` those that colour stay, and end with
    the line.
    """
    if _CONTROLS.search(line) is None:
        return line
    if not colours or "\x1b" not in line:
        return _escaped(line)
    parts = [part if number % 2 else _escaped(part) for number, part in enumerate(_COLOURS.split(line))]
    text = "".join(parts)
    return text if len(parts) == 1 or text.endswith(RESET) else text + RESET


def neutral_lines(text: str, *, colours: bool = False) -> str:
    """As `neutral`, of a text whose own newlines are meant; so are those of Windows."""
    return "\n".join(neutral(line.removesuffix("\r"), colours=colours) for line in text.split("\n"))


def printable(text: str) -> str:
    """One line with names of an app in it, without what a terminal would obey or cannot encode: surrogates too."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def without_colours(line: str) -> str:
    return _COLOURS.sub("", line)


def _escaped(text: str) -> str:
    return _CONTROLS.sub(_escape, _SEQUENCE.sub("", text))


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
