"""One look at all files of a dyno: a script that runs inside it, and what that prints, as values.

A file's ctime cannot be set by hand, so what has a newer one than the container's start was written since,
whatever its mode and its other times say.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

SECONDS = 5
"""The walk and the hashing are broken off after so many seconds each."""

HASHED, HEADED = 2000, 1000
"""So many files are read: those written first for their digest, the largest for their first bytes."""

LAST_WORDS = 40
"""So many looks, a twentieth of a second apart, at whether those who were told to stop have ended: two seconds."""

TOLD = b"told"
"""The first word of a dyno that was told to stop, before it is looked through."""

_WALK = rf"""
exec 3> >(tee -p >(sort -zn | head -zn {HASHED} | cut -zd' ' -f3- \
    | timeout {SECONDS} xargs -0r sha1sum -z >&2 2>/dev/null) \
  | sort -znk2,2 | tail -zn {HEADED} | cut -zd' ' -f3- | xargs -0r head -v -c 16 >&2 2>/dev/null)
timeout {SECONDS} find / -xdev \( -path '/app/*' ! -cnewer /etc/hostname -printf '\0%p\0\0' \) \
  -o -cnewer /etc/hostname -printf '%y %s %C@ %T@\0%p\0%l\0' -type f -size +0 \
  ! -path '*/node_modules/*' ! -path '*/.heroku/*' ! -path '*/__pycache__/*' \
  -fprintf /dev/fd/3 '%C@ %s %p\0' 2>/dev/null
printf '\0=\0%s\0\0' $?
exec 3>&-
wait $!
"""
"""Prints what it sees; and to stderr digests, then first bytes. The engine writes /etc/hostname at the start.

The second `sort` holds the first bytes back to the end of its input, which is the end of the digests too.
"""

WALK = ("/bin/bash", "-c", _WALK)

_STOP = f"""
before=(/proc/[0-9]*)
read -r shell _ </proc/1/task/1/children
kill -TERM -1 || exit
printf {TOLD.decode()}
for ((look = 0; look < {LAST_WORDS}; look++)); do
  for process in "${{before[@]}}"; do
    case ${{process#/proc/}} in 1 | "$shell" | $$ | "$BASHPID") continue ;; esac
    if [ -e "$process" ]; then
      sleep 0.05
      continue 2
    fi
  done
  break
done
"""

STOP_AND_WALK = ("/bin/bash", "-c", f"trap : TERM\n({_STOP}{_WALK})\nexit $?")
"""SIGTERM to every process first, and a moment for what they write at their end.

While the walk goes on, the dyno's own shell waits for it, as for all its processes: for the inner shell, that is, for
what the engine itself starts counts as nobody's. `kill` is bash's own: with -1 Linux signals all but the process that
asks, so that the outer shell gets it too.
"""

DIGESTS = ("/bin/bash", "-c", "xargs -0r sha1sum -z 2>/dev/null")
"""Prints what `digests` reads of the paths on its standard input, each followed by a NUL."""


class Seen(NamedTuple):
    """A file, folder or link that was written since the start.

    `type` is find's letter. `written` and `modified` are ctime and mtime in seconds since 1970, `digest` SHA-1 in
    hexadecimal; it and `head` are empty where nobody has read the file.
    """

    path: str
    type: str
    size: int
    written: float
    modified: float
    link: str = ""
    digest: str = ""
    head: bytes = b""


@dataclass(frozen=True, slots=True)
class Walk:
    """`old` are the paths below /app that are as they were; `complete`: nothing is missing."""

    new: tuple[Seen, ...]
    old: frozenset[str]
    complete: bool


def read(output: bytes, contents: bytes) -> Walk:
    """Understand what WALK printed to stdout and stderr; what was broken off counts as far as it goes."""
    end, heads = _END.search(output), _HEADS.search(contents)
    rows = output[: end.start()] if end else output
    digest = digests(contents[: heads.start()] if heads else contents)
    head = _heads(contents[heads.start() :]) if heads else {}
    fields = os.fsdecode(rows).split("\0")
    new, old = [], []
    for meta, path, link in zip(fields[::3], fields[1::3], fields[2::3], strict=False):
        if not meta:
            old.append(path)
        elif meta.count(" ") == _SPACES:
            letter, size, written, modified = meta.split(" ")
            content = "" if letter != "f" else digest.get(path, "") if size != "0" else EMPTY
            new.append(
                Seen(path, letter, int(size), float(written), float(modified), link, content, head.get(path, b""))
            )
    return Walk(tuple(new), frozenset(old), end is not None and end[1] != _TIMED_OUT)


def digests(output: bytes) -> Mapping[str, str]:
    """Path and digest of what `sha1sum -z` printed."""
    rows = (row.partition(b"  ") for row in output.split(b"\0"))
    return {os.fsdecode(path): digest.decode() for digest, _, path in rows if len(digest) == _HEX}


EMPTY = hashlib.sha1(b"", usedforsecurity=False).hexdigest()
_HEX = len(EMPTY)
_SPACES = 3
_TIMED_OUT = b"124"
_HEADS = re.compile(rb"(?:^|(?<=\0))==> /")
_END = re.compile(rb"\0=\0(\d+)\0\0")
_HEAD = re.compile(rb"==> (/[^\0]*?) <==\n(.{0,16}?)(?=\n==> /|\n?\Z)", re.DOTALL)


def _heads(output: bytes) -> Mapping[str, bytes]:
    return {os.fsdecode(match[1]): match[2] for match in _HEAD.finditer(output)}
