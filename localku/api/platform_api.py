"""Heroku's Platform API v3 as an ASGI application: each call runs a verb in a thread, and answers with a view."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from localku.api import api_errors, api_guard, buildpack_registry, current_status, replies, wire
from localku.api.attaching_dynos import Attach, nobody
from localku.api.background_builds import Build, no_builder
from localku.api.background_transfers import Begin, nowhere
from localku.api.call import Call, Endpoint, Place, parsed
from localku.api.git_http import GitHttp
from localku.api.json_values import Json
from localku.api.links import backup_links, log_streams, output_streams, source_links, stream_urls
from localku.api.links.signed_links import Links
from localku.api.tokenless import by_link, for_all
from localku.context import Context
from localku.errors import Kind, LocalkuError

MOST_BYTES = 2**20
"""Of a request's body."""


@dataclass(frozen=True)
class Door:
    """What the application is given: where it answers, and the token that lets in."""

    place: Place
    token: str
    attach: Attach = nobody
    transfer: Begin = nowhere
    build: Build = no_builder

    @property
    def links(self) -> Links:
        """Signs what is followed without the token."""
        return Links(self.token)


def application(context: Context, door: Door, endpoints: Iterable[Endpoint]) -> Starlette:
    by_path: dict[str, list[Endpoint]] = {}
    for one in endpoints:
        by_path.setdefault(one.path, []).append(one)
    routes = [
        Route(path, _served(context, door, of_path), methods=_methods(of_path)) for path, of_path in by_path.items()
    ]
    made = Starlette(
        routes=[
            *_git(context, door),
            *_links(context, door),
            *routes,
            Route("/{rest:path}", _nothing_there(door), methods=ALL),
        ],
        exception_handlers={Exception: _failed},
    )
    made.router.redirect_slashes = False
    return made


def _git(context: Context, door: Door) -> list[Route]:
    git = GitHttp(context, door.token)
    return [
        Route("/{app}.git/info/refs", git.references, methods=["GET"]),
        Route("/{app}.git/git-receive-pack", git.receive, methods=["POST"]),
        Route("/{app}.git/git-upload-pack", git.upload, methods=["POST"]),
    ]


def _links(context: Context, door: Door) -> list[Route]:
    return [
        Route(
            f"{log_streams.PATH}/{{link}}", by_link(log_streams.LogStreams(context, door.links).serve), methods=["GET"]
        ),
        Route(f"{stream_urls.PATH}/{{link}}", by_link(output_streams.OutputStreams(context, door.links).serve)),
        Route(
            f"{source_links.PATH}/{{link}}",
            by_link(source_links.SourceLinks(context, door.links).serve),
            methods=["GET", "PUT"],
        ),
        Route(current_status.PATH, for_all(current_status.status), methods=["GET"]),
        Route(buildpack_registry.PATH, for_all(buildpack_registry.search), methods=["GET"]),
        Route(f"{buildpack_registry.PATH}/{{name:path}}", for_all(buildpack_registry.info), methods=["GET"]),
        Route(backup_links.PATH, by_link(backup_links.BackupLinks(context).serve), methods=["GET"]),
    ]


ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]
Served = Callable[[Request], Awaitable[Response]]


def _methods(endpoints: Iterable[Endpoint]) -> list[str]:
    return [one.method for one in endpoints]


def _served(context: Context, door: Door, endpoints: Iterable[Endpoint]) -> Served:
    handlers = {one.method: one.handler for one in endpoints}

    async def serve(request: Request) -> Response:
        refused = _let_in(request, door)
        if refused is not None:
            return refused
        try:
            call = Call(
                context,
                door.place,
                door.links,
                door.attach,
                door.transfer,
                door.build,
                request.path_params,
                request.headers,
                request.query_params,
                await _body(request),
            )
            handler = handlers["GET" if request.method == "HEAD" else request.method]
            return replies.reply(request, await wire.awaited(request, run_in_threadpool(handler, call)))
        except LocalkuError as error:
            status = 400 if error.id == "bad_request" else api_errors.STATUS[error.kind]
            return replies.refusal(request, status, api_errors.body(error))

    return serve


def _nothing_there(door: Door) -> Served:
    async def serve(request: Request) -> Response:
        return _let_in(request, door) or replies.refusal(request, 404, api_errors.NOT_FOUND)

    return serve


async def _failed(request: Request, _error: Exception) -> Response:
    """A fault of ours: whoever asked hears of one in the form of all errors, and the server's log has the rest."""
    request.state.request_id = getattr(request.state, "request_id", str(uuid.uuid4()))
    return replies.refusal(request, 500, api_errors.FAULT)


def _let_in(request: Request, door: Door) -> Response | None:
    request.state.request_id = str(uuid.uuid4())
    refused = api_guard.refuse(request.headers, door.token)
    return replies.refusal(request, refused.status, refused.body, refused.headers) if refused else None


async def _body(request: Request) -> Mapping[str, Json]:
    raw = b""
    async for piece in request.stream():
        raw += piece
        if len(raw) > MOST_BYTES:
            raise LocalkuError(f"The body has more than {MOST_BYTES:,} bytes.", kind=Kind.INVALID)
    return parsed(raw)
