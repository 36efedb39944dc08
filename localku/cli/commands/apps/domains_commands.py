"""`localku domains` and its kin."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.request import getproxies

import click

from localku.cli.options import app_option, context_and_app, json_option
from localku.cli.tables import aligned
from localku.cli.terminal import note, say, show_json

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App, Domain

HELP = "https://devcenter.heroku.com/articles/custom-domains"


@click.command()
@app_option
@json_option
def domains(name: str | None, *, as_json: bool) -> None:
    """List the app's domains, and what their DNS records point to."""
    from localku.platform import domains as verbs
    from localku.platform import views

    context, app = context_and_app(name)
    custom = verbs.of(context, app)
    if as_json:
        show_json([views.default_domain(app), *(views.domain(app, domain) for domain in custom)])
        return
    say(f"=== {app.name} Heroku Domain\n\n{app.default_domain}")
    if not custom:
        return
    rows = [("Domain Name", "DNS Record Type", "DNS Target")]
    rows += [(domain.hostname, verbs.record_type(domain.hostname), domain.target) for domain in custom]
    say(f"\n=== {app.name} Custom Domains\n")
    for line in aligned(rows):
        say(line)


@click.command()
@click.argument("hostname")
@app_option
@json_option
@click.option("-w", "--wait", is_flag=True, help="Accepted for compatibility; domains are ready at once.")
def domains_add(hostname: str, name: str | None, *, as_json: bool, wait: bool) -> None:  # noqa: ARG001
    """Let the app answer to www.example.com, example.com or *.example.com as well."""
    from localku.platform import domains as verbs
    from localku.platform import views
    from localku.router.tls import trust

    context, app = context_and_app(name)
    made = verbs.add(context, app, hostname)
    trust.refresh(context)
    note(f"Adding {made.hostname} to {app.name}... done")
    if as_json:
        show_json(views.domain(app, made))
        return
    say(f"Configure your app's DNS provider to point to the DNS Target {made.target}.")
    say(f"    For help, see {HELP}")
    for line in _here(context, app, made.hostname):
        say(line)


@click.command()
@click.argument("hostname")
@app_option
@json_option
def domains_info(hostname: str, name: str | None, *, as_json: bool) -> None:
    """Show one domain of the app, and how to reach it from this machine."""
    from localku.platform import domains as verbs
    from localku.platform import views
    from localku.router.tls import trust

    context, app = context_and_app(name)
    found = verbs.find(context, app, hostname)
    trust.refresh(context)
    if as_json:
        show_json(views.domain(app, found))
        return
    for key, value in _facts(app, found):
        say(f"{key + ':':<12} {value}")
    for line in _here(context, app, found.hostname):
        say(line)


@click.command()
@click.argument("hostname")
@app_option
def domains_remove(hostname: str, name: str | None) -> None:
    """Take a domain from the app."""
    from localku.platform import domains as verbs
    from localku.router.tls import trust

    context, app = context_and_app(name)
    gone = verbs.remove(context, app, hostname)
    trust.refresh(context)
    note(f"Removing {gone.hostname} from {app.name}... done")


@click.command()
@app_option
def domains_clear(name: str | None) -> None:
    """Take all custom domains from the app; its default domain stays."""
    from localku.platform import domains as verbs
    from localku.router.tls import trust

    context, app = context_and_app(name)
    verbs.clear(context, app)
    trust.refresh(context)
    note(f"Removing all domains from {app.name}... done")


def _facts(app: App, domain: Domain) -> list[tuple[str, str]]:
    return [
        ("app", app.name),
        ("cname", domain.target),
        ("created_at", domain.created_at.isoformat()),
        ("hostname", domain.hostname),
        ("kind", "custom"),
        ("status", "none"),
    ]


def _here(context: Context, app: App, hostname: str) -> list[str]:
    """Say how this machine reaches the domain with no DNS at all: the lines work as they are while the app runs."""
    from localku.platform.dynos import running
    from localku.router.tls import certificates

    port = app.port or 5000
    example = hostname.replace("*", "www", 1)
    curl = f"curl {_past_proxies()}--connect-to {example}::127.0.0.1:{port}"
    authority = shlex.quote(str(certificates.ca_file(context.home / "tls")))
    state = "" if running.is_running(context, app) is not None else f", once `localku up` runs it on port {port}"
    return [
        "",
        f"From this machine{state}:",
        f"  {curl} http://{example}/",
        f"  {curl} --cacert {authority} https://{example}/",
        f"or, with this line in /etc/hosts, http://{example}:{port}/ in a browser:",
        f"  127.0.0.1 {example}",
    ]


def _past_proxies() -> str:
    return "--noproxy '*' " if getproxies() else ""


@click.command()
@click.argument("hostname", required=False)
@app_option
def domains_wait(hostname: str | None, name: str | None) -> None:
    """Wait until a domain, or all of the app, are ready to be served: here they are at once."""
    from localku.platform import domains as verbs

    context, app = context_and_app(name)
    waited = verbs.of(context, app) if hostname is None else (verbs.find(context, app, hostname),)
    for domain in waited:
        note(f"Waiting for {domain.hostname}... done")
