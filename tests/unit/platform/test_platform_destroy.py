"""`apps:destroy` as a verb."""

from __future__ import annotations

import pytest

from localku import locks
from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform import destroy
from localku.platform.dynos.running import supervisor_lock
from localku.records import App


def test_an_app_that_somebody_runs_is_not_destroyed(context: Context, app: App) -> None:
    with locks.held(supervisor_lock(context, app), "busy"), pytest.raises(LocalkuError) as raised:
        destroy.destroy(context, app)
    assert (raised.value.message, raised.value.kind, raised.value.resource) == (
        "one is running.",
        Kind.CONFLICT,
        "app",
    )
    assert context.store.apps.named("one") is not None
