"""The stack of an app: it takes effect with the next build."""

from __future__ import annotations

from dataclasses import dataclass

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.records import AUTO_STACK, App
from localku.slugs import stack

ALL, DEFAULT = stack.NAMES, stack.DEFAULT


@dataclass(frozen=True)
class Stacks:
    """`names` are all there are, `chosen` the one the next build takes, `reason` a sentence that says why."""

    names: tuple[str, ...]
    chosen: str
    reason: str


def of(context: Context, app: App) -> Stacks:
    choice = stack.choose(context.engine, app.stack)
    return Stacks(stack.NAMES, choice.name, choice.reason)


def set_on(context: Context, app: App, name: str) -> None:
    """Set the app's stack, or let localku choose."""
    check(name)
    context.store.apps.set_stack(app, None if name == AUTO_STACK else name)


def check(name: str) -> None:
    """Raise LocalkuError for a stack that there is not."""
    if name != AUTO_STACK and name not in stack.NAMES:
        raise LocalkuError(
            f"There is no stack {name}.",
            f"Stacks: {', '.join(stack.NAMES)}, or {AUTO_STACK}.",
            kind=Kind.NOT_FOUND,
            resource="stack",
        )


def named_for_heroku(name: str | None) -> str:
    """What clients of Heroku's API are told: the stack of Heroku's that this one, or no choice yet, stands for."""
    found = stack.STANDS_FOR.get(name or "", name)
    return found if found in stack.HEROKU else stack.DEFAULT
