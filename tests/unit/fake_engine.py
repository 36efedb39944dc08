"""A Docker engine in memory. The test decides what its containers print and when they end."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from localku.engine.client import EngineFacts
from localku.engine.containers import Container, ExecResult
from localku.engine.engine_errors import Conflict, EngineUnavailable, NotFound
from localku.engine.images import Image
from localku.engine.spec import ContainerSpec
from localku.engine.usage import MemoryUse
from localku.engine.volumes import Volume

START = datetime(2024, 6, 5, 11, 12, 35, tzinfo=UTC)
FACTS = EngineFacts("20.10", "", "Debian", "overlay2", "2", 2, 1 << 34, "/var/lib/docker")
LOST = "No Docker engine answers: nothing listens at its socket"


class FakeClock:
    """Time that passes when the test says so; `sleep` passes it too."""

    scale = 1.0

    def __init__(self) -> None:
        self.seconds = 0.0
        self.on_sleep: Callable[[], None] = lambda: None

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return 1000.0 + self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.on_sleep()

    def later(self, seconds: float) -> None:
        self.seconds += seconds


def frame(text: bytes, stream: int = 1) -> bytes:
    """A message with its time, as the engine frames it."""
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


class FakeDoorbell:
    """`cut`: the output is over, and the process is not. `heard`: somebody has it."""

    def __init__(self, container: FakeContainer, *, cut: bool = False, heard: bool = False) -> None:
        self.heard = heard
        self.rung = threading.Event()
        self.cut = cut
        self.hung_up = False
        self._container = container

    @property
    def over(self) -> bool:
        return self.cut or not self._container.running

    def wait(self, seconds: float) -> bool:
        rung = self.rung.wait(seconds)
        self.rung.clear()
        return rung

    def hang_up(self) -> None:
        self.hung_up = True
        self.rung.set()


class FakeContainer:
    """Ends with 143 at SIGTERM unless `deaf`; accepts connections when `listening`."""

    def __init__(self, number: int, spec: ContainerSpec, clock: FakeClock) -> None:
        self.id = f"c{number}"
        self.spec = spec
        self.status = "created"
        self.exit_status = 0
        self.oom_killed = False
        self.memory: MemoryUse | None = None
        self.starved = False
        self.runnable = 0
        self.listening = False
        self.deaf = False
        self.signals: list[str] = []
        self.walk = b""
        self.contents = b""
        """What a walk through its files prints to stdout and stderr."""
        self.sockets = b""
        self.processes = b""
        self.cpu: float | None = None
        self._clock = clock
        self.created_at = self.started_at = clock.now()
        self.doorbell = FakeDoorbell(self)
        self._lines: list[tuple[datetime, bytes]] = []
        self._queue: queue.Queue[tuple[datetime, bytes] | None] = queue.Queue()

    @property
    def dyno(self) -> str:
        return self.spec.labels.get("org.localku.dyno", "")

    @property
    def running(self) -> bool:
        return self.status == "running"

    def print(self, text: str) -> None:
        row = (self._clock.now(), text.encode())
        self._lines.append(row)
        self._queue.put(row)
        self.doorbell.rung.set()

    def exit(self, status: int) -> None:
        self.status, self.exit_status = "exited", status
        self._queue.put(None)
        self.doorbell.rung.set()

    def exit_at_once(self) -> None:
        self.status = "running"
        self.exit(1)

    def cut_off(self) -> None:
        """End the output, and not the process, as a restart of the engine does."""
        self.doorbell.cut = True
        self._queue.put(None)
        self.doorbell.rung.set()

    def signal(self, name: str) -> None:
        if not self.running:
            raise Conflict("is not running")
        self.signals.append(name)
        if name == "KILL":
            self.exit(137)
        elif name == "TERM" and not self.deaf:
            self.exit(143)

    @property
    def output_is_cut(self) -> bool:
        """Until somebody listens again."""
        return self.doorbell.cut

    def listen(self) -> FakeDoorbell:
        """One listener: a second one takes the place of the first."""
        self.doorbell = FakeDoorbell(self, cut=self.doorbell.cut and not self.doorbell.heard, heard=True)
        return self.doorbell

    def frames(self, tail: int | None, since: datetime | None) -> list[bytes]:
        """No two with the same time, as the engine's nanoseconds see to it."""
        texts = [
            (moment, f"{moment:%Y-%m-%dT%H:%M:%S.%f}{number % 1000:03}Z ".encode() + text)
            for number, (moment, text) in enumerate(self._lines)
        ]
        texts = texts if tail is None else texts[-tail:]
        return [frame(text) for moment, text in texts if since is None or moment >= since]

    def output(self) -> Iterator[tuple[datetime, bytes]]:
        while (row := self._queue.get(timeout=20)) is not None:
            yield row

    def seen(self) -> Container:
        ports = {published.container_port: ("127.0.0.1", 40000 + int(self.id[1:])) for published in self.spec.publish}
        return Container(
            id=self.id,
            name=self.spec.name,
            image=self.spec.image,
            labels=self.spec.labels,
            status=self.status,
            running=self.running,
            exit_status=self.exit_status,
            oom_killed=self.oom_killed,
            address="172.18.0.9",
            started_at=self.started_at.isoformat(),
            created_at=self.created_at.isoformat(),
            published=ports,
            slowed=self.cpu is not None,
            error="",
        )


