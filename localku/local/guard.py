"""Ends local processes when localku itself is killed with -9: it waits at a pipe that breaks then."""

from __future__ import annotations

import contextlib
import subprocess

_SCRIPT = """
groups=
while read -r word; do
  [ "$word" = over ] && exit
  groups="$groups -$word"
done
[ -n "$groups" ] || exit
kill -s TERM -- $groups
seconds=0
while [ "$seconds" -lt "$1" ] && kill -s 0 -- $groups; do sleep 1; seconds=$((seconds + 1)); done
kill -s KILL -- $groups
"""


class Guard:
    """A small shell in a session of its own."""

    def __init__(self, grace: float) -> None:
        """`grace` is real seconds between SIGTERM and SIGKILL."""
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "localku-guard", str(max(round(grace), 1))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """Look after a process group too."""
        self._tell(str(group))

    def over(self) -> None:
        """All groups have ended; nothing is to be done."""
        self._tell("over")
        self._shell.wait()

    def _tell(self, word: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # somebody has killed the shell
            if self._shell.stdin is not None:
                self._shell.stdin.write(f"{word}\n".encode())
                self._shell.stdin.flush()
