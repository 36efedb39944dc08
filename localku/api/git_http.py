"""Git over HTTP, its smart protocol (git-http-backend(1)): the app's own repository, pushed to and fetched from."""

from __future__ import annotations

import asyncio
import logging
import os
import zlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from localku.api import api_guard
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import apps
from localku.platform.deploying.pushes import push_repository, pusher
from localku.project.git import git_process
from localku.records import App

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PIECE = 65536
END_SECONDS = 10.0

NO_CACHE = {"Cache-Control": "no-cache, max-age=0, must-revalidate", "Pragma": "no-cache", "Expires": "0"}

_log = logging.getLogger(__name__)


class Service(StrEnum):
    RECEIVE = "git-receive-pack"
    UPLOAD = "git-upload-pack"

    @property
    def command(self) -> str:
        return self.removeprefix("git-")


class GitHttp:
    """The endpoints, for whoever has the token."""

    def __init__(self, context: Context, token: str) -> None:
        self._context = context
        self._token = token

    async def references(self, request: Request) -> Response:
        """`/APP.git/info/refs?service=git-receive-pack`: what there is."""
        if refused := self._refuse(request):
            return refused
        try:
            service = Service(request.query_params.get("service", ""))
        except ValueError:
            return PlainTextResponse("Only git's smart protocol is served.\n", 403)
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        running = await self._started(*found, service, request, "--advertise-refs")
        output, _ = await running.communicate()
        line = f"# service={service}\n"
        body = f"{len(line) + 4:04x}{line}0000".encode() + output
        return Response(body, 200, NO_CACHE, f"application/x-{service}-advertisement")

    async def receive(self, request: Request) -> Response:
        """`POST /APP.git/git-receive-pack`: a push."""
        return await self._serve(request, Service.RECEIVE)

    async def upload(self, request: Request) -> Response:
        """`POST /APP.git/git-upload-pack`: a fetch or a clone."""
        return await self._serve(request, Service.UPLOAD)

    async def _serve(self, request: Request, service: Service) -> Response:
        if refused := self._refuse(request):
            return refused
        if request.headers.get("content-type") != f"application/x-{service}-request":
            return PlainTextResponse("This is not what git sends.\n", 415)
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        waited_for, waits = os.pipe()
        try:
            running = await self._started(*found, service, request, waited_for=waited_for)
        except BaseException:
            os.close(waits)
            raise
        finally:
            os.close(waited_for)
        return _Exchange(running, f"application/x-{service}-result", waits)

    def _refuse(self, request: Request) -> Response | None:
        refused = api_guard.refuse(request.headers, self._token)
        return PlainTextResponse(f"{refused.body['message']}\n", refused.status, refused.headers) if refused else None

    async def _found(self, request: Request) -> tuple[App, Path] | Response:
        try:
            return await run_in_threadpool(self._repository, request.path_params["app"])
        except LocalkuError as error:
            return PlainTextResponse(f"{error.text('heroku')}\n", 404)

    def _repository(self, name: str) -> tuple[App, Path]:
        app = apps.identified(self._context, name)
        return app, push_repository.ready(self._context, app)

    async def _started(
        self, app: App, folder: Path, service: Service, request: Request, *more: str, waited_for: int | None = None
    ) -> asyncio.subprocess.Process:
        environment = push_repository.environment(app, folder)
        if protocol := request.headers.get("git-protocol"):
            environment["GIT_PROTOCOL"] = protocol
        if waited_for is not None:
            environment[pusher.PIPE] = str(waited_for)
        return await asyncio.create_subprocess_exec(
            git_process.program() or "git",
            *(service.command, "--stateless-rpc", *more, str(folder)),
            env=environment,
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=() if waited_for is None else (waited_for,),
        )


class _Exchange(Response):
    """Feeds git what the client sends while it sends what git answers.

    A `StreamingResponse` would take the request's pieces for itself, to notice that the client has gone. `waits` is a
    descriptor that is closed then: a build goes on without the client, but nothing begins.
    """

    def __init__(self, running: asyncio.subprocess.Process, media_type: str, waits: int) -> None:
        super().__init__(None, 200, NO_CACHE, media_type)
        self._running = running
        self._waits = open(waits, "wb", buffering=0)  # noqa: SIM115 - closed where the client goes
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        running = self._running
        feeding = asyncio.create_task(self._feed(scope, receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while piece := await _read(running):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await running.wait()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            feeding.cancel()
            self._waits.close()
            await _ended(running)

    async def _feed(self, scope: Scope, receive: Receive) -> None:
        await _fed(Request(scope, receive), self._running)
        while (await receive())["type"] != "http.disconnect":
            pass
        self._waits.close()


async def _read(running: asyncio.subprocess.Process) -> bytes:
    return await running.stdout.read(PIECE) if running.stdout is not None else b""


async def _ended(running: asyncio.subprocess.Process) -> None:
    """Have git end where the client has gone before."""
    if running.returncode is not None:
        return
    running.terminate()
    try:
        await asyncio.wait_for(running.wait(), END_SECONDS)
    except TimeoutError:
        running.kill()


async def _fed(request: Request, running: asyncio.subprocess.Process) -> None:
    stdin = running.stdin
    if stdin is None:
        return
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if request.headers.get("content-encoding") == "gzip" else None
    try:
        async for piece in request.stream():
            left = piece
            while unpacker is not None and left:
                stdin.write(unpacker.decompress(left, PIECE))
                left = unpacker.unconsumed_tail
                await stdin.drain()
            if unpacker is None:
                stdin.write(piece)
                await stdin.drain()
    except (ConnectionError, ClientDisconnect, zlib.error) as error:
        _log.info("a push was broken off: %s", error)
    finally:
        stdin.close()
