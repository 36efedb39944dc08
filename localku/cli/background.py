"""What localku prints where nobody looks: into a file that stays small."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator

LIMIT = 1 << 20
"""Bytes after which the file begins again: a build with `--watch` prints what the app's build prints."""


class SmallFile(io.FileIO):
    """A file open for appending that is emptied before it grows beyond `LIMIT`."""

    def write(self, data: object) -> int:
        if os.fstat(self.fileno()).st_size >= LIMIT:
            os.ftruncate(self.fileno(), 0)
        return super().write(data)  # type: ignore[arg-type]


@contextlib.contextmanager
def small_output() -> Iterator[None]:
    """Keep the file that standard output and standard error go to small, while the block runs."""
    with (
        io.TextIOWrapper(SmallFile(os.dup(1), "ab"), write_through=True) as output,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        yield
