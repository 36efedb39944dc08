import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from localku import locks
from localku.context import Context
from localku.platform import new_apps
from localku.platform.dynos.running import supervisor_lock
from localku.records import App
from localku.states import Wanted

Command = Callable[..., Any]


@pytest.fixture
def app(context: Context, root: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return new_apps.create(context, root, None)


def test_domains_prints_herokus_table(localku: Command, app: App) -> None:
    assert localku("domains").out == f"=== one Heroku Domain\n\n{app.default_domain}\n"
    localku("domains:add", "www.example.com")
    localku("domains:add", "example.com")
    lines = re.sub(r"[a-z]+-[a-z]+-[a-z0-9]{24}", "TARGET", localku("domains").out).splitlines()
    assert lines[4:] == [
        "=== one Custom Domains",
        "",
        "Domain Name      DNS Record Type  DNS Target",
        "www.example.com  CNAME            TARGET.herokudns.com",
        "example.com      ALIAS or ANAME   TARGET.herokudns.com",
    ]
    told = json.loads(localku("domains", "--json").out)
    assert [(one["kind"], one["hostname"]) for one in told] == [
        ("heroku", app.default_domain),
        ("custom", "www.example.com"),
        ("custom", "example.com"),
    ]


def test_domains_add_says_how_to_reach_the_app_from_here(localku: Command, context: Context, app: App) -> None:
    context.store.apps.set_port(app, 5123)
    with locks.held(supervisor_lock(context, app), "busy"):
        done = localku("domains:add", "*.example.com", "--wait")
    assert done.err == "Adding *.example.com to one... done\n"
    target = context.store.domains.of(app)[0].target
    curl = "  curl --connect-to www.example.com::127.0.0.1:5123"
    assert done.out.splitlines() == [
        f"Configure your app's DNS provider to point to the DNS Target {target}.",
        "    For help, see https://devcenter.heroku.com/articles/custom-domains",
        "",
        "From this machine:",
        f"{curl} http://www.example.com/",
        f"{curl} --cacert {context.home}/tls/ca.pem https://www.example.com/",
        "or, with this line in /etc/hosts, http://www.example.com:5123/ in a browser:",
        "  127.0.0.1 www.example.com",
    ]


def test_an_app_that_nobody_runs_is_not_said_to_answer(localku: Command, context: Context, app: App) -> None:
    context.store.apps.set_port(app, 5123)
    context.store.apps.want(app, Wanted.UP)  # a localku that was killed has left it so
    done = localku("domains:add", "www.example.com")
    assert "From this machine, once `localku up` runs it on port 5123:\n" in done.out


def test_curl_is_led_past_a_proxy_where_there_is_one(
    localku: Command, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    assert "curl --noproxy '*' --connect-to www.example.com:" in localku("domains:add", "www.example.com").out


def vouched(context: Context) -> list[str]:
    """Names that the certificates in ca.pem may be for."""
    found = x509.load_pem_x509_certificates((context.home / "tls" / "ca.pem").read_bytes())
    constraints = [one.extensions.get_extension_for_class(x509.NameConstraints).value for one in found]
    subtrees = [subtree for one in constraints for subtree in one.permitted_subtrees or ()]
    return sorted(subtree.value for subtree in subtrees if isinstance(subtree, x509.DNSName))


def test_the_certificates_to_trust_are_for_the_domains_there_are(localku: Command, context: Context, app: App) -> None:
    own = [app.default_domain, "localhost", "one.herokuapp.com", "one.localku"]
    localku("domains:add", "*.example.com")
    localku("domains:add", "www.example.org")
    assert vouched(context) == sorted([*own, "example.com", "www.example.org"])
    localku("domains:remove", "*.example.com")
    assert vouched(context) == sorted([*own, "www.example.org"])
    localku("domains:clear")
    assert vouched(context) == sorted(own)


def test_info_remove_and_clear(localku: Command, context: Context, app: App) -> None:
    localku("domains:add", "www.example.com")
    assert "hostname:    www.example.com\n" in localku("domains:info", "www.example.com").out
    assert json.loads(localku("domains:info", "WWW.example.com", "--json").out)["kind"] == "custom"
    assert localku("domains:remove", "www.example.com").err == "Removing www.example.com from one... done\n"
    done = localku("domains:remove", "www.example.com")
    assert (done.status, done.err.splitlines()[0]) == (1, " !     Couldn't find that domain name: www.example.com.")
    localku("domains:add", "a.example.com")
    assert localku("domains:clear").err == "Removing all domains from one... done\n"
    assert context.store.domains.of(app) == ()
