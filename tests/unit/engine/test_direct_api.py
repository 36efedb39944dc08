"""What the engine is asked without docker-py: the same answers, the same errors, and docker-py for the rest."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from unix_engine import UPGRADED, frame, raw

from localku.engine import labels
from localku.engine.client import Engine
from localku.engine.direct_api import DirectApi
from localku.engine.engine_errors import Conflict, EngineUnavailable, NotFound
from localku.engine.spec import ContainerSpec

if TYPE_CHECKING:
    from unix_engine import UnixEngine

NETWORK = {"IPAM": {"Config": [{"Gateway": "172.20.0.1"}]}}

SCRIPT = """
import sys
from localku.engine.client import Engine
from localku.engine.spec import ContainerSpec
engine = Engine(sys.argv[1])
made = engine.containers.create(ContainerSpec("image", "one"))
engine.containers.start(made)
assert engine.containers.commit(made, "localku/x", "v1", {}) == "i1"
engine.containers.exec_detached(made, ["true"])
assert list(engine.containers.exec_apart(made, ["true"])) == [("stdout", b"out"), ("stderr", b"err")]
assert engine.containers.exec(made, ["true"]).output == b"outerr"
assert engine.images.find("none") is None
print(sorted({"docker", "http.client", "requests", "ssl", "urllib3"} & sys.modules.keys()))
"""


RUNNING_AN_APP = """
import sys, threading
from datetime import UTC, datetime
from localku.server import children
from localku.server.preloading import Preloading
Preloading().first()
from localku.engine.client import Engine
from localku.engine.endings import Endings
engine, told = Engine(sys.argv[1]), threading.Event()
endings = Endings(engine, "h1", lambda app, container: told.set(), lambda: None)
endings.start()
assert engine.networks.ensure("net", {}) == "172.20.0.1"
assert [row[-4:] for rows in engine.containers.printed("c1") for row in rows] == [b"out\\n"]
bell = engine.containers.doorbell("c1")
assert bell.wait(20)
assert engine.containers.memory("c1") is None
assert not engine.containers.out_of_memory("c2", datetime.now(UTC), datetime.now(UTC))
assert engine.containers.runnable("c1") == 1
assert engine.containers.awaited("c1")() == 3
engine.containers.set_cpu("c1", None)
engine.containers.stop("c1", 1)
engine.networks.remove("net")
assert told.wait(20)
print(sorted({"docker", "http.client", "requests", "urllib3"} & sys.modules.keys()))
"""


@pytest.fixture
def busy(server: UnixEngine) -> UnixEngine:
    """An engine that makes, starts and runs the container `c1`."""
    server.answers |= {
        "POST /containers/create": (201, {"Id": "c1"}),
        "POST /containers/c1/start": lambda handler: handler.reply(204, None),
        "POST /commit": (201, {"Id": "i1"}),
        "POST /containers/c1/exec": (201, {"Id": "e1"}),
        "POST /exec/e1/start": raw(UPGRADED, frame(1, b"out"), frame(2, b"err")),
        "GET /exec/e1/json": (200, {"ExitCode": 0}),
    }
    return server


def test_what_a_build_asks_needs_no_client_library(busy: UnixEngine) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, busy.url], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    sent = dict(busy.requests)
    assert sent["POST /containers/create"]["Image"] == "image"
    assert sent["POST /exec/e1/start"] == {"Detach": False, "Tty": False}


def test_what_running_an_app_asks_needs_no_client_library_either(server: UnixEngine) -> None:
    """With all that control imports before it runs an app; networks, streams, and what is measured."""
    died = json.dumps({"Actor": {"ID": "c1", "Attributes": {labels.APP: "uuid-1"}}}).encode() + b"\n"
    networks, heads = list[dict[str, Any]](), b"HTTP/1.0 200 OK\r\n\r\n"

    def make(handler: Any) -> None:
        networks.append({"Name": "net", "Id": "n1", "Created": "2026", **NETWORK})
        server.answers |= {"GET /networks/net": (200, NETWORK), "GET /networks": (200, networks)}
        handler.reply(201, {"Id": "n1"})

    server.answers |= {
        "POST /networks/create": make,
        "DELETE /networks/net": lambda handler: handler.reply(204, None),
        "GET /containers/c1/logs": raw(heads, frame(1, b"2026-01-01T00:00:00Z out\n")),
        "GET /events": lambda handler: raw(heads, b"" if "until" in handler.path else died)(handler),
        "GET /containers/c1/stats": (200, {"memory_stats": {}}),
        "GET /containers/c1/top": (200, {"Processes": [["7", "R"], ["8", "S"]]}),
        "POST /containers/c1/wait": (200, {"StatusCode": 3}),
        "POST /containers/c1/update": (200, {"Warnings": None}),
        "POST /containers/c1/stop": lambda handler: handler.reply(204, None),
    }
    program = [sys.executable, "-c", RUNNING_AN_APP, server.url]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert dict(server.requests)["POST /containers/c1/update"] == {"CpuPeriod": 100_000, "CpuQuota": -1}


def test_what_it_does_not_know_docker_py_is_asked_for_by_any_number_at_once(server: UnixEngine) -> None:
    server.answers["GET /containers/c1/changes"] = (200, [{"Path": "/app", "Kind": 0}])
    engine, seen = Engine(server.url), list[object]()
    assert isinstance(engine.api, DirectApi)
    askers = [threading.Thread(target=lambda: seen.append(engine.containers.diff("c1"))) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert seen == [(("/app", "changed"),)] * 4
    assert [key for key, _ in server.requests].count("GET /version") == 2, "its own, and docker-py's one client"


def test_names_are_quoted_and_the_version_of_the_engine_is_asked_for(server: UnixEngine) -> None:
    seen = list[str]()

    def note(handler: Any) -> None:
        seen.append(handler.path)
        handler.reply(201, {"Id": "c1"})

    server.answers["POST /containers/create"] = note
    server.answers["GET /images/localku/a:b%20%3F/json"] = note
    Engine(server.url).containers.create(ContainerSpec("image", "a b&c"))
    with pytest.raises(KeyError):
        Engine(server.url).images.find("localku/a:b ?")
    assert seen == ["/v1.44/containers/create?name=a+b%26c", "/v1.44/images/localku/a:b%20%3F/json"]


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]",
        b"no http\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n[]",
    ],
)
def test_half_an_answer_is_an_engine_that_went_away(server: UnixEngine, said: bytes) -> None:
    server.answers["GET /containers/c1/json"] = raw(said)
    with pytest.raises(EngineUnavailable):
        Engine(server.url).containers.inspect("c1")


def test_an_answer_in_chunks(server: UnixEngine) -> None:
    chunks = b'1\r\n{\r\n1f;x=y\r\n"StatusCode": 0, "Error": null}\r\n0\r\n\r\n'
    server.answers["POST /containers/c1/wait"] = raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks)
    assert Engine(server.url).containers.wait("c1") == 0


def test_an_engine_that_takes_too_long(server: UnixEngine) -> None:
    server.answers["POST /containers/c1/wait"] = lambda handler: handler.rfile.read(1)
    with pytest.raises(EngineUnavailable, match="it took too long"):
        Engine(server.url).containers.wait("c1", 0.05)


def test_a_stream_that_is_refused_says_why(server: UnixEngine) -> None:
    server.answers["POST /containers/c1/attach"] = (404, {"message": "No such container: c1"})
    server.answers["POST /containers/c2/attach"] = (409, {"message": "is not running"})
    containers = Engine(server.url).containers
    with pytest.raises(NotFound, match="Could not attach to the container: No such container: c1"):
        containers.attach_socket("c1")
    with pytest.raises(Conflict, match="is not running"):
        list(containers.attach("c2"))


def test_a_start_that_nobody_waits_for_goes_on_with_a_client_when_who_asked_has_ended(server: UnixEngine) -> None:
    ended, seen = threading.Event(), threading.Event()
    clients: list[str] = []

    def start(handler: Any) -> None:
        assert ended.wait(20)
        handler.connection.setblocking(False)
        try:
            clients.append(f"gone: {handler.connection.recv(1)}")
        except BlockingIOError:
            clients.append("waits")
        handler.connection.setblocking(True)
        handler.reply(204, None)
        seen.set()

    server.answers["POST /containers/c1/start"] = start
    script = "import sys; from localku.engine.client import Engine; Engine(sys.argv[1]).containers.start_aside('c1')"
    subprocess.run([sys.executable, "-c", script, server.url], check=True, capture_output=True, timeout=20)
    ended.set()
    assert seen.wait(20)
    assert clients == ["waits"]


def test_output_is_asked_for_once_and_not_from_the_engines_log_too(server: UnixEngine) -> None:
    asked: list[dict[str, list[str]]] = []

    def attached(handler: Any) -> None:
        asked.append(parse_qs(urlsplit(handler.path).query))
        raw(UPGRADED, frame(1, b"234\n"))(handler)

    server.answers["POST /containers/c1/attach"] = attached
    assert list(Engine(server.url).containers.attach("c1")) == [("stdout", b"234\n")]
    assert asked == [{"stdout": ["1"], "stderr": ["1"], "stream": ["1"]}]


def test_a_two_way_stream_takes_and_gives(server: UnixEngine) -> None:
    def echo(handler: Any) -> None:
        handler.wfile.write(UPGRADED)
        handler.wfile.write(frame(1, handler.rfile.readline()))
        handler.hang_up()

    server.answers["POST /containers/c1/attach"] = echo
    stream = Engine(server.url).containers.attach_socket("c1")
    stream.send(b"to and fro\n")
    assert list(stream.frames()) == [(1, b"to and fro\n")]