class FakeContainers:
    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine
        self.by_id: dict[str, FakeContainer] = {}
        self.killed: set[threading.Thread] = set()
        self._count = 0

    def __iter__(self) -> Iterator[FakeContainer]:
        return iter(self.by_id.values())

    def create(self, spec: ContainerSpec) -> str:
        self._engine.check()
        if spec.image not in self._engine.images.tags:
            raise NotFound(f"Could not create the container {spec.name}: No such image: {spec.image}")
        self._count += 1
        made = FakeContainer(self._count, spec, self._engine.clock)
        self.by_id[made.id] = made
        self._engine.did(f"create {made.dyno}")
        self._engine.check_after("create")
        return made.id

    def start_aside(self, container: str) -> None:
        self.start(container)

    def start(self, container: str) -> None:
        self._engine.check()
        found = self._one(container)
        self._engine.did(f"start {found.dyno}")
        self._engine.on_start(found)
        if found.status == "created":
            found.status = "running"
        self._engine.check_after("start")

    def kill(self, container: str, signal: str = "KILL") -> None:
        self._engine.check()
        if container in self.by_id and self.by_id[container].running:
            self._engine.did(f"{signal} {self.by_id[container].dyno}")
            self.by_id[container].signal(signal)

    def stop(self, container: str, _seconds: int) -> None:
        self.kill(container)

    def remove(self, container: str) -> None:
        self._engine.check()
        found = self._named(container)
        if found is not None:
            del self.by_id[found.id]
            self._engine.did(f"remove {found.dyno}")
            if found.running:
                found.exit(137)

    def remove_aside(self, container: str) -> None:
        self._engine.did("remove aside")
        self.remove(container)

    def set_cpu(self, container: str, share: float | None) -> None:
        self._engine.check()
        if container in self.by_id:
            self.by_id[container].cpu = share

    def wait(self, container: str, _seconds: float | None = None) -> int:
        return self._one(container).exit_status

    def inspect(self, container: str) -> Container:
        self._engine.check()
        return self._one(container).seen()

    def find(
        self, labels: Mapping[str, str], chosen: Callable[[str, Mapping[str, str]], bool] | None = None
    ) -> tuple[Container, ...]:
        self._engine.check()
        found = [one for one in self.by_id.values() if labels.items() <= one.spec.labels.items()]
        return tuple(one.seen() for one in found if chosen is None or chosen(one.spec.name, one.spec.labels))

    def exec(self, container: str, command: list[str], **_: Any) -> ExecResult:
        self._engine.check()
        found = self._one(container)
        if "kill -TERM -1" in command:
            self._engine.did(f"TERM {found.dyno}")
            found.signal("TERM")
            return ExecResult(0, b"")
        if "kill -HUP -1" in command:
            self._engine.did(f"HUP {found.dyno}")
            return ExecResult(0, b"")
        if any("PPid" in word for word in command):
            return ExecResult(0, found.processes)
        if any(word.startswith("kill -KILL") for word in command):
            self._engine.did(f"{command[-1]} in {found.dyno}")
            return ExecResult(0, b"")
        if "/proc/net/tcp" in command[-1]:
            return ExecResult(0, found.sockets)
        return ExecResult(0 if found.listening else 1, b"")

    def exec_apart(self, container: str, command: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        self._engine.check()
        found = self._one(container)
        if not found.running:
            raise Conflict("is not running")
        if "kill -TERM -1" not in command[-1]:
            return iter([("stdout", found.walk)])
        self._engine.did(f"TERM {found.dyno}")
        found.signal("TERM")
        return iter([("stdout", b"told"), ("stdout", found.walk), ("stderr", found.contents)])

    def get(self, container: str, _path: str) -> Iterator[bytes]:
        return iter([self._engine.images.content.get(self._one(container).spec.image, b"\0" * 10240)])

    def exists(self, container: str) -> bool:
        return self._named(container) is not None

    def memory(self, container: str) -> MemoryUse | None:
        self._engine.check()
        return self._one(container).memory

    def out_of_memory(self, container: str, _since: datetime, _until: datetime) -> bool:
        return self._one(container).starved

    def runnable(self, container: str) -> int:
        return self._one(container).runnable

    def attach(self, container: str) -> Iterator[tuple[str, bytes]]:
        self._engine.check()
        return (("stdout", text) for _, text in self._one(container).output())

    def printed(
        self, container: str, *, tail: int | None = None, since: datetime | None = None
    ) -> Iterator[list[bytes]]:
        self._check_caller()
        found = self._one(container).frames(tail, since)
        if found:
            yield found

    def doorbell(self, container: str) -> FakeDoorbell:
        self._check_caller()
        return self._one(container).listen()

    def _check_caller(self) -> None:
        self._engine.check()
        if threading.current_thread() in self.killed:
            raise EngineUnavailable(LOST)

    def _one(self, container: str) -> FakeContainer:
        found = self._named(container)
        if found is None:
            raise NotFound(f"Could not look at the container: No such container: {container}")
        return found

    def _named(self, container: str) -> FakeContainer | None:
        """Find it by its id or its name."""
        return next((one for one in self.by_id.values() if container in {one.id, one.spec.name}), None)


class FakeImages:
    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.in_use: set[str] = set()
        self.ids: dict[str, str] = {}
        """What tags are names of, where that is another tag's image."""
        self.content: dict[str, bytes] = {}
        """A tar of /app of each."""
        self.labels: dict[str, Mapping[str, str]] = {}
        """Of those that have any; the others are found by any labels."""
        self.sizes: dict[str, int] = {}
        self.parents: dict[str, str] = {}

    def find(self, tag: str) -> Image | None:
        same = tuple(sorted(other for other in self.tags if self._id(other) == self._id(tag)))
        return Image(self._id(tag), same, self.labels.get(tag, {}), 100, "amd64") if tag in self.tags else None

    def _id(self, tag: str) -> str:
        return self.ids.get(tag, tag)

    def layers(self, _tag: str) -> tuple[str, ...]:
        return ("stack", "dependencies", "app")

    def lower_layers(self, tag: str, label: str, own: int) -> tuple[str, ...]:
        number = self.labels.get(tag, {}).get(label)
        return self.layers(tag)[: int(number)] if number else self.layers(tag)[:-own]

    def labelled(self, labels: Mapping[str, str]) -> tuple[Image, ...]:
        found = [tag for tag in sorted(self.tags) if labels.items() <= self.labels.get(tag, labels).items()]
        return tuple(
            Image(tag, (tag,), {}, self.sizes.get(tag, 100), "amd64", self.parents.get(tag, "")) for tag in found
        )

    def remove(self, tag: str) -> bool:
        if tag in self.in_use:
            return False
        self.tags.discard(tag)
        return True

    def tag(self, image: str, repository: str, tag: str) -> None:
        if image in self.tags:
            self.ids[f"{repository}:{tag}"] = self._id(image)
        self.tags.add(f"{repository}:{tag}")
        if image in self.labels:
            self.labels[f"{repository}:{tag}"] = self.labels[image]

    def above(self, tag: str, _label: str, _own: int) -> dict[str, int]:
        return {self._id(tag): 10} if tag in self.tags else {}

    def unique_size(self, _tag: str) -> int:
        return 10


class FakeNames:
    """Networks and volumes: names that exist or do not."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.labels: dict[str, Mapping[str, str]] = {}
        """Of those that have any; the others are found by any labels."""
        self.missing: set[str] = set()
        self.places: dict[str, str] = {}
        self.unmarked: set[str] = set()
        self.in_use: set[str] = set()
        self.bytes: dict[str, int] = {}

    def sizes(self) -> dict[str, int]:
        return dict(self.bytes)

    def ensure(self, name: str, _labels: Mapping[str, str]) -> str:
        self.names.add(name)
        return "172.18.0.1"

    def exists(self, name: str) -> bool:
        """Dynos find /usr and /etc filled already, unless the test says they are `missing`."""
        return name not in self.missing

    def find(self, name: str) -> Volume | None:
        marks = {} if name in self.unmarked else {"made": "by us"}
        return Volume(self.places.get(name, ""), marks) if self.exists(name) else None

    def labelled(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(name for name in sorted(self.names) if labels.items() <= self.labels.get(name, labels).items())

    def remove(self, name: str) -> bool:
        if name in self.in_use:
            return False
        self.names.discard(name)
        self.unmarked.discard(name)
        return True


@dataclass
class FakeEngine:
    """`lost`: nothing answers. `lose_after`: it goes away right after doing that, once. `done`: what it did."""

    clock: FakeClock
    lost: bool = False
    lose_after: str = ""
    done: list[str] = field(default_factory=list)
    on_start: Callable[[FakeContainer], None] = lambda _container: None
    shares_host_network: bool = False
    facts: EngineFacts = FACTS
    version: str = FACTS.version

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.containers = FakeContainers(self)
        self.images = FakeImages()
        self.networks = FakeNames()
        self.volumes = FakeNames()

    def has_image(self, tag: str) -> bool:
        return tag in self.images.tags

    def did(self, what: str) -> None:
        with self._lock:
            self.done.append(what)

    def check(self) -> None:
        if self.lost:
            raise EngineUnavailable(LOST)

    def check_after(self, what: str) -> None:
        if self.lose_after == what:
            self.lose_after, self.lost = "", True
            self.check()
