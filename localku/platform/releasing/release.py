"""A release: slug plus config vars, numbered, and in force only when its release phase has succeeded.

`make` is the only maker, whatever asks for the release; how a release command runs is passed in (`release_phase`).
Releases of an app are made one at a time: from before its number is taken until its phase is over, whoever makes one
has the app's turn (`release_turn`), and others wait. So a release that keeps the code takes that of the newest
success, and no two phases overlap.

A release that is `pending` while nobody has the turn belongs to a localku that was killed: it is `expired`, the
status of Heroku's for a release of which nobody will say how it ended, and never takes effect. So is one that finds
at its end that a newer release has succeeded: it would bring back older code.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Protocol

from localku import locks
from localku.context import Context
from localku.dyno.dyno_order import PHASE
from localku.errors import CLIENT, Kind, LocalkuError
from localku.logs import api_lines
from localku.platform.releasing import release_turn
from localku.platform.releasing.release_errors import ReleaseExpired
from localku.records import USER, App, Release, Slug
from localku.states import ReleaseStatus
from localku.telling import Say

LIMIT = release_turn.LIMIT
"""Seconds to wait for another release of the app."""

Changes = Mapping[str, str | None]
"""Config vars to set, and to unset where the value is None."""

Change = Callable[[Mapping[str, str]], Changes]
"""Tells the changes from the config vars there are when the release is numbered; what it raises is the end of it."""


class Newest(Enum):
    """`NEWEST`: the slug that dynos run when the release is numbered, which may be none."""

    NEWEST = "newest"


NEWEST = Newest.NEWEST
NO_CHANGES: Changes = MappingProxyType({})


class Move(Protocol):
    """A database that answers at another address than its config var says: what the release of that changes."""

    @property
    def config(self) -> Changes: ...

    @property
    def description(self) -> str: ...

    def is_over(self, context: Context, app: App) -> bool:
        """Whether somebody else has released it already."""

    def keep(self, context: Context, app: App) -> None:
        """Remember the new address."""


class Phase(Protocol):
    """What a release with a release command needs before it is in force."""

    def databases(self, context: Context, app: App) -> Iterable[Move]:
        """Start the app's databases; return those that have moved."""

    def run(self, context: Context, app: App, made: Release, slug: Slug, say: Say) -> None:
        """Run the release command to its end. Raise ReleaseFailed where it fails."""


def _nothing() -> None:
    """Do nothing."""


def _unheard(_made: Release) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class _Numbering:
    """What is done in the transaction that numbers a release."""

    description: str
    actor: str
    config: Changes | Change
    along: Callable[[], None]


def make(
    context: Context,
    app: App,
    *,
    phase: Phase | None,
    slug: Newest | Slug | None = NEWEST,
    config: Changes | Change = NO_CHANGES,
    description: str,
    actor: str = USER,
    say: Say | None = None,
    along: Callable[[], None] = _nothing,
    numbered: Callable[[Release], None] = _unheard,
    patience: float = LIMIT,
) -> Release:
    """Make the app's next release, and return it when it is in force.

    One transaction changes the config vars, does `along`, takes the number and keeps the snapshot: whoever is killed
    leaves all of it or nothing. Where the slug has a release command and `phase` says how to run it, the databases run
    before that, and the command after it; `numbered` is called between, and not heard by whoever waits for the turn.

    `say` is told, by the line, what is waited for and what the release command prints; without it stderr is.
    Raise ReleaseFailed where the release command does: config vars and what was done `along` stay. Raise ReleaseBusy
    where another release of the app takes longer than `patience` seconds: then nothing is changed.
    """
    wish = _Numbering(description, actor, config, along)
    tell = say or _to_stderr
    with release_turn.turn(context, app, tell, patience):
        _refuse_destroyed(context, app)
        _expire(context, app)
        chosen = context.store.releases.current_slug(app) if isinstance(slug, Newest) else slug
        if chosen is None or phase is None or PHASE not in chosen.process_types:
            return _in_force(context, app, chosen, wish, numbered)
        for move in phase.databases(context, app):
            _follow(context, app, move)
        made = _number(context, app, chosen, wish, ReleaseStatus.PENDING)
        _tell_log(context, app, made, f"Running release v{made.version} commands")
        try:
            numbered(made)
            phase.run(context, app, made, chosen, tell)
        except BaseException:
            _tell_log(context, app, made, f"Release v{made.version} command failed")
            context.store.releases.finish(made, ReleaseStatus.FAILED)
            raise
        return _succeed(context, app, made)


