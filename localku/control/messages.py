"""What commands and the server say to each other, a line for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from localku.control import codec
from localku.errors import Kind, LocalkuError
from localku.states import Wanted


@dataclass(frozen=True)
class Hello:
    """Both ways, before anything else. `digest` is of the program's files: two that differ do not mix.

    `by_name`: the server stays until it is stopped. `api_port`: where it listens for the API; None where it does not,
    for another program has the port.
    """

    digest: str
    version: str
    pid: int
    uid: int
    environment: Mapping[str, str] = field(default_factory=dict)
    by_name: bool = False
    api_port: int | None = None


@dataclass(frozen=True)
class Bring:
    """Run an app (by its UUID) on `port` or the next free one; with `lease`, for as long as this connection lasts."""

    app: str
    port: int | None = None
    lease: bool = False
    cycle_every: float | None = None


@dataclass(frozen=True)
class LetGo:
    """On a lease's connection: the app goes down."""


@dataclass(frozen=True)
class TakeDown:
    """Stop an app, also where the store cannot be written."""

    app: str


@dataclass(frozen=True)
class AskStatus:
    """Answered with `Status`."""


@dataclass(frozen=True)
class End:
    """The server ends; with `dynos` it stops those of all apps first, without they run on."""

    dynos: bool = False


@dataclass(frozen=True)
class Stay:
    """Somebody has asked for the server by its name: it stays until it is stopped."""


@dataclass(frozen=True)
class Said:
    """A line for whoever waits."""

    text: str


@dataclass(frozen=True)
class Brought:
    """The app runs on `port`; `attached` where it did before, and this connection holds no lease of it."""

    port: int
    attached: bool = False


@dataclass(frozen=True)
class Done:
    """What was asked for has happened."""


@dataclass(frozen=True)
class Refused:
    """What was asked for has not happened: an error's texts and kind."""

    message: str
    hint: str = ""
    kind: Kind = Kind.FAILED

    def error(self) -> LocalkuError:
        return LocalkuError(self.message, self.hint, kind=self.kind)

    @staticmethod
    def because(error: LocalkuError) -> Refused:
        return Refused(error.message, error.hint, error.kind)


@dataclass(frozen=True)
class ProcessStatus:
    """One of the server's processes. `memory` is its share in bytes (PSS), None where the system does not tell.

    `is_down`: it has died too often, and stays down.
    """

    name: str
    pid: int | None
    memory: int | None = None
    restarts: int = 0
    is_down: bool = False


@dataclass(frozen=True)
class AppStatus:
    """What is wanted of an app and what is: `dynos` counts those that are up, `shall` those there shall be."""

    name: str
    uuid: str
    wanted: Wanted
    runs: bool
    port: int | None = None
    dynos: int = 0
    shall: int = 0


@dataclass(frozen=True)
class Status:
    """`is_busy` while somebody needs the server: by its name, for an app, or with another connection than this one."""

    home: str
    since: str
    by_name: bool
    is_busy: bool
    processes: tuple[ProcessStatus, ...]
    apps: tuple[AppStatus, ...]
    environment: Mapping[str, str]
    versions: Mapping[str, str]
    api_port: int | None = None


Request = Bring | LetGo | TakeDown | AskStatus | Stay | End
Reply = Said | Brought | Done | Refused | Status
Message = Hello | Request | Reply

KNOWN: tuple[type[Message], ...] = (
    *(Hello, Bring, LetGo, TakeDown, AskStatus, Stay, End),
    *(Said, Brought, Done, Refused, Status),
)


def encode(message: Message) -> bytes:
    return codec.encode(message)


def decode(line: bytes) -> Message:
    """Read what `encode` has written. Raises Garbled where it has not."""
    return codec.decode(line, KNOWN)
