"""The container in which a dependency layer comes about, from what it is made on to the image it is committed as."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.engine.engine_errors import disk_full
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localku.engine.two_way import TwoWay

DOING = "Could not put the dependencies into an image"

DONE, ANEW, NOTHING = 0, 3, 4
"""What the script says of a request: it is done; little of the earlier layer is still in use, so that a new one is
better; the layer has all of the part already."""

_ANSWER = re.compile(rb"\n=(\d+) (\d+)\n\Z")


@dataclass(frozen=True)
class Base:
    """What a layer is made on: how many bytes earlier layers of the app take in it, how many are the run image's.

    `lists` name files that are in it (`inside/files_seen.py`).
    """

    image: str
    spent: int
    below: int
    lists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Folders of a build that is going on, the `number`th it has reported."""

    paths: tuple[str, ...]
    number: int
    list_file: str


class LayerContainer:
    """Does one thing after another (`inside/layer.sh`). `lists` name files that are in it, `written` are bytes."""

    def __init__(self, ident: str, stream: TwoWay, base: Base) -> None:
        self.id = ident
        self.base = base
        self.lists = base.lists
        self.written = 0
        self._stream = stream
        self._frames = stream.frames()

    def part(self, part: Part) -> int:
        """Bring a part in line; return DONE, ANEW or NOTHING. Raise LocalkuError for what cannot be done."""
        status, _ = self._asked("part", part.paths, 0, (DONE, ANEW, NOTHING))
        if status != ANEW:
            self.lists = (*self.lists, part.list_file)
        return status

    def all(self, paths: tuple[str, ...], beside: int) -> int | None:
        """Let it have these folders and nothing else; return their compressed bytes, None where it says ANEW.

        `beside` are compressed bytes that count, too, where a slug is near its limit.
        """
        status, said = self._asked("all", paths, beside, (DONE, ANEW))
        if status == ANEW:
            return None
        if not said.isdigit():
            raise _failed(said)
        return int(said)

    def end(self) -> None:
        self._stream.hang_up()

    def _asked(self, what: str, paths: tuple[str, ...], beside: int, expected: tuple[int, ...]) -> tuple[int, str]:
        request = (what, str(beside), ":".join(self.lists), str(len(paths)), *paths)
        said, answer = b"", None
        with suppress(OSError):  # that it is gone shows in what it has not said
            self._stream.send("".join(f"{field}\0" for field in request).encode(errors="surrogateescape"))
            said, answer = _until_answer(self._frames)
        text = said.decode(errors="replace").strip()
        if answer is None:
            raise _failed(text or "the container has ended")
        status, written = answer
        if status not in expected:
            raise _failed(text or f"exit status {status}")
        self.written += written if status == DONE else 0
        return status, text


def _failed(text: str) -> LocalkuError:
    """Say why; `text` is what the script said."""
    return disk_full(DOING) if "No space left" in text else LocalkuError(f"{DOING}: {text}")


def _until_answer(frames: Iterator[tuple[int, bytes]]) -> tuple[bytes, tuple[int, int] | None]:
    said = b""
    for _, piece in frames:
        said += piece
        found = _ANSWER.search(said)
        if found is not None:
            return said[: found.start()], (int(found[1]), int(found[2]))
    return said, None