def _refuse_destroyed(context: Context, app: App) -> None:
    """It may have gone while somebody waited for its turn."""
    try:
        context.store.apps.by_id(app.id)
    except LookupError as error:
        raise LocalkuError(f"{app.name} was destroyed.", kind=Kind.NOT_FOUND, resource="app") from error


def follow(
    context: Context,
    app: App,
    moves: tuple[Move, ...],
    *,
    say: Say | None = None,
    patience: float = LIMIT,
) -> None:
    """Release what is deployed with the new address of each database that has moved, unless somebody else just has."""
    if moves:
        with release_turn.turn(context, app, say or _to_stderr, patience):
            for move in moves:
                _follow(context, app, move)


def settle(context: Context, app: App) -> None:
    """Mark as expired the releases whose localku was killed in their release phase."""
    if context.store.releases.pending(app):
        try:
            with locks.held(release_turn.lock(context, app), "It is being made."):
                _expire(context, app)
        except locks.Busy:
            return


def _expire(context: Context, app: App) -> None:
    """Mark what is pending though the turn is ours."""
    for left in context.store.releases.pending(app):
        _tell_log(context, app, left, f"Release v{left.version} expired")
        context.store.releases.finish(left, ReleaseStatus.EXPIRED)


def _follow(context: Context, app: App, move: Move) -> None:
    if move.is_over(context, app):
        return
    slug = context.store.releases.current_slug(app)
    wish = _Numbering(move.description, USER, move.config, lambda: move.keep(context, app))
    _in_force(context, app, slug, wish, _unheard)


def _in_force(
    context: Context, app: App, slug: Slug | None, wish: _Numbering, numbered: Callable[[Release], None]
) -> Release:
    """Make a release without a phase: it is in force with its number."""
    made = _number(context, app, slug, wish, ReleaseStatus.SUCCEEDED)
    _tell_created(context, app, made, made.created_at)
    numbered(made)
    return made


def _number(context: Context, app: App, slug: Slug | None, wish: _Numbering, status: ReleaseStatus) -> Release:
    store = context.store
    with store.db.transaction():
        before = store.apps.config(app)
        store.apps.change_config(app, wish.config(before) if callable(wish.config) else wish.config)
        wish.along()
        after, now = store.apps.config(app), context.clock.now()
        made = store.releases.add(app, slug, after, wish.description, status, now, wish.actor)
    _tell_log(context, app, made, wish.description)
    return made


def _succeed(context: Context, app: App, made: Release) -> Release:
    before = context.clock.now()
    done = context.store.releases.finish(made, ReleaseStatus.SUCCEEDED)
    if done.status != ReleaseStatus.SUCCEEDED:
        raise ReleaseExpired(
            f"Release v{made.version} of {app.name} has expired: a newer one took effect before it.",
            f"`{CLIENT} releases -a {app.name}` shows which; deploy again to run this code.",
        )
    _tell_created(context, app, done, before)
    return done


def _tell_created(context: Context, app: App, made: Release, before: datetime) -> None:
    """Tell the log, at the moment before it was in force: its dynos may have started before this is written."""
    context.log(app).write("app", "api", api_lines.release_created(made.version, made.actor), before)


def _tell_log(context: Context, app: App, made: Release, what: str) -> None:
    context.log(app).write("app", "api", f"{what} by user {made.actor}")


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
