"""The values that verbs take and return, and tables keep: apps, releases, slugs, add-ons, dynos and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from localku.states import DynoState, ReleaseStatus, Wanted

USER = "localku"
"""Who has made a release, where nobody else is named."""

AUTO_STACK = "auto"
"""In place of a stack's name: localku chooses."""

EVERY_DYNO = "*"
"""In place of a dyno's name: all dynos of the app."""


@dataclass(frozen=True)
class App:
    """`uid` is the app's user in its containers, `port` the router's last one.

    `domain_suffix` are the 12 hex digits in its default domain. `uuid` is its identity for its whole life; `formerly`
    the name that what was made before there were UUIDs is labelled with, None for an app that is younger.
    `cycle_every` are the seconds after which its dynos are cycled, None for Heroku's 24 hours.
    """

    id: int
    uuid: str
    formerly: str | None
    name: str
    root: Path | None
    stack: str | None
    uid: int
    wanted: Wanted
    port: int | None
    env_file: str
    maintenance: bool
    domain_suffix: str
    created_at: datetime
    cycle_every: float | None = None

    @property
    def shall_run(self) -> bool:
        """Whether somebody wants it up, for good or while a lease lasts."""
        return self.wanted in {Wanted.UP, Wanted.LEASED}

    @property
    def default_domain(self) -> str:
        """`APP-1234567890ab.herokuapp.com`, as Heroku names apps since 2023."""
        return f"{self.name}-{self.domain_suffix}.herokuapp.com"

    @property
    def user(self) -> str:
        """The user's name, `u` and five digits as on Heroku."""
        return f"u{self.uid}"


@dataclass(frozen=True)
class FolderRecord:
    """A folder of an app, where it was when it was last seen."""

    root: Path
    app_id: int


@dataclass(frozen=True)
class FormationEntry:
    type: str
    quantity: int
    size: str


@dataclass(frozen=True)
class ScheduledCommand:
    """A command, or the name of a process type, and the cron schedule on which it runs."""

    command: str
    schedule: str


@dataclass(frozen=True)
class Slug:
    """What a build made. `size` is compressed bytes; `layer` names its dependency layer's fingerprint."""

    id: int
    app_id: int
    fingerprint: str
    image: str
    layer: str
    process_types: Mapping[str, str]
    buildpacks: tuple[str, ...]
    stack: str
    size: int
    commit: str | None
    created_at: datetime
    cron: tuple[ScheduledCommand, ...] = ()
    uuid: str = ""


class BuildStatus(StrEnum):
    """As in Heroku's Platform API."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Failure:
    """Why a build failed: localku's own words; `message` is empty where the build's output says it."""

    message: str
    hint: str


@dataclass(frozen=True)
class Build:
    """An attempt to make a slug. `id` is a UUID, `source_version` a commit, `release` the version it became.

    `updated_at` is when it ended, once its status says so. `failure` is there where what was built is to blame, and
    until a build has nothing to do; None of one that was interrupted, or whose engine went away.
    """

    id: str
    app_id: int
    status: BuildStatus
    source_version: str | None
    stack: str
    buildpacks: tuple[str, ...]
    slug_id: int | None
    release: int | None
    created_at: datetime
    updated_at: datetime
    failure: Failure | None = None


@dataclass(frozen=True)
class Layer:
    """An image with an app's dependencies and nothing of its source. `size` is compressed bytes."""

    app_id: int
    fingerprint: str
    image: str
    size: int


@dataclass(frozen=True)
class Release:
    """A slug with config vars. `actor` is whoever asked for it.

    `addons` are the add-ons there were, by name, with their plan; None for releases of an older localku.
    """

    app_id: int
    version: int
    slug_id: int | None
    config: Mapping[str, str]
    description: str
    status: ReleaseStatus
    created_at: datetime
    addons: Mapping[str, str] | None = None
    uuid: str = ""
    actor: str = USER

    @property
    def is_eligible(self) -> bool:
        """Whether a rollback can lead there, as far as the release itself tells: it has code, and it has succeeded."""
        return self.status == ReleaseStatus.SUCCEEDED and self.slug_id is not None


@dataclass(frozen=True)
class Attachment:
    """An add-on under a name of an app: `DATABASE` is the config var `DATABASE_URL` there."""

    id: int
    uuid: str
    addon_id: int
    app_id: int
    name: str
    created_at: datetime

    @property
    def config_var(self) -> str:
        return f"{self.name}_URL"


@dataclass(frozen=True)
class Addon:
    """A database: its role, password and name, and where it answers (`host`:`port`, the engine's bridge).

    `app_id` is the app that it is billed to and goes with. Of its attachments, to that app and maybe to others, there
    is always one to that app. `version` is the server's major version, empty where it is the one that is installed.
    `engine_name` is what its things in the engine are called: the name that it was made with.
    """

    id: int
    app_id: int
    name: str
    plan: str
    attachments: tuple[Attachment, ...]
    role: str
    password: str
    database: str
    host: str
    port: int
    created_at: datetime
    uuid: str = ""
    service: str = "heroku-postgresql"
    version: str = ""
    over_since: datetime | None = None
    enforce_now: bool = False
    engine_name: str = ""

    def on(self, app_id: int) -> tuple[Attachment, ...]:
        """Its attachments to an app, oldest first."""
        return tuple(one for one in self.attachments if one.app_id == app_id)

    @property
    def config_var(self) -> str:
        """The config var of the app it is billed to: `DATABASE_URL` where it is that."""
        names = [one.config_var for one in self.on(self.app_id)]
        return "DATABASE_URL" if "DATABASE_URL" in names else names[0]


@dataclass(frozen=True)
class Domain:
    """A custom domain: `hostname` as DNS has it (lower case, punycode, maybe `*.`), `target` what to point it at."""

    app_id: int
    hostname: str
    target: str
    created_at: datetime


@dataclass(frozen=True)
class Drain:
    """Where an app's log is sent to. `id` is a UUID, `token` names the drain to the receiver: `d.` and a UUID."""

    id: str
    app_id: int
    url: str
    token: str
    created_at: datetime


@dataclass(frozen=True)
class DynoRecord:
    """What the supervisor last saw of a dyno; `host` and `port` are where the router reaches it."""

    app_id: int
    name: str
    type: str
    state: DynoState
    release: int
    size: str
    command: str
    container: str | None
    host: str | None
    port: int | None
    since: datetime
    exit_status: int | None
    crashes: int
    retry_at: datetime | None
    generation: int


@dataclass(frozen=True)
class Observation:
    """What was seen of a dyno before it was gone: `kind` says what, `data` is plain JSON."""

    app_id: int
    dyno: str
    kind: str
    release: int
    data: Any
    at: datetime


@dataclass(frozen=True)
class OneOff:
    """A one-off dyno: `run.1234`, `release.1234`, `scheduler.1234`. `wanted` is DOWN once it shall stop."""

    app_id: int
    name: str
    state: DynoState
    release: int
    size: str
    command: str
    container: str
    detached: bool
    wanted: Wanted
    since: datetime

    @property
    def type(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class ChaosPlan:
    """Trouble to be made: `rate` acts per minute of platform time, of these kinds, in the order that `seed` gives."""

    app_id: int
    rate: float
    seed: int
    kinds: tuple[str, ...]
    since: datetime
