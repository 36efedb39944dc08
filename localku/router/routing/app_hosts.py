"""Which app a host means: a custom domain, one of an app's own names, or what falls under a wildcard domain."""

from __future__ import annotations

from collections.abc import Iterable

from localku.records import App

SUFFIXES = (".localhost", ".herokuapp.com", ".localku")
"""What an app's name may have after it; its default domain is `APP-1234567890ab.herokuapp.com`."""


def own_names(app: App) -> tuple[str, ...]:
    """Names an app has without asking for them, the default domain first."""
    return (app.default_domain, *(f"{app.name}{suffix}" for suffix in SUFFIXES))


class Hosts:
    """All hosts that apps answer to. Where two apps have one, a custom domain comes first, then a default domain."""

    def __init__(self) -> None:
        self._custom: dict[str, str] = {}
        self._default: dict[str, str] = {}
        self._own: dict[str, str] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def add(self, app: App, custom: Iterable[str]) -> None:
        """Have an app that is not there answer to its own names, and to these domains."""
        default, *own = own_names(app)
        asked_for = tuple(custom)
        self._custom.update(dict.fromkeys(asked_for, app.uuid))
        self._default[default] = app.uuid
        self._own.update(dict.fromkeys(own, app.uuid))
        self._names[app.uuid] = (*asked_for, default, *own)

    def remove(self, uuid: str) -> None:
        """Have no host mean the app any more."""
        for name in self._names.pop(uuid, ()):
            for owners in (self._custom, self._default, self._own):
                if owners.get(name) == uuid:  # a domain may have gone to another app
                    del owners[name]

    def app_of(self, host: str) -> str | None:
        """Return the UUID of the app that has this host, or the nearest `*.example.com` above it."""
        return self._exactly(host) or self._under_wildcard(host)

    def _exactly(self, host: str) -> str | None:
        return self._custom.get(host) or self._default.get(host) or self._own.get(host)

    def _under_wildcard(self, host: str) -> str | None:
        parent = host
        while "." in parent:
            parent = parent.partition(".")[2]
            found = self._custom.get(f"*.{parent}")
            if found is not None:
                return found
        return None
