"""What localku prints where nobody looks: into a file that stays small."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

LIMIT = 1 << 20
"""Bytes after which the file begins again: a build with `--watch` prints what the app's build prints."""


NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class SmallFile(io.FileIO):
    """A file open for appending that is emptied before it grows beyond `LIMIT`.

    What a full disk does not take is lost: nobody may stay up, or leave dynos running, for want of room to say so.
    """

    def write(self, data: Buffer) -> int:
        if os.fstat(self.fileno()).st_size >= LIMIT:
            os.ftruncate(self.fileno(), 0)
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            return memoryview(data).nbytes


@contextlib.contextmanager
def small_output() -> Iterator[None]:
    """Keep the file that standard output and standard error go to small, while the block runs."""
    with (
        io.TextIOWrapper(SmallFile(os.dup(1), "ab"), write_through=True) as output,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
    ):
        yield
