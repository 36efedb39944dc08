"""How far a container's output has been read: which of its frames was the last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from localku.engine.output import HEAD


@dataclass(frozen=True, slots=True)
class Seen:
    """So many frames of this time have come on one stream: those of one long line have one time."""

    stamp: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Place:
    """After the frame that came last, which was of `stream`; 0 where none has come yet."""

    stream: int = 0
    seen: Mapping[int, Seen] = field(default_factory=dict)

    @property
    def last(self) -> Seen:
        return self.seen[self.stream]

    def after(self, frames: list[bytes]) -> Place:
        """Return the place after the frames that follow on this one, at least one."""
        seen = dict(self.seen)
        for stream in {frame[0] for frame in frames}:
            stamps = [stamp(frame) for frame in frames if frame[0] == stream]
            newest = stamps[-1]
            before = seen[stream].number if stream in seen and seen[stream].stamp == newest else 0
            seen[stream] = Seen(newest, before + stamps.count(newest))
        return Place(frames[-1][0], seen)


START = Place()


class Seeker:
    """Seeks a place in frames that come bit by bit."""

    def __init__(self, place: Place) -> None:
        self.found = False
        self._stream, self._stamp, self._left = place.stream, place.last.stamp, place.last.number

    def beyond(self, frames: list[bytes]) -> list[bytes]:
        """Return those of the frames that are behind the place."""
        if self.found:
            return frames
        for number, frame in enumerate(frames):
            if stamp(frame) == self._stamp and frame[0] == self._stream:
                self._left -= 1
                if self._left == 0:
                    self.found = True
                    return frames[number + 1 :]
        return []


def stamp(frame: bytes) -> bytes:
    """Return the time as the engine wrote it, nanoseconds and all."""
    return frame[HEAD : frame.find(b" ", HEAD)]
