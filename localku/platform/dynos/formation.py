"""The formation: how many dynos of which size each process type has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from localku.context import Context
from localku.dyno import dyno_sizes
from localku.dyno.dyno_order import PHASE
from localku.errors import CLIENT, Kind, LocalkuError
from localku.project import procfile, procfile_guess
from localku.records import App, FormationEntry

MOST_OF_AN_APP = 100
"""Dynos of one app (Dev Center, "Limits")."""

Entries = tuple[FormationEntry, ...]


@dataclass(frozen=True)
class Change:
    """What a process type is to have: `quantity` dynos, or `by` more than now. None leaves it as it is.

    A `type` of None: every process type there is.
    """

    type: str | None
    quantity: int | None = None
    size: str | None = None
    by: int | None = None

    @property
    def scales(self) -> bool:
        return self.quantity is not None or self.by is not None


def of(context: Context, app: App) -> Entries:
    """Return the process types of the newest release, each with what is wanted of it; the release phase has a size."""
    return sized(context, app, types(context, app))


def types(context: Context, app: App) -> Mapping[str, str]:
    """Return the process types of the code in force, with their commands; none before the first build."""
    slug = context.store.releases.current_slug(app)
    return slug.process_types if slug else {}


def update(context: Context, app: App, changes: Iterable[Change], folder: Path | None = None) -> Entries:
    """Change quantities and sizes, all or none; return the changed entries. The supervisor sees to the dynos.

    `folder` as for `no_types`.
    """
    with context.store.db.transaction():
        current = {entry.type: entry for entry in of(context, app)}
        if not current:
            raise no_types(app, folder)
        now, made = dict(current), []
        for change in changes:
            for name in current if change.type is None else (change.type,):
                now[name] = _changed(now, name, change)
                made.append((now[name], bool(change.size)))
        changed = _apply(context, app, current, made)
    for entry in changed:
        text = f"{entry.type}@{entry.quantity}:{dyno_sizes.shown(entry.size)}"
        context.log(app).write("app", "api", f"Scaled to {text} by user localku")
    return changed


def desired(context: Context, app: App, types: Mapping[str, str]) -> Entries:
    """One entry per process type: what was set, else web=1 and all others 0; `release` is never scaled."""
    known = {entry.type: entry for entry in context.store.apps.formation(app)}
    size = dyno_sizes.OF_TIER[tier(known.values())]
    return tuple(
        known.get(name, FormationEntry(name, 1 if name == "web" else 0, size)) for name in types if name != PHASE
    )


def tier(entries: Iterable[FormationEntry]) -> str:
    """Return the tier of an app: that of the dynos it has, else of the sizes that were set."""
    by_number = sorted(entries, key=lambda entry: -entry.quantity)
    return dyno_sizes.named(by_number[0].size if by_number else dyno_sizes.DEFAULT).tier


def sized(context: Context, app: App, types: Mapping[str, str]) -> Entries:
    """As `desired`, with the release phase where the app has one: it has a size of its own."""
    entries = desired(context, app, types)
    phase = FormationEntry(PHASE, 0, size_of(context, app, PHASE))
    return (*entries, phase) if PHASE in types else entries


def size_of(context: Context, app: App, kind: str) -> str:
    """Return the size of a one-off dyno of this type: what was set for it, else the app's tier's of 512 MB."""
    entries = context.store.apps.formation(app)
    return next((entry.size for entry in entries if entry.type == kind), dyno_sizes.OF_TIER[tier(entries)])


def from_app_json(context: Context, app: App, entries: Mapping[str, tuple[int, str | None]]) -> None:
    """Take over what app.json wants; sizes of old, and types without a size, get the one of the others' tier."""
    given = {name: size.lower() for name, (_, size) in entries.items() if size and size.lower() in dyno_sizes.SIZES}
    size = dyno_sizes.OF_TIER[next((dyno_sizes.SIZES[name].tier for name in given.values()), dyno_sizes.BASIC)]
    made = [FormationEntry(name, quantity, given.get(name, size)) for name, (quantity, _) in entries.items()]
    check(made)
    context.store.apps.scale(app, tuple(made))


