"""What every kind of add-on is to localku: plans, an image, and a server for each add-on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from localku.engine.client import Engine
    from localku.records import Addon
    from localku.telling import Progress


@dataclass(frozen=True)
class Place:
    """Names of everything an add-on has in the engine."""

    container: str
    volume: str
    network: str
    network_labels: Mapping[str, str]
    labels: Mapping[str, str]


class ServicePlan(Protocol):
    """A size of a service; `price` is Heroku's, in dollars a month."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def price(self) -> int: ...


class Service(Protocol):
    """A service of which apps have add-ons."""

    @property
    def name(self) -> str:
        """`heroku-postgresql`."""

    @property
    def title(self) -> str:
        """`Heroku Postgres`."""

    @property
    def attachment(self) -> str:
        """The name of an app's first attachment: `DATABASE`."""

    @property
    def colours(self) -> str:
        """What the names of further ones begin with, before a colour: `HEROKU_POSTGRESQL_`."""

    @property
    def plans(self) -> Mapping[str, ServicePlan]:
        """By name."""

    def plan(self, asked: str) -> ServicePlan:
        """Read `SERVICE`, `SERVICE:PLAN` or a plan alone; raise LocalkuError where there is none."""

    def versions(self, engine: Engine) -> tuple[str, ...]:
        """The versions of its server to be had here, the usual one first."""

    def new(self, app_id: int, plan: str, config_var: str, now: datetime) -> Addon:
        """Make up an add-on: names and passwords."""

    def url(self, addon: Addon) -> str:
        """The value of its config vars."""

    def prepare(self, engine: Engine, progress: Progress, version: str = "") -> str:
        """Make the image of its servers, where there is none or its recipe has changed; return its version.

        Without a version it is the one that is there, or the usual one.
        """

    def version_there(self, engine: Engine) -> str:
        """The version that `prepare` would find; empty where there is none yet."""

    def start(self, engine: Engine, place: Place, addon: Addon) -> tuple[str, int]:
        """Start a server and wait until it answers; return the host and port where it does."""

    def running_at(self, engine: Engine, place: Place) -> tuple[str, int] | None:
        """Return where a server answers, None when it does not run."""

    def serves(self, engine: Engine, place: Place, version: str) -> bool:
        """Whether the server that is there, running or not, is of this version's image."""

    def is_coming_back(self, engine: Engine, place: Place) -> bool:
        """Whether the engine starts a server again that has crashed: it answers nowhere yet."""

    def stop(self, engine: Engine, place: Place) -> None:
        """Stop a server; its data stays."""

    def destroy(self, engine: Engine, place: Place) -> None:
        """Remove a server with its data."""
