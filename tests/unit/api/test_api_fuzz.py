"""Thousands of requests that nobody would send: none is answered by an error of ours, or not at all."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import count

import pytest
from addon_kit import provisioned
from api_fuzz import Fuzz, Made
from api_served import TOKEN
from starlette.testclient import TestClient
from transfers_kit import kept
from verbs_kit import deploy

from localku.api.call import Place
from localku.api.endpoints import ENDPOINTS
from localku.api.platform_api import Door, application
from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform import domains, drains, new_apps
from localku.records import App
from localku.services.postgres.postgres_service import Postgres

URL = "http://127.0.0.1:5080"
SEED = 4711
ALL = 20_000
SECONDS = 30.0
"""Real seconds that the suite spends here; `--whole-fuzz` sends all of them."""

AGAIN = 40
"""Requests until what they may have taken away is made again."""


def nothing_starts(*_asked: object) -> str:
    raise LocalkuError("Nothing is started in this test.", kind=Kind.UNAVAILABLE)


numbers = count(1)


def world(context: Context) -> App:
    """An app with one of everything, whatever requests have left of it."""
    app = context.store.apps.named("shelf")
    if app is None:
        app = new_apps.create_bare(context, "shelf")
        deploy(context, app, types={"web": "serve", "worker": "work"})
    if not context.store.addons.of(app):
        provisioned(context, app)
    if not context.store.transfers.of(app):
        kept(context, app, next(numbers))
    with suppress(LocalkuError):  # there already
        domains.add(context, app, "www.example.com")
    with suppress(LocalkuError):
        drains.add(context, app, "syslog://logs.example.com:514")
    return app


def fuzz(context: Context) -> Fuzz:
    app = world(context)
    (addon, *_), (slug, *_) = context.store.addons.of(app), context.store.releases.slugs(app)
    transfer, attachment = context.store.transfers.of(app)[0], addon.attachments[0]
    apps, addons = (app.name, app.uuid), (addon.name, addon.uuid)
    known = {
        "app": apps,
        "team-app": apps,
        "add-on": addons,
        "addon": addons,
        "database": addons,
        "add-on-attachment": (attachment.name, attachment.uuid),
        "attachment": (attachment.uuid,),
        "add-on-service": ("heroku-postgresql",),
        "service": ("heroku-postgresql",),
        "plan": ("heroku-postgresql:essential-0", "essential-0"),
        "release": ("1", "v2", "3", context.store.releases.all(app)[0].uuid),
        "slug": (slug.uuid,),
        "formation": ("web", "worker"),
        "type": ("web", "worker"),
        "dyno": ("web.1", "web", "run.1"),
        "domain": ("www.example.com",),
        "log-drain": ("syslog://logs.example.com:514",),
        "drain": ("syslog://logs.example.com:514",),
        "app-feature": ("preboot", "log-runtime-metrics"),
        "feature": ("preboot", "log-runtime-metrics"),
        "stack": ("heroku-24", "debian-14"),
        "region": ("us",),
        "account": ("~", "localku"),
        "user": ("~", "localku"),
        "transfer": (transfer.id, str(transfer.number), transfer.name),
        "credential": ("default",),
    }
    return Fuzz(SEED, TOKEN, "127.0.0.1:5080", known)


@pytest.fixture
def client(context: Context, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(Postgres, "prepare", nothing_starts)
    door = Door(Place(URL), TOKEN, attach=nothing_starts, transfer=nothing_starts, build=nothing_starts)  # type: ignore[arg-type]
    with TestClient(application(context, door, ENDPOINTS), base_url=URL) as made:
        yield made


def fault(client: TestClient, made: Made) -> str:
    """What is wrong with the answer, if anything is."""
    try:
        reply = client.request(made.method, made.path, headers=dict(made.headers), content=made.body)
    except Exception as error:  # noqa: BLE001 - whatever the application has not dealt with
        return f"{type(error).__name__}: {error}"
    if reply.status_code >= 500 and reply.status_code != 503:
        return f"{reply.status_code} {reply.text[:300]}"
    if reply.status_code >= 400 and made.method != "HEAD" and reply.headers["content-type"] == "application/json":
        said = json.loads(reply.text)
        if not {"id", "message"} <= set(said) <= {"id", "message", "resource"}:
            return f"{reply.status_code} {reply.text[:300]}"
    return ""


@pytest.mark.timeout(7200)
def test_no_request_is_too_strange(context: Context, client: TestClient, request: pytest.FixtureRequest) -> None:
    whole = request.config.getoption("--whole-fuzz")
    until, faults, sent = time.monotonic() + SECONDS, {}, 0
    making = fuzz(context)
    for number in range(ALL):
        if number % AGAIN == 0:
            making = fuzz(context)
            if not whole and time.monotonic() > until:
                break
        made = making.request(number)
        found = fault(client, made)
        if found:
            faults[number] = f"{made.method} {made.path[:200]} {made.body[:200]!r}: {found}"
        sent += 1
    kinds = Counter(text.partition(": ")[2][:80] for text in faults.values())
    assert not faults, f"{len(faults)} of {sent}: {kinds.most_common(20)}\n" + "\n".join(
        f"{number}: {text}" for number, text in list(faults.items())[:20]
    )
    assert sent == ALL if whole else sent > 100
