"""A build's output as it comes: lines of the transcript, and between them what the driver reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from localku.slugs.building.job import Job
from localku.slugs.inside.events import Compared, Detected, Event, Missing, Packed, Reader, Received, Settled


@dataclass(frozen=True)
class Line:
    text: str


def parsed(chunks: Iterator[bytes], job: Job, key: str) -> Iterator[Line | Event]:
    """Tell the lines of a build's output and the reports of its driver apart."""
    reader, pending = Reader(key), b""
    for chunk in chunks:
        pending += chunk
        *complete, pending = pending.split(b"\n")
        for row in complete:
            yield from _row(reader, job, row)
    if pending:
        yield from _row(reader, job, pending)


def _row(reader: Reader, job: Job, row: bytes) -> Iterator[Line | Event]:
    text, event = reader.split(row)
    if event is not None and not _possible(event, job):
        text, event = row, None
    if text is not None:
        yield from _lines(text.decode(errors="replace"))
    if event is not None:
        yield event


def _lines(text: str) -> Iterator[Line]:
    """Each state of a progress bar, which writes over itself, is a line."""
    for part in re.split("\r+", text.strip("\r")):
        yield Line(part)


def _possible(event: Event, job: Job) -> bool:
    """Whether the report is about nothing that was not asked for."""
    if isinstance(event, Packed):
        return set(event.layer_paths) <= set(job.layer_paths)
    if isinstance(event, Compared):
        return True
    if isinstance(event, Missing | Received):
        return job.offer is not None and (not isinstance(event, Missing) or job.offer.has(event.paths))
    if isinstance(event, Settled):
        return all(_is_below(path, job.layer_paths) for path in event.paths)
    named = event.references if isinstance(event, Detected) else (event.reference,)
    return set(named) <= {buildpack.reference for buildpack in job.chain.buildpacks}


def _is_below(path: str, names: tuple[str, ...]) -> bool:
    """Whether it is, in its plain form, one of the folders or in one of them."""
    plain = ".." not in path.split("/")
    return plain and any(path == name or path.startswith(f"{name}/") for name in names)
