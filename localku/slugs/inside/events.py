"""What a build reports beside its transcript: written inside the build container, read outside.

Both share one pipe with everything that buildpacks and the app's own scripts print, and with processes of the same
user, which may write into that pipe, and even read from it. So a report is a line of its own form: a record
separator, a code that only somebody with the build's key can have made, for just this place in the order of reports,
and JSON. Whatever else is in the output is text.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Union

MARK = b"\x1e"

PIECE = 3000
"""Characters of JSON in one line: with all the rest less than the 4,096 bytes that Linux writes into a pipe at once
(pipe(7), PIPE_BUF), so that nothing another process prints comes between."""

CODE = 64
MORE, LAST = b"+", b"."


@dataclass(frozen=True)
class Detected:
    """The candidates that take the folder for an app of theirs."""

    references: tuple[str, ...]


@dataclass(frozen=True)
class Incompatible:
    """A buildpack that was asked for does not detect; `output` is what it said."""

    reference: str
    output: str


@dataclass(frozen=True)
class App:
    """A buildpack begins: `name` is what its bin/detect printed."""

    name: str
    reference: str


@dataclass(frozen=True)
class Failed:
    """A buildpack's bin/compile ended with `status`."""

    name: str
    reference: str
    status: int


@dataclass(frozen=True)
class Missing:
    """The files of a large app's source that the volume has not: the build waits for them."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Received:
    """A large app's source is complete; `record` is the hash of what the volume's record says of it."""

    record: str


@dataclass(frozen=True)
class Compared:
    """The app's own files: all `size` bytes, and the `changed` ones of them that its last image has not.

    `changed` is None where there is no image to stand on. `manifest` is the hash of what the next build needs.
    """

    manifest: str
    size: int
    changed: int | None


@dataclass(frozen=True)
class Settled:
    """Folders of the dependency layer that a buildpack has made anew and will not come back to.

    `number` is that of the list of what is in them (`files_seen.py`).
    """

    paths: tuple[str, ...]
    number: int


@dataclass(frozen=True)
class Packed:
    """The end of a build that succeeded; `release` is the text of the last bin/release.

    `layer` is the fingerprint of the folders `layer_paths`, `app_compressed` the bytes of all the rest.
    """

    release: str
    procfile: str | None
    layer: str
    layer_paths: tuple[str, ...]
    app_compressed: int


Event = Union[Detected, Incompatible, App, Failed, Missing, Received, Compared, Settled, Packed]  # noqa: UP007 (evaluated, and Python 3.9 cannot)

KINDS = {
    "detected": Detected,
    "incompatible": Incompatible,
    "app": App,
    "failed": Failed,
    "missing": Missing,
    "received": Received,
    "compared": Compared,
    "settled": Settled,
    "slug": Packed,
}

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")


class Writer:
    """Reports to the file descriptor `out`. Keep the object: reports are numbered."""

    def __init__(self, key: str, out: int = 1) -> None:
        self._key = key.encode()
        self._out = out
        self._number = 0

    def __call__(self, event: Event) -> None:
        kind = next(name for name, shape in KINDS.items() if isinstance(event, shape))
        text = json.dumps({"event": kind, **dataclasses.asdict(event)}).encode()
        for start in range(0, len(text), PIECE):
            ending = LAST if start + PIECE >= len(text) else MORE
            self._write(ending + text[start : start + PIECE])

    def _write(self, row: bytes) -> None:
        os.write(self._out, MARK + code(self._key, self._number, row) + row + b"\n")
        self._number += 1


class Reader:
    """Takes the reports out of the rows of a build's output. Keep the object: reports are numbered."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._number = 0
        self._pieces = b""

    def split(self, row: bytes) -> tuple[bytes | None, Event | None]:
        """Return the text of one row, None where there is none, and the report that ends with it."""
        text, mark, tail = row.rpartition(MARK)
        if not mark or not self._ours(tail):
            return row, None
        self._number += 1
        self._pieces += tail[CODE + 1 :]
        if tail[CODE : CODE + 1] == MORE:
            return text or None, None
        event, self._pieces = parse(self._pieces), b""
        return (text or None, event) if event else (row, None)

    def _ours(self, tail: bytes) -> bool:
        return hmac.compare_digest(tail[:CODE], code(self._key, self._number, tail[CODE:]))


def code(key: bytes, number: int, row: bytes) -> bytes:
    """64 hex digits which only who has the key can make for this row in this place."""
    return hmac.new(key, b"%d %s" % (number, row), hashlib.sha256).hexdigest().encode()


def parse(text: bytes) -> Event | None:
    """Read an event, every field of which has to be there and of its type; None where something is wrong."""
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    kind = fields.pop("event", None) if isinstance(fields, dict) else None
    shape = KINDS.get(kind) if isinstance(kind, str) else None
    if shape is None or not _fits(fields, shape):
        return None
    values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in fields.items()}
    event: Event = shape(**values)
    return event


def _fits(fields: Mapping[str, object], shape: type) -> bool:
    wanted = {field.name: _CHECKS.get(field.name, _is_text) for field in dataclasses.fields(shape)}
    return fields.keys() == wanted.keys() and all(check(fields[name]) for name, check in wanted.items())


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_CHECKS: Mapping[str, Callable[[object], bool]] = {
    "references": _is_list,
    "layer_paths": _is_list,
    "paths": _is_list,
    "size": _is_count,
    "changed": lambda value: value is None or _is_count(value),
    "number": _is_count,
    "procfile": lambda value: value is None or isinstance(value, str),
    "layer": lambda value: isinstance(value, str) and _FINGERPRINT.fullmatch(value) is not None,
    "status": _is_status,
    "app_compressed": _is_count,
}
"""Every other field is text."""
