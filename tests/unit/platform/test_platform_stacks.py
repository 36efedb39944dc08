"""The stack of an app as a verb."""

from __future__ import annotations

import pytest

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform import stacks
from localku.records import AUTO_STACK, App


def test_a_stack_is_set_and_chosen_again(context: Context, app: App) -> None:
    stacks.set_on(context, app, "heroku-22")
    found = stacks.of(context, context.store.apps.by_id(app.id))
    assert (found.chosen, found.reason) == ("heroku-22", "Using heroku-22, as set for this app.")
    assert "debian-14" in found.names
    stacks.set_on(context, app, AUTO_STACK)
    assert context.store.apps.by_id(app.id).stack is None


@pytest.mark.parametrize(
    ("ours", "herokus"),
    [("debian-14", "heroku-26"), ("heroku-22", "heroku-22"), (None, "heroku-24"), (AUTO_STACK, "heroku-24")],
)
def test_herokus_clients_are_told_a_stack_of_herokus(ours: str | None, herokus: str) -> None:
    assert stacks.named_for_heroku(ours) == herokus


def test_a_stack_that_does_not_exist_is_refused(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        stacks.set_on(context, app, "cedar-14")
    assert (raised.value.kind, raised.value.resource) == (Kind.NOT_FOUND, "stack")
    assert raised.value.hint.endswith("debian-14, or auto.")