def check(entries: Iterable[FormationEntry]) -> None:
    """Raise LocalkuError, in Heroku's words, for a formation that Heroku refuses."""
    running = [entry for entry in entries if entry.quantity]
    for entry in running:
        size = dyno_sizes.named(entry.size)
        if entry.quantity > size.most:
            raise LocalkuError(
                f"Cannot update to more than {size.most} {size.shown} size dynos per process type.",
                _bigger(entry) if size.tier != dyno_sizes.PRODUCTION else "",
                kind=Kind.INVALID,
                resource="formation",
            )
    names = sorted({entry.size for entry in running}, key=list(dyno_sizes.SIZES).index)
    if len({dyno_sizes.SIZES[name].tier for name in names}) > 1:
        listed = " and ".join(dyno_sizes.shown(name) for name in names)
        raise LocalkuError(
            f"Cannot use the following dyno types in the same app: {listed}",
            f"`{CLIENT} ps:type {names[-1]}` changes all process types.",
            kind=Kind.INVALID,
            resource="formation",
        )
    total = sum(entry.quantity for entry in running)
    if total > MOST_OF_AN_APP:
        raise LocalkuError(
            f"Cannot run more than {MOST_OF_AN_APP} dynos in one app; this makes {total}.",
            kind=Kind.INVALID,
            resource="formation",
        )


def no_types(app: App, folder: Path | None) -> LocalkuError:
    """Heroku's words, and of a `folder` what is there in place of a Procfile, or what one could say.

    The server gives none: it reads no app's folder.
    """
    return LocalkuError(
        f"No process types on {app.name}.\nUpload a Procfile to add process types.\n"
        "https://devcenter.heroku.com/articles/procfile",
        "\n".join(_procfile_advice(folder)) if folder else "",
        kind=Kind.INVALID,
        resource="formation",
    )


def _procfile_advice(root: Path) -> Iterator[str]:
    if wrong := procfile.misnamed(root):
        yield f"There is a file `{wrong}`, but Heroku reads only `Procfile`: rename it."
    if guess := procfile_guess.guess(root):
        yield f"{guess.reason}. A Procfile to paste:\n\n  {guess.lines}\n"


def _apply(
    context: Context, app: App, current: Mapping[str, FormationEntry], changes: Iterable[tuple[FormationEntry, bool]]
) -> Entries:
    """Keep the changes, each with whether it names a size; types without dynos follow to the new tier."""
    listed = list(changes)
    sized = [entry for entry, has_size in listed if has_size]
    goal = dyno_sizes.named(sized[-1].size).tier if sized else tier(current.values())
    changed = tuple(entry if has_size else _follow(current, entry, goal) for entry, has_size in listed)
    names = {entry.type for entry in changed}
    others = tuple(_follow(current, entry, goal) for entry in current.values() if entry.type not in names)
    after = {entry.type: entry for entry in (*others, *changed)}
    check(after.values())
    context.store.apps.scale(
        app, tuple(entry for entry in after.values() if entry.type in names or _moved(current, entry))
    )
    return tuple(after[name] for name in dict.fromkeys(entry.type for entry in changed))


def _moved(current: Mapping[str, FormationEntry], entry: FormationEntry) -> bool:
    return entry.size != current[entry.type].size


def _follow(current: Mapping[str, FormationEntry], entry: FormationEntry, goal: str) -> FormationEntry:
    if current[entry.type].quantity or dyno_sizes.named(entry.size).tier == goal:
        return entry
    return replace(entry, size=dyno_sizes.OF_TIER[goal])


def _changed(current: Mapping[str, FormationEntry], name: str, change: Change) -> FormationEntry:
    entry = _known({one: entry for one, entry in current.items() if not change.scales or one != PHASE}, name)
    size = dyno_sizes.named(change.size).name if change.size else entry.size
    quantity = entry.quantity if change.quantity is None else change.quantity
    return FormationEntry(name, max(0, quantity + (change.by or 0)), size)


def _known(current: Mapping[str, FormationEntry], name: str) -> FormationEntry:
    if name not in current:
        raise LocalkuError(
            f"Couldn't find that process type ({name}).",
            f"Process types: {', '.join(current)}.",
            kind=Kind.NOT_FOUND,
            resource="formation",
        )
    return current[name]


def _bigger(entry: FormationEntry) -> str:
    wish = f"{entry.type}={entry.quantity}:standard-1x"
    return f"Standard sizes allow more: `{CLIENT} ps:scale {wish}`, or `{CLIENT} up -f {wish}`."
