import os
import shutil
import socket
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
import requests.exceptions
import urllib3.exceptions
from unix_engine import UnixEngine

from localku.engine.client import Engine
from localku.engine.engine_errors import Conflict, DiskFull, EngineUnavailable, NotFound, explained
from localku.engine.spec import ContainerSpec
from localku.errors import Kind, LocalkuError, worded

START = "Start it (Docker Desktop, `systemctl start docker`), or let `localku doctor --fix` do it."


def refused(error: BaseException) -> LocalkuError:
    with pytest.raises(LocalkuError) as raised, explained("Could not try"):
        raise error
    return raised.value


def test_where_there_is_no_socket_the_way_to_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable) as raised:
        Engine(f"unix://{tmp_path}/none.sock").containers  # noqa: B018
    assert raised.value.message == "No Docker engine answers: Could not connect: nothing listens at its socket"
    assert worded(raised.value.hint) == START
    assert raised.value.kind is Kind.UNAVAILABLE


def test_a_socket_nobody_listens_on_is_the_same(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "docker.sock"))
    with pytest.raises(EngineUnavailable, match="nothing listens at its socket"):
        Engine(f"unix://{tmp_path}/docker.sock").facts  # noqa: B018


def test_a_socket_of_another_user_names_the_group() -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    server = UnixEngine(folder / "docker.sock")
    (folder / "docker.sock").chmod(0o600)
    before = os.geteuid()
    os.seteuid(65534)
    try:
        with pytest.raises(EngineUnavailable) as raised:
            Engine(server.url).facts  # noqa: B018
    finally:
        os.seteuid(before)
        server.stop()
        shutil.rmtree(folder)
    assert "this user may not open its socket (join the group `docker`, or use sudo)" in raised.value.message


def test_a_connection_that_breaks_off_is_an_engine_that_went_away(server: UnixEngine) -> None:
    engine = Engine(server.url)
    server.answers["GET /containers/c1/json"] = lambda handler: handler.hang_up()
    with pytest.raises(EngineUnavailable) as raised:
        engine.containers.inspect("c1")
    assert raised.value.message == (
        "No Docker engine answers: Could not look at the container: the connection broke off"
    )


def test_output_that_breaks_off_in_the_middle_is_one_too(server: UnixEngine) -> None:
    def half(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.send_header("X-Docker-Container-Path-Stat", "e30=")
        handler.end_headers()
        handler.wfile.write(b"half of it")
        handler.hang_up()

    server.answers["GET /containers/c1/archive"] = half
    with pytest.raises(EngineUnavailable, match="Could not copy /app out of the container: the connection broke off"):
        list(Engine(server.url).containers.get("c1", "/app"))


def test_404_is_not_found(server: UnixEngine) -> None:
    server.answers["GET /containers/c1/json"] = (404, {"message": "No such container: c1"})
    with pytest.raises(NotFound) as raised:
        Engine(server.url).containers.inspect("c1")
    assert raised.value.message == "Could not look at the container: No such container: c1"


def test_409_is_a_conflict(server: UnixEngine) -> None:
    server.answers["POST /containers/create"] = (409, {"message": 'The name "/x" is already in use'})
    with pytest.raises(Conflict) as raised:
        Engine(server.url).containers.create(ContainerSpec("image", "x"))
    assert raised.value.message == 'Could not create the container x: The name "/x" is already in use'


def test_no_space_left_is_a_full_disk_whatever_was_tried(server: UnixEngine) -> None:
    server.answers["POST /commit"] = (500, {"message": "write /var/lib/docker/x: no space left on device"})
    with pytest.raises(DiskFull) as raised:
        Engine(server.url).containers.commit("c1", "localku/x", "v1", {})
    assert raised.value.message == "Could not save the image: the engine's disk is full."
    assert "docker system df" in worded(raised.value.hint)


def test_any_other_refusal_is_passed_on(server: UnixEngine) -> None:
    server.answers["POST /containers/c1/start"] = (500, {"message": "driver failed programming external connectivity"})
    with pytest.raises(LocalkuError) as raised:
        Engine(server.url).containers.start("c1")
    assert type(raised.value) is LocalkuError
    assert raised.value.message == (
        "Could not start the container: the engine says: driver failed programming external connectivity"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "[Errno 104] Connection reset by peer"),
        (BrokenPipeError(32, "Broken pipe"), "[Errno 32] Broken pipe"),
        (EOFError("end"), "end"),
        (urllib3.exceptions.ProtocolError("Connection broken: IncompleteRead"), "the connection broke off"),
        (requests.exceptions.ReadTimeout("UnixHTTPConnectionPool: Read timed out."), "it took too long"),
        (TimeoutError("timed out"), "it took too long"),
    ],
)
def test_what_the_network_raises_is_an_engine_that_went_away(error: Exception, said: str) -> None:
    found = refused(error)
    assert isinstance(found, EngineUnavailable)
    assert found.message == f"No Docker engine answers: Could not try: {said}"


