import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from localku.context import Context
from localku.errors import LocalkuError, worded
from localku.platform import domains, new_apps
from localku.records import App
from localku.router.routing.table import StoreRoutes
from localku.store.store import Store


def found(context: Context, host: str) -> str | None:
    """The app a router in another process finds behind the host."""
    route = StoreRoutes(Context(Store(context.home), context.engine, context.clock, context.make_postgres)).find(host)
    return route.name if route else None


@pytest.fixture
def other(context: Context, tmp_path: Path) -> App:
    (tmp_path / "two").mkdir()
    return new_apps.create(context, tmp_path / "two", None)


@pytest.mark.parametrize(
    ("wanted", "hostname"),
    [
        ("www.example.com", "www.example.com"),
        ("WWW.Example.COM.", "www.example.com"),
        ("*.example.com", "*.example.com"),
        ("münchen.example.org", "xn--mnchen-3ya.example.org"),
        ("*.BÜCHER.de", "*.xn--bcher-kva.de"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("foo.github.io", "foo.github.io"),
        ("app.test", "app.test"),
    ],
)
def test_a_domain_is_kept_as_dns_has_it(context: Context, app: App, wanted: str, hostname: str) -> None:
    made = domains.add(context, app, wanted)
    assert made.hostname == hostname
    assert domains.find(context, app, wanted) == made
    assert re.fullmatch(r"[a-z]+-[a-z]+-[a-z0-9]{24}\.herokudns\.com", made.target)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (bad, "is not a domain name")
        for bad in (
            "",
            "*",
            "*.",
            "example",
            "http://example.com",
            "example.com/x",
            "example.com:80",
            "a b.example.com",
            "-a.example.com",
            "a..example.com",
            "www.*.example.com",
            "*.*.example.com",
            "*example.com",
            "10.0.0.1",
            "::1",
            "under_score.example.com",
            f"{'a' * 64}.example.com",
            ".".join(["abcdefgh"] * 29),
        )
    ]
    + [(bad, "public suffix") for bad in ("co.uk", "*.co.uk")]
    + [
        (bad, "reserved for the platform")
        for bad in ("x.herokuapp.com", "*.herokuapp.com", "one.localhost", "a.herokudns.com")
    ],
)
def test_what_heroku_refuses(context: Context, app: App, wanted: str, message: str) -> None:
    with pytest.raises(LocalkuError, match=message):
        domains.add(context, app, wanted)
    assert context.store.domains.of(app) == ()


@pytest.mark.parametrize(
    ("hostname", "record"),
    [
        ("example.com", "ALIAS or ANAME"),
        ("example.co.uk", "ALIAS or ANAME"),
        ("www.example.com", "CNAME"),
        ("www.example.co.uk", "CNAME"),
        ("*.example.com", "CNAME"),
        ("foo.github.io", "CNAME"),
        ("xn--bcher-kva.de", "ALIAS or ANAME"),
    ],
)
def test_an_apex_cannot_have_a_cname(hostname: str, record: str) -> None:
    assert domains.record_type(hostname) == record


def test_a_domain_belongs_to_one_app(context: Context, app: App, other: App) -> None:
    domains.add(context, app, "www.example.com")
    with pytest.raises(LocalkuError, match=r"www\.example\.com is currently in use by another app") as raised:
        domains.add(context, other, "WWW.example.com")
    assert "localku domains:remove 'www.example.com' -a one" in worded(raised.value.hint)
    with pytest.raises(LocalkuError, match="is already a domain of one"):
        domains.add(context, app, "www.example.com")
    with pytest.raises(LocalkuError, match="Couldn't find that domain name"):
        domains.remove(context, other, "www.example.com")
    domains.remove(context, app, "www.example.com")
    assert domains.add(context, other, "www.example.com").app_id == other.id


def test_an_app_has_1000_custom_domains_at_most(context: Context, app: App) -> None:
    with context.store.db.transaction():
        for number in range(1000):
            context.store.domains.add(app, f"n{number}.example.com", "x", context.clock.now())
    with pytest.raises(LocalkuError, match="has 1000 custom domains"):
        domains.add(context, app, "one-more.example.com")
    assert domains.clear(context, app) == 1000


def test_the_router_finds_the_app_exact_before_wildcard_near_before_far(context: Context, app: App, other: App) -> None:
    domains.add(context, app, "*.example.com")
    domains.add(context, other, "www.example.com")
    domains.add(context, other, "*.deep.example.com")
    assert found(context, "www.example.com") == "two"
    assert found(context, "blog.example.com") == "one"
    assert found(context, "a.b.example.com") == "one"
    assert found(context, "a.deep.example.com") == "two"
    assert found(context, "example.com") is None
    assert found(context, "example.org") is None
    domains.clear(context, other)
    assert found(context, "www.example.com") == "one"


def test_names_every_app_has(context: Context, app: App, other: App) -> None:
    assert re.fullmatch(r"one-[0-9a-f]{12}\.herokuapp\.com", app.default_domain)
    assert context.store.apps.by_id(app.id).default_domain == app.default_domain != other.default_domain
    for host in ("one.localhost", "one.herokuapp.com", app.default_domain):
        assert found(context, host) == "one"
    assert found(context, "one-000000000000.herokuapp.com") is None


def test_localhost_is_the_app_that_runs_and_an_unknown_host_is_nobodys(context: Context, app: App, other: App) -> None:
    assert found(context, "localhost") is None
    context.store.apps.want(app, "up")
    assert [found(context, host) for host in ("localhost", "127.0.0.1", "::1")] == ["one"] * 3
    assert found(context, "www.example.com") is None
    context.store.apps.want(other, "up")
    assert found(context, "localhost") is None


def test_names_asked_for_in_one_thread_leave_the_routes_of_another_fresh(context: Context, app: App) -> None:
    routes = StoreRoutes(context)
    assert set(routes.names()) == {app.default_domain, "one.herokuapp.com", "one.localku"}
    context.store.apps.want(app, "up")
    time.sleep(0.1)  # longer than a look at the store serves
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(routes.find, "localhost").result() is not None


def test_domains_are_listed_in_the_order_they_came_and_go_with_the_app(context: Context, app: App, other: App) -> None:
    for name in ("b.example.com", "a.example.com"):
        domains.add(context, app, name)
    assert [one.hostname for one in context.store.domains.of(app)] == ["b.example.com", "a.example.com"]
    assert context.clock.now() - context.store.domains.of(app)[0].created_at < timedelta(seconds=1)
    context.store.apps.destroy(app)
    assert domains.add(context, other, "a.example.com").app_id == other.id
