"""Containers: make, start, feed, watch, stop, look into, take away."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any, cast

from localku.engine import output, streams, usage
from localku.engine.engine_errors import Conflict, NotFound, explained
from localku.engine.exec_stream import ExecStream
from localku.engine.spec import ContainerSpec, body
from localku.engine.two_way import TwoWay
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from docker import APIClient

    from localku.engine.usage import MemoryUse

Chosen = Callable[[str, Mapping[str, str]], bool]
"""Says of a container's name and labels whether it is meant."""

CPU_PERIOD = 100_000
"""Microseconds; the kernel's default."""

DIFF_KINDS = {0: "changed", 1: "added", 2: "deleted"}
"""The engine's numbers for `GET /containers/ID/changes`."""


@dataclass(frozen=True)
class Container:
    """What the engine says of a container; `address` is its IP on its first network.

    `slowed`: it has less of the CPU than there is, see `set_cpu`. `volumes` are the names of those at its paths.
    """

    id: str
    name: str
    image: str
    labels: Mapping[str, str]
    status: str
    running: bool
    exit_status: int
    oom_killed: bool
    address: str | None
    started_at: str
    published: Mapping[int, tuple[str, int]]
    slowed: bool
    error: str
    volumes: Mapping[str, str] = field(default_factory=dict)
    created_at: str = ""


@dataclass(frozen=True)
class ExecResult:
    exit_status: int
    output: bytes


