"""`reset-fs` as a verb: what is lost, and what the fresh dynos have again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localku import locks
from localku.context import Context
from localku.ephemeral.change import Change, Trace
from localku.ephemeral.report import build
from localku.errors import Kind, LocalkuError
from localku.platform import views
from localku.platform.dynos import filesystem, reset
from localku.platform.dynos.filesystem import Look
from localku.platform.dynos.running import supervisor_lock
from localku.records import App
from localku.states import DynoState
from localku.supervisor.dynos.dyno import fresh_record


def test_an_app_without_a_dyno_has_nothing_to_lose(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        reset.look(context, app)
    assert (raised.value.message, raised.value.kind) == ("No dyno of one is running.", Kind.NOT_FOUND)


def test_nothing_is_reset_that_nobody_would_start_again(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        reset.begin(context, app, reset.Seen((), ()))
    assert (raised.value.message, raised.value.kind) == ("The dynos of one are unsupervised.", Kind.CONFLICT)
    assert context.store.dynos.generations(app.id) == {}


def test_a_reset_waits_for_fresh_dynos_and_tells_what_they_have_again(
    context: Context, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = replace(fresh_record(app, "worker.1", context.clock.now()), state=DynoState.UP, container="old")
    context.store.dynos.save(record)
    digests = {"/app/a.sqlite3": "1" * 40, "/app/b.sqlite3": "2" * 40}
    changes = [Change(path, "added", 5, trace=Trace(digest, by_boot=False)) for path, digest in digests.items()]
    seen = reset.Seen((record,), (Look(build("worker.1", changes), {one.path: one.trace for one in changes}),))
    assert seen.missed == ("worker.1:/app/a.sqlite3", "worker.1:/app/b.sqlite3")

    def restarted(_app: App, name: str) -> None:
        assert name == "worker.1"
        context.store.dynos.save(replace(record, container="new"))

    def read(_context: Context, container: str, paths: object) -> dict[str, str]:
        assert (container, set(paths)) == ("new", set(digests))  # type: ignore[call-overload]
        return {**digests, "/app/b.sqlite3": "3" * 40}

    monkeypatch.setattr(context.store.dynos, "ask_restart", restarted)
    monkeypatch.setattr(filesystem, "digests", read)
    with locks.held(supervisor_lock(context, app), "busy"):
        done = reset.finish(context, app, reset.begin(context, app, seen))
    assert (done.dynos, done.has_web, done.status) == (("worker.1",), False, None)
    assert (done.written_again, done.written_otherwise) == (("worker.1:/app/a.sqlite3",), ("worker.1:/app/b.sqlite3",))
    told = views.filesystem(app, seen, done)
    assert (told["lost"], told["reset"]["written_again"]) == (1, ["worker.1:/app/a.sqlite3"])
