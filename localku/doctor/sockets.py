"""Which addresses the processes of a dyno listen on, read from its own /proc."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localku.engine.containers import Containers

_LISTEN = "0A"
_ENGINE_RESOLVER = "127.0.0.11"
"""Where Docker's own name server listens inside every container of a network."""

_SCRIPT = r"""cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
for p in /proc/[0-9]*; do
  echo "process ${p#/proc/} $(tr '\0\n' '  ' 2>/dev/null <"$p/cmdline")"
  ls -l "$p/fd" 2>/dev/null | grep -o 'socket:\[[0-9]*\]'
done; true"""


@dataclass(frozen=True, order=True)
class Listening:
    """A listening TCP socket; `pid` is the dyno's own number for the process, 0 where nobody owns up to it."""

    address: str
    port: int
    pid: int = 0
    program: str = ""

    @property
    def is_loopback(self) -> bool:
        return ipaddress.ip_address(self.address).is_loopback

    @property
    def place(self) -> str:
        """`127.0.0.1:8000`, `[::1]:8000`."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def __str__(self) -> str:
        return f"{self.place} (pid {self.pid}, {self.program})" if self.pid else self.place


def look(containers: Containers, container: str) -> tuple[Listening, ...]:
    """Ask a running container. Raise LocalkuError where it or the engine does not answer."""
    return parse(containers.exec(container, ["/bin/bash", "-c", _SCRIPT]).output.decode(errors="replace"))


def parse(text: str) -> tuple[Listening, ...]:
    """Read /proc/net/tcp and tcp6, followed by `process PID COMMAND` lines with the inodes of their sockets."""
    owners: dict[str, tuple[int, str]] = {}
    bound: list[tuple[str, int, str]] = []
    process = (0, "")
    for line in text.split("\n"):
        fields = line.split()
        if line.startswith("process "):
            process = (int(fields[1]), _program(fields[2:]))  # /proc/[0-9]* has no other names
        elif line.startswith("socket:["):
            owners[line[8:-1]] = process  # a forked worker shares its parent's socket: the last one named serves
        elif len(fields) > 9 and fields[3] == _LISTEN:  # noqa: PLR2004 - the inode is the tenth column
            address, _, port = fields[1].partition(":")
            bound.append((_address(address), int(port, 16), fields[9]))
    found = {Listening(address, port, *owners.get(inode, (0, ""))) for address, port, inode in bound}
    return tuple(sorted(one for one in found if one.address != _ENGINE_RESOLVER))


def _address(hexadecimal: str) -> str:
    """Turn the kernel's little-endian words into an address."""
    raw = bytes.fromhex(hexadecimal)
    swapped = b"".join(raw[start : start + 4][::-1] for start in range(0, len(raw), 4))
    found = ipaddress.ip_address(swapped)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped or found)


def _program(command: list[str]) -> str:
    """Name a process by what it runs: `gunicorn` for `/app/.heroku/python/bin/python …/bin/gunicorn app:app`."""
    names = [word.rsplit("/", 1)[-1] for word in command]
    if len(names) > 1 and re.fullmatch(r"python[\d.]*|node|ruby|perl|bash|sh", names[0]):
        module = names[1] == "-m" and len(names) > 2  # noqa: PLR2004
        script = names[2] if module else names[1]
        return script if not script.startswith("-") else names[0]
    return names[0].rstrip(":") if names else ""