@pytest.mark.parametrize("error", [ValueError("ours"), NotFound("Gone."), KeyboardInterrupt()])
def test_anything_else_is_let_through(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, explained("Could not try"):
        raise error
    assert raised.value is error


@pytest.mark.parametrize("status", [404, 409])
def test_killing_what_is_gone_is_no_error(server: UnixEngine, status: int) -> None:
    server.answers["POST /containers/c1/kill"] = (status, {"message": "is not running"})
    Engine(server.url).containers.kill("c1")
    assert [key for key, _ in server.requests if "c1" in key] == ["POST /containers/c1/kill"]


def test_removing_what_is_gone_is_no_error(server: UnixEngine) -> None:
    server.answers["DELETE /containers/c1"] = (404, {"message": "No such container"})
    Engine(server.url).containers.remove("c1")
    assert [key for key, _ in server.requests if "c1" in key] == ["DELETE /containers/c1"]


@pytest.mark.parametrize("answer", [(200, {"StatusCode": 0}), (404, {"message": "No such container"})])
def test_what_somebody_else_is_removing_is_gone_when_remove_returns(
    server: UnixEngine, answer: tuple[int, dict[str, object]]
) -> None:
    server.answers["DELETE /containers/c1"] = (409, {"message": "removal of container c1 is already in progress"})
    server.answers["POST /containers/c1/wait"] = answer
    Engine(server.url).containers.remove("c1")
    assert [key for key, _ in server.requests if "c1" in key] == ["DELETE /containers/c1", "POST /containers/c1/wait"]


def test_who_removes_aside_does_not_wait_for_it(server: UnixEngine) -> None:
    returned, answered = threading.Event(), threading.Event()
    in_time: list[bool] = []

    def remove(request: Any) -> None:
        in_time.append(returned.wait(10))
        request.reply(500, {"message": "device or resource busy"})
        answered.set()

    server.answers["DELETE /containers/c1"] = remove
    Engine(server.url).containers.remove_aside("c1")
    returned.set()
    assert answered.wait(10)
    assert in_time == [True]


def test_an_image_in_use_stays_and_one_that_is_gone_is_no_error(server: UnixEngine) -> None:
    images = Engine(server.url).images
    server.answers["DELETE /images/localku/x:v1"] = (409, {"message": "image is being used by running container"})
    server.answers["DELETE /images/localku/x:v2"] = (404, {"message": "No such image"})
    server.answers["DELETE /images/localku/x:v3"] = (200, [])
    assert [images.remove(f"localku/x:v{n}") for n in (1, 2, 3)] == [False, True, True]


def test_a_pull_that_the_registry_refuses_is_not_found(server: UnixEngine) -> None:
    server.answers["POST /images/create"] = (200, {"error": "manifest for heroku/heroku:99 not found"})
    with pytest.raises(NotFound, match="Could not pull heroku/heroku:99: manifest for heroku/heroku:99 not found"):
        Engine(server.url).images.pull("heroku/heroku", "99", lambda _step, _done: None)