class Containers:
    def __init__(self, api: APIClient) -> None:
        self._api = api

    def create(self, spec: ContainerSpec) -> str:
        """Make a container (not started) and return its id."""
        with explained(f"Could not create the container {spec.name}"):
            made = cast("Any", self._api).create_container_from_config(body(spec), spec.name)
        return str(made["Id"])

    def start(self, container: str) -> None:
        with explained("Could not start the container"):
            self._api.start(container)

    def start_aside(self, container: str) -> None:
        """As `start`, without waiting for it where the engine is asked on its socket: it goes on after this process.

        Whether it succeeds shows in the container alone.
        """
        with explained("Could not start the container"):
            getattr(self._api, "start_unheard", self._api.start)(container)

    def rename(self, container: str, name: str) -> None:
        """Raise NotFound when it is gone, Conflict when another has the name."""
        with explained("Could not rename the container"):
            self._api.rename(container, name)

    def kill(self, container: str, signal: str = "KILL") -> None:
        """Signal the first process; a container that is gone or not running is no error."""
        try:
            with explained("Could not signal the container"):
                self._api.kill(container, signal)
        except (NotFound, Conflict):
            return

    def stop(self, container: str, seconds: int) -> None:
        with explained("Could not stop the container"):
            self._api.stop(container, timeout=seconds)

    def remove(self, container: str) -> None:
        """Take the container and its anonymous volumes away, running or not; gone already is no error."""
        with suppress(NotFound):
            try:
                with explained("Could not remove the container"):
                    self._api.remove_container(container, force=True, v=True)
            except Conflict:  # somebody else is at it
                with explained("Could not wait until the container is removed"):
                    self._api.wait(container, condition="removed")

    def remove_aside(self, container: str) -> None:
        """As `remove`, without waiting: a disk may take seconds to delete tens of thousands of files.

        The engine goes on when this process ends; what it does not manage is found by its labels, as ever.
        """

        def work() -> None:
            with suppress(LocalkuError):
                self.remove(container)

        threading.Thread(target=work, name="remove", daemon=True).start()

    def set_cpu(self, container: str, share: float | None) -> None:
        """Let the container have this part of one CPU at most; None: as much as there is. Gone already is no error."""
        quota = -1 if share is None else int(share * CPU_PERIOD)
        try:
            with explained("Could not change the container's share of the CPU"):
                self._api.update_container(container, cpu_period=CPU_PERIOD, cpu_quota=quota)
        except (NotFound, Conflict):
            return

    def wait(self, container: str, seconds: float | None = None) -> int:
        """Block until it ends; return its exit status."""
        with explained("Could not wait for the container"):
            answer = self._api.wait(container, timeout=cast("Any", seconds))
        return int(answer["StatusCode"])

    def awaited(self, container: str) -> Callable[[], int]:
        """Of one with `auto_remove`, before its start: what blocks until it is gone, and returns its exit status."""
        with explained("Could not wait for the container"):
            answer = streams.opened(self._api, "POST", f"/containers/{container}/wait", {"condition": "removed"})
            answer.wait_for_ever()

        def status() -> int:
            with explained("Could not wait for the container"), closing(answer):
                said = b"".join(answer.blocks())
                if not said:
                    raise EOFError("Connection broken")
                return int(json.loads(said)["StatusCode"])

        return status

    def inspect(self, container: str) -> Container:
        """Raise NotFound when it is gone."""
        with explained("Could not look at the container"):
            return _container(self._api.inspect_container(container))

    def exists(self, container: str) -> bool:
        """Whether there is a container of this name or id, running or not."""
        return self._still_there(container) is not None

    def find(self, labels: Mapping[str, str], chosen: Chosen | None = None) -> tuple[Container, ...]:
        """All containers, stopped ones too, that carry these labels, or those of them that are `chosen`.

        Each costs a question of its own.
        """
        wanted = [f"{key}={value}" for key, value in labels.items()]
        with explained("Could not list the containers"):
            rows = self._api.containers(all=True, filters={"label": wanted})
        those = [str(row["Id"]) for row in rows if chosen is None or chosen(*_name_and_labels(row))]
        return tuple(found for one in those if (found := self._still_there(one)) is not None)

    def _still_there(self, container: str) -> Container | None:
        try:
            return self.inspect(container)
        except NotFound:
            return None

    def put(self, container: str, path: str, archive: IO[bytes] | bytes | Iterable[bytes]) -> None:
        """Unpack a tar archive at `path`, in a container that may not have been started yet."""
        with explained("Could not copy files into the container"):
            self._api.put_archive(container, path, cast("Any", archive))

    def get(self, container: str, path: str) -> Iterator[bytes]:
        """A tar archive of `path`, in chunks. Raise NotFound when there is no such path."""
        with explained(f"Could not copy {path} out of the container"):
            chunks, _ = self._api.get_archive(container, path)
            yield from chunks

    def diff(self, container: str) -> tuple[tuple[str, str], ...]:
        """Pairs of path and `added`, `changed` or `deleted`, against the image."""
        with explained("Could not compare the container's files"):
            rows = self._api.diff(container) or []
        return tuple((str(row["Path"]), DIFF_KINDS[int(row["Kind"])]) for row in rows)

    def attach(self, container: str) -> Iterator[tuple[str, bytes]]:
        """Output of a container about to be started: pairs of `stdout` or `stderr` and bytes.

        The engine listens by the time this returns. Its log of what was printed before is not asked for: it is read
        a moment later, and has what a quick container prints a second time.
        """
        with explained("Could not attach to the container"):
            stream = self._api.attach(container, stdout=True, stderr=True, stream=True, logs=False, demux=True)
        return self._demuxed(stream)

    def logs(self, container: str) -> Iterator[bytes]:
        """Follow the output as it is, for a container that prints little: a follower loses lines at a rotation."""
        with explained("Could not read the container's output"):
            yield from self._api.logs(container, stream=True, follow=True)

    def printed(
        self, container: str, *, tail: int | None = None, since: datetime | None = None
    ) -> Generator[list[bytes]]:
        """What it has printed by now and the engine still has, in order: see `localku.engine.output` for the frames.

        `tail` takes so many of the last frames only, which costs the engine no more than those; `since` leaves out
        what has an earlier time. Of a container without a tty.
        """
        with explained("Could not read the container's output"):
            yield from output.printed(streams.output(self._api, container, output.asked(tail, since)))

    def doorbell(self, container: str) -> output.Doorbell:
        """Be told when it prints something from now on."""
        from localku.engine.doorbell import FollowingDoorbell

        with explained("Could not follow the container's output"):
            return FollowingDoorbell(streams.output(self._api, container, {"tail": 0, "follow": 1}))

    def last_output(self, container: str, since: datetime, lines: int = 200) -> str:
        """The end of what it has printed by now."""
        with explained("Could not read the container's output"):
            found = self._api.logs(container, since=since.timestamp(), tail=lines, follow=False)
        return bytes(found).decode(errors="replace")

    def exec(
        self,
        container: str,
        command: Iterable[str],
        *,
        user: str = "",
        env: Mapping[str, str] | None = None,
    ) -> ExecResult:
        """Run a command to its end in a running container; stdout and stderr come as one."""
        with explained("Could not run a command in the container"):
            made = self._api.exec_create(container, list(command), user=user, environment=dict(env or {}))
            output = self._api.exec_start(made["Id"])
            status = self._api.exec_inspect(made["Id"])["ExitCode"]
        return ExecResult(int(status or 0), output)

    def exec_detached(
        self, container: str, command: Iterable[str], *, user: str = "", env: Mapping[str, str] | None = None
    ) -> None:
        """Begin to run a command that goes on when this process ends; nobody hears what becomes of it."""
        with explained("Could not run a command in the container"):
            made = self._api.exec_create(container, list(command), user=user, environment=dict(env or {}))
            self._api.exec_start(made["Id"], detach=True)

    def exec_apart(self, container: str, command: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """As `exec`, while it runs: pairs of `stdout` or `stderr` and bytes."""
        with explained("Could not run a command in the container"):
            made = self._api.exec_create(container, list(command))
            stream = self._api.exec_start(made["Id"], stream=True, demux=True)
        return self._demuxed(cast("Any", stream))

    def exec_with_input(
        self,
        container: str,
        command: Iterable[str],
        data: bytes,
        *,
        user: str = "",
        env: Mapping[str, str] | None = None,
    ) -> ExecResult:
        """As `exec`, with `data` on its standard input."""
        with explained("Could not run a command in the container"):
            made = self._api.exec_create(container, list(command), user=user, stdin=True, environment=dict(env or {}))
            stream = TwoWay(self._api.exec_start(made["Id"], socket=True))
            stream.send(data)
            stream.end_input()
            printed = {1: b"", 2: b""}
            for number, piece in stream.frames(strict=True):
                printed[number] += piece
            status = self._api.exec_inspect(made["Id"])["ExitCode"]
        return ExecResult(int(status or 0), printed[1] + printed[2])

    def open_exec(
        self, container: str, command: Iterable[str], *, user: str = "", env: Mapping[str, str] | None = None
    ) -> ExecStream:
        """Begin to run a command in a running container, and talk with it; it starts once `begin` is called."""
        held = ("/bin/bash", "-c", 'read -r _ && exec "$@"', "exec", *command)
        with explained("Could not run a command in the container"):
            made = self._api.exec_create(container, list(held), user=user, environment=dict(env or {}), stdin=True)
            stream = self._api.exec_start(made["Id"], socket=True)
        return ExecStream(self._api, str(made["Id"]), TwoWay(stream))

    def attach_socket(self, container: str) -> TwoWay:
        """Open the two-way stream of a container made with `stdin`, before it is started."""
        with explained("Could not attach to the container"):
            params = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            return TwoWay(self._api.attach_socket(container, params=params))

    def resize(self, container: str, rows: int, columns: int) -> None:
        with explained("Could not resize the terminal"):
            self._api.resize(container, height=rows, width=columns)

    def memory(self, container: str) -> MemoryUse | None:
        """Measure what it uses now, which may take a second; None when it does not run."""
        try:
            with explained("Could not measure the container"):
                stats = self._api.stats(container, stream=False, one_shot=True)
        except NotFound:
            return None
        return usage.memory(cast("dict[str, Any]", stats))

    def runnable(self, container: str) -> int:
        """Count its threads that run or wait for a processor."""
        with explained("Could not list the container's processes"):
            rows = self._api.top(container, ps_args="-eLo pid,stat")["Processes"]
        return sum(str(row[-1]).startswith("R") for row in rows)

    def out_of_memory(self, container: str, since: datetime, until: datetime) -> bool:
        """Whether the kernel killed a process of it for want of memory in that time."""
        with explained("Could not ask what happened to the container"):
            filters = json.dumps({"event": ["oom"], "container": [container]})
            asked = {"since": since.timestamp(), "until": until.timestamp(), "filters": filters}
            with closing(streams.opened(self._api, "GET", "/events", asked)) as stream:
                return any(block.strip() for block in stream.blocks())

    def commit(self, container: str, repository: str, tag: str, config: Mapping[str, Any]) -> str:
        """Make an image of the container's files with this configuration; return its id.

        What runs in it is not stopped meanwhile, which takes the engine two programs: it must be done with its files.
        """
        with explained("Could not save the image"):
            made = self._api.commit(container, repository=repository, tag=tag, pause=False, conf=dict(config))
        return str(made["Id"])

    @staticmethod
    def _demuxed(stream: Iterable[tuple[bytes | None, bytes | None]]) -> Iterator[tuple[str, bytes]]:
        with explained("Lost the container's output"):
            for out, err in stream:
                if out:
                    yield "stdout", out
                if err:
                    yield "stderr", err


def _name_and_labels(row: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    """Of a row of the list; one that is just being removed has no name."""
    names: list[str] = row.get("Names") or [""]
    return names[0].lstrip("/"), row.get("Labels") or {}


def _container(row: dict[str, Any]) -> Container:
    state = row["State"]
    networks = (row.get("NetworkSettings") or {}).get("Networks") or {}
    addresses = [net["IPAddress"] for net in networks.values() if net.get("IPAddress")]
    return Container(
        id=row["Id"],
        name=row["Name"].lstrip("/"),
        image=row["Config"]["Image"],
        labels=row["Config"].get("Labels") or {},
        status=state["Status"],
        running=bool(state["Running"]),
        exit_status=int(state.get("ExitCode") or 0),
        oom_killed=bool(state.get("OOMKilled")),
        address=addresses[0] if addresses else None,
        started_at=state.get("StartedAt") or "",
        published=_published(row),
        error=state.get("Error") or "",
        volumes={one["Destination"]: one["Name"] for one in row.get("Mounts") or () if one.get("Type") == "volume"},
        created_at=row.get("Created") or "",
        slowed=int((row.get("HostConfig") or {}).get("CpuQuota") or 0) > 0,
    )


def _published(row: dict[str, Any]) -> dict[int, tuple[str, int]]:
    ports = (row.get("NetworkSettings") or {}).get("Ports") or {}
    return {
        int(port.split("/")[0]): (bindings[0]["HostIp"], int(bindings[0]["HostPort"]))
        for port, bindings in ports.items()
        if bindings
    }
