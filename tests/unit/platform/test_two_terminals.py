"""Two terminals change the same thing at once: what one has read is what it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from verbs_kit import deploy

from localku.cli import formation_args
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import buildpacks, domains, drains, labs, new_apps
from localku.platform.dynos import formation
from localku.records import App
from localku.store.apps_table import Apps
from localku.store.domains_table import Domains
from localku.store.drains_table import Drains
from localku.store.features_table import Features

HELD = 0.3
"""Seconds in which the second terminal gets its chance: it ends at once, or waits for the first one's transaction."""


Call = Callable[[], object]
AtOnce = Callable[[tuple[type, str], Call, Call], list[LocalkuError]]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> AtOnce:
    """Between what the first call has read and what it writes the other one is made; return what was refused."""

    def run(read: tuple[type, str], first: Call, other: Call) -> list[LocalkuError]:
        refused: list[LocalkuError] = []

        def attempt(call: Call) -> None:
            try:
                call()
            except LocalkuError as error:
                refused.append(error)

        thread = threading.Thread(target=attempt, args=(other,))
        real = getattr(*read)

        def reading(*arguments: Any) -> Any:
            found = real(*arguments)
            if thread.ident is None:
                thread.start()
                thread.join(HELD)
            return found

        monkeypatch.setattr(*read, reading)
        attempt(first)
        thread.join()
        return refused

    return run


@pytest.fixture
def other(context: Context, tmp_path: Path) -> App:
    folder = tmp_path / "other"
    folder.mkdir()
    return new_apps.create(context, folder, "two")


def twice(call: Callable[[], object]) -> tuple[Callable[[], object], Callable[[], object]]:
    return call, call


def test_two_that_scale_by_one_scale_by_two(context: Context, app: App, at_once: AtOnce) -> None:
    deploy(context, app, types={"web": "serve", "worker": "work"})
    formation.update(context, app, formation_args.scaled(("web=1:standard-1x",)))
    at_once((Apps, "formation"), *twice(lambda: formation.update(context, app, formation_args.scaled(("worker+1",)))))
    assert {one.type: one.quantity for one in formation.of(context, app)} == {"web": 1, "worker": 2}


def test_what_was_asked_for_counts_from_what_is_when_it_is_changed(context: Context, app: App) -> None:
    deploy(context, app, types={"web": "serve"})
    formation.update(context, app, formation_args.scaled(("web=1:standard-1x",)))
    first, second = (formation_args.scaled((change,)) for change in ("web+2", "web-1"))
    formation.update(context, app, first)
    assert [one.quantity for one in formation.update(context, app, second)] == [2]


def test_both_add_their_buildpack(context: Context, app: App, at_once: AtOnce) -> None:
    at_once(
        (Apps, "buildpacks"),
        lambda: buildpacks.add(context, app, "heroku/nodejs"),
        lambda: buildpacks.add(context, app, "heroku/python"),
    )
    assert context.store.apps.buildpacks(app) == ("heroku/nodejs", "heroku/python")


def test_the_last_domain_is_given_once(
    context: Context, app: App, monkeypatch: pytest.MonkeyPatch, at_once: AtOnce
) -> None:
    monkeypatch.setattr(domains, "MAXIMUM", 1)
    (refused,) = at_once(
        (Domains, "of"),
        lambda: domains.add(context, app, "a.example.com"),
        lambda: domains.add(context, app, "b.example.com"),
    )
    assert refused.message == "one has 1 custom domains, the most that Heroku allows."
    assert [one.hostname for one in domains.of(context, app)] == ["a.example.com"]


def test_a_domain_that_two_apps_want_is_one_apps(context: Context, app: App, other: App, at_once: AtOnce) -> None:
    (refused,) = at_once(
        (Domains, "named"),
        lambda: domains.add(context, app, "a.example.com"),
        lambda: domains.add(context, other, "a.example.com"),
    )
    assert refused.message == "a.example.com is currently in use by another app."
    assert refused.hint.startswith("It is a domain of one:")


def test_the_last_drain_is_given_once(
    context: Context, app: App, monkeypatch: pytest.MonkeyPatch, at_once: AtOnce
) -> None:
    monkeypatch.setattr(drains, "MOST", 1)
    (refused,) = at_once(
        (Drains, "of"),
        lambda: drains.add(context, app, "syslog://a.example.com:514"),
        lambda: drains.add(context, app, "syslog://b.example.com:514"),
    )
    assert refused.message == "one already has 1 drains, the most that Heroku allows."
    assert [one.url for one in drains.of(context, app)] == ["syslog://a.example.com:514"]


def test_a_feature_is_enabled_once(context: Context, app: App, at_once: AtOnce) -> None:
    (refused,) = at_once((Features, "of"), *twice(lambda: labs.enable(context, app, "preboot", strict=True)))
    assert refused.message == "preboot is already enabled."
