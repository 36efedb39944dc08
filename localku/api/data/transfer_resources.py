"""Backups, restores and copies: `/client/v11/apps/{app}/transfers`, and what begins them."""

from __future__ import annotations

from localku.api.background_transfers import Action, TransferWish
from localku.api.call import Answer, Call, Endpoint
from localku.api.data.databases_of_calls import database
from localku.errors import Kind, LocalkuError
from localku.platform.backups import public_links, transfer_views, transfers
from localku.platform.views import View
from localku.records import App
from localku.transfer_records import Transfer

BACKUPS = "/backups/"

SCHEME = "x-localku-scheme"
"""The header with which `localku heroku` asks for links that the CLI itself can fetch."""


def _listed(call: Call) -> Answer:
    app = call.app()
    return Answer([_view(call, app, one) for one in transfers.of(call.context, app)])


def _info(call: Call) -> Answer:
    app = call.app()
    return Answer(_view(call, app, _found(call, app)))


def _found(call: Call, app: App) -> Transfer:
    """By its UUID, or its number."""
    asked = call.names["transfer"]
    for one in transfers.of(call.context, app):
        if asked in {one.id, str(one.number), one.name}:
            return one
    raise LocalkuError(f"Transfer {asked} not found.", kind=Kind.NOT_FOUND, resource="transfer")


def _view(call: Call, app: App, one: Transfer) -> View:
    verbose = call.query.get("verbose") == "true"
    url = f"{call.place.url}{BACKUPS}{app.name}/{one.name}" if one.kind.is_backup else None
    return {**transfer_views.transfer(one, logs=verbose), "from_url": None, "to_url": url}


def _published(call: Call) -> Answer:
    app = call.app()
    one = transfers.good(call.context, app, _found(call, app).name)
    url = public_links.publish(call.context, one)
    if call.headers.get(SCHEME) == "https":
        url = url.replace("http://", "https://", 1)
    return Answer({"url": url})


def _canceled(call: Call) -> Answer:
    app = call.app()
    return Answer(_view(call, app, transfers.cancel(call.context, app, _found(call, app).name)))


def _deleted(call: Call) -> Answer:
    app = call.app()
    one = _found(call, app)
    transfers.delete(call.context, app, one)
    return Answer(_view(call, app, one))


def _captured(call: Call) -> Answer:
    return _begun(call, Action.CAPTURE)


def _restored(call: Call) -> Answer:
    """From a backup, which the CLI names by the URL that it was listed with, or from any other URL."""
    url = call.text("backup_url", resource="transfer")
    own = url.removeprefix(f"{call.place.url}{BACKUPS}")
    source = own.replace("/", "::") if own != url else url
    listed = call.body.get("extensions")
    extensions = tuple(map(str, listed)) if isinstance(listed, list) else ()
    return _begun(call, Action.RESTORE, source, extensions)


def _copied(call: Call) -> Answer:
    """From the database whose URL the CLI sends."""
    from_url = call.text("from_url", resource="transfer")
    giving = database(call, from_url)
    return _begun(call, Action.COPY, giving.addon.uuid)


def _begun(call: Call, action: Action, source: str = "", extensions: tuple[str, ...] = ()) -> Answer:
    found = database(call)
    ident = call.transfer(TransferWish(action, found.app.uuid, found.addon.uuid, source, extensions))
    one = next(one for one in transfers.of(call.context, found.app) if one.id == ident)
    return Answer(_view(call, found.app, one), 201)


ENDPOINTS = (
    Endpoint("GET", "/client/v11/apps/{app}/transfers", _listed),
    Endpoint("GET", "/client/v11/apps/{app}/transfers/{transfer}", _info),
    Endpoint("DELETE", "/client/v11/apps/{app}/transfers/{transfer}", _deleted),
    Endpoint("POST", "/client/v11/apps/{app}/transfers/{transfer}/actions/public-url", _published),
    Endpoint("POST", "/client/v11/apps/{app}/transfers/{transfer}/actions/cancel", _canceled),
    Endpoint("POST", "/client/v11/databases/{database}/backups", _captured),
    Endpoint("POST", "/client/v11/databases/{database}/restores", _restored),
    Endpoint("POST", "/client/v11/databases/{database}/transfers", _copied),
)
