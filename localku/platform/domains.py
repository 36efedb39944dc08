"""Custom domains of an app (Dev Center, "Custom Domain Names for Apps"). The app's default domain is always there."""

from __future__ import annotations

import re
import secrets
import string

from localku.context import Context
from localku.errors import CLIENT, Kind, LocalkuError
from localku.records import App, Domain

MAXIMUM = 1000
"""Custom domains of one app (Dev Center, "Limits")."""

APEX, SUBDOMAIN = "ALIAS or ANAME", "CNAME"
"""DNS record types as `heroku domains` calls them: an apex cannot have a CNAME."""

PLATFORM = ("herokuapp.com", "herokudns.com", "herokussl.com", "localhost", "localku")
"""Where nobody's custom domain can be: names the platform gives out itself."""

LONGEST = 253
"""Letters of a host name (RFC 1035)."""

ADJECTIVES = ("amber", "calm", "fathomless", "gentle", "hidden", "lively", "mellow", "quiet", "rugged", "silent")
NOUNS = ("badger", "cliff", "fern", "harbor", "honeydew", "lagoon", "meadow", "otter", "seahorse", "willow")
_LETTERS = string.ascii_lowercase + string.digits
_TARGET_LETTERS = 24


def add(context: Context, app: App, name: str) -> Domain:
    """Add `www.example.com`, `example.com` or `*.example.com`; the router answers to it at once."""
    hostname = checked(name)
    with context.store.db.transaction():
        owner = context.store.domains.named(hostname)
        if owner is not None:
            raise _taken(context, app, owner)
        if len(context.store.domains.of(app)) >= MAXIMUM:
            raise LocalkuError(
                f"{app.name} has {MAXIMUM} custom domains, the most that Heroku allows.",
                "Use a wildcard.",
                kind=Kind.INVALID,
                resource="domain",
            )
        context.store.domains.add(app, hostname, _target(), context.clock.now())
        return find(context, app, hostname)


def of(context: Context, app: App) -> tuple[Domain, ...]:
    """Return the custom domains of the app, the oldest first."""
    return tuple(context.store.domains.of(app))


def find(context: Context, app: App, name: str) -> Domain:
    """Return the app's domain of that name, however it is written."""
    found = context.store.domains.named(_ascii(name) or name)
    if found is None or found.app_id != app.id:
        raise LocalkuError(
            f"Couldn't find that domain name: {name}.",
            f"`{CLIENT} domains -a {app.name}` lists them.",
            kind=Kind.NOT_FOUND,
            resource="domain",
        )
    return found


def remove(context: Context, app: App, name: str) -> Domain:
    with context.store.db.transaction():
        found = find(context, app, name)
        context.store.domains.remove(found)
    return found


def clear(context: Context, app: App) -> int:
    """Remove all custom domains of the app; return how many."""
    with context.store.db.transaction():
        found = context.store.domains.of(app)
        for domain in found:
            context.store.domains.remove(domain)
    return len(found)


def record_type(hostname: str) -> str:
    """Which DNS record points to the target; `example.co.uk` is an apex, `www.example.co.uk` is none."""
    return APEX if not hostname.startswith("*.") and _registrable(hostname) == hostname else SUBDOMAIN


def checked(name: str) -> str:
    """Give a domain as DNS has it (lower case, IDN as punycode). Raise LocalkuError for what Heroku refuses."""
    hostname = _ascii(name)
    if hostname is None:
        raise LocalkuError(
            f"'{name}' is not a domain name.",
            "Write it as www.example.com or *.example.com: no http://, no port, no path.",
            kind=Kind.INVALID,
            resource="domain",
        )
    bare = hostname.removeprefix("*.")
    if any(bare == name or bare.endswith(f".{name}") for name in PLATFORM):
        raise LocalkuError(
            f"{hostname} is reserved for the platform.",
            f"Apps have built-in names: `{CLIENT} domains` lists them.",
            kind=Kind.INVALID,
            resource="domain",
        )
    if _registrable(bare) is None:
        raise LocalkuError(
            f"{hostname} is a public suffix.",
            f"Add a domain under it, such as example.{hostname}.",
            kind=Kind.INVALID,
            resource="domain",
        )
    return hostname


def _ascii(text: str) -> str | None:
    import idna

    star, bare = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    try:
        encoded = idna.encode(bare.rstrip("."), uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    is_address = re.fullmatch(r"[0-9.]+", encoded) is not None
    if "." not in encoded or is_address or len(star + encoded) > LONGEST:
        return None
    return star + encoded


def _registrable(hostname: str) -> str | None:
    """`example.co.uk` of `www.example.co.uk`, None of `co.uk`, by the Public Suffix List in the library."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=True).privatesuffix(hostname)


def _target() -> str:
    tail = "".join(secrets.choice(_LETTERS) for _ in range(_TARGET_LETTERS))
    return f"{secrets.choice(ADJECTIVES)}-{secrets.choice(NOUNS)}-{tail}.herokudns.com"


def _taken(context: Context, app: App, owner: Domain) -> LocalkuError:
    if owner.app_id == app.id:
        return LocalkuError(
            f"{owner.hostname} is already a domain of {app.name}.", kind=Kind.INVALID, resource="domain"
        )
    other = context.store.apps.by_id(owner.app_id).name
    return LocalkuError(
        f"{owner.hostname} is currently in use by another app.",
        f"It is a domain of {other}: {CLIENT} domains:remove '{owner.hostname}' -a {other}",
        kind=Kind.INVALID,
        resource="domain",
    )
