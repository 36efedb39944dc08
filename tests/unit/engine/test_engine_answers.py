import hashlib
import json
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from unix_engine import UnixEngine

from localku.engine import quick
from localku.engine.client import Engine
from localku.engine.engine_errors import Conflict, EngineUnavailable

ROW: dict[str, Any] = {
    "Id": "c1",
    "Name": "/localku-one-web.1",
    "Config": {"Image": "localku/one:v3", "Labels": {"org.localku.dyno": "web.1"}},
    "State": {"Status": "exited", "Running": False, "ExitCode": 137, "OOMKilled": True, "StartedAt": "x", "Error": ""},
    "NetworkSettings": {
        "Networks": {"net": {"IPAddress": "172.18.0.2"}},
        "Ports": {"4711/tcp": [{"HostIp": "127.0.0.1", "HostPort": "49153"}], "9/udp": None},
    },
}


def use_context(folder: Path, name: str, host: str) -> None:
    """Write what `docker context create NAME` and `docker context use NAME` write."""
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": False}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))


def image_exists(server: UnixEngine, monkeypatch: pytest.MonkeyPatch) -> bool | None:
    monkeypatch.setenv("DOCKER_HOST", server.url)
    return quick.image_exists("localku/one:v3")


@pytest.mark.parametrize(("status", "answer"), [(200, True), (404, False), (500, None), (503, None)])
def test_quick_knows_an_image_or_leaves_it_to_others(
    server: UnixEngine, monkeypatch: pytest.MonkeyPatch, status: int, answer: bool | None
) -> None:
    server.answers["GET /images/localku/one:v3/json"] = (status, {})
    assert image_exists(server, monkeypatch) is answer


def test_quick_gives_up_on_a_connection_that_breaks_off(server: UnixEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers["GET /images/localku/one:v3/json"] = lambda handler: handler.hang_up()
    assert image_exists(server, monkeypatch) is None


def test_quick_gives_up_on_an_engine_that_hangs(server: UnixEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "SECONDS", 0.05)
    server.answers["GET /images/localku/one:v3/json"] = lambda handler: handler.rfile.read(1)
    assert image_exists(server, monkeypatch) is None


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:1", "ssh://somewhere", "unix:///nowhere/docker.sock"])
def test_quick_leaves_engines_elsewhere_to_others(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert quick.image_exists("localku/one:v3") is None


def test_quick_leaves_another_docker_context_to_others(
    server: UnixEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "DEFAULT_SOCKET", str(server.path))
    server.answers["GET /images/localku/one:v3/json"] = (200, {})
    assert quick.image_exists("localku/one:v3") is True
    use_context(tmp_path / "docker-config", "colima", "unix:///somewhere/else.sock")
    assert quick.image_exists("localku/one:v3") is None


def test_the_engine_is_where_the_current_docker_context_points(server: UnixEngine, tmp_path: Path) -> None:
    use_context(tmp_path / "docker-config", "colima", server.url)
    server.answers["GET /containers/c1/json"] = (200, ROW)
    assert Engine().containers.inspect("c1").name == "localku-one-web.1"


def test_docker_host_beats_the_context(server: UnixEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_context(tmp_path / "docker-config", "colima", "unix:///nowhere.sock")
    monkeypatch.setenv("DOCKER_HOST", server.url)
    server.answers["GET /containers/c1/json"] = (200, ROW)
    assert Engine().containers.inspect("c1").id == "c1"


def test_a_context_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "lost")
    with pytest.raises(EngineUnavailable, match="there is no docker context lost"):
        Engine().containers  # noqa: B018


def test_has_image_asks_docker_py_where_quick_does_not_know(server: UnixEngine) -> None:
    server.answers["GET /images/localku/one:v3/json"] = (200, {"Id": "i1", "RepoTags": None, "Size": 1})
    engine = Engine(server.url)
    assert engine.has_image("localku/one:v3")
    assert not engine.has_image("localku/one:v4")


def test_a_container_is_read_whole(server: UnixEngine) -> None:
    server.answers["GET /containers/c1/json"] = (200, ROW)
    found = Engine(server.url).containers.inspect("c1")
    assert (found.name, found.image, found.labels) == (
        "localku-one-web.1",
        "localku/one:v3",
        {"org.localku.dyno": "web.1"},
    )
    assert (found.status, found.running, found.exit_status, found.oom_killed) == ("exited", False, 137, True)
    assert (found.address, found.published) == ("172.18.0.2", {4711: ("127.0.0.1", 49153)})


def test_a_container_without_a_network_or_labels_is_read_too(server: UnixEngine) -> None:
    bare = {**ROW, "Config": {"Image": "x", "Labels": None}, "NetworkSettings": {"Networks": {"n": {"IPAddress": ""}}}}
    server.answers["GET /containers/c1/json"] = (200, bare)
    found = Engine(server.url).containers.inspect("c1")
    assert (found.address, found.published, found.labels) == (None, {}, {})


def test_a_container_that_goes_while_they_are_listed_is_left_out(server: UnixEngine) -> None:
    server.answers["GET /containers/json"] = (200, [{"Id": "c1"}, {"Id": "gone"}])
    server.answers["GET /containers/c1/json"] = (200, ROW)
    assert [found.id for found in Engine(server.url).containers.find({"a": "b"})] == ["c1"]


def test_only_the_chosen_of_a_list_are_asked_for(server: UnixEngine) -> None:
    rows = [
        {"Id": "c1", "Names": ["/one"], "Labels": {"a": "b"}},
        {"Id": "c2", "Names": ["/two"], "Labels": None},
        {"Id": "c3", "Names": None},
    ]
    server.answers["GET /containers/json"] = (200, rows)
    seen = list[tuple[str, dict[str, str]]]()

    def chosen(name: str, labels: Any) -> bool:
        seen.append((name, labels))
        return name == "two"

    assert Engine(server.url).containers.find({"a": "b"}, chosen) == ()
    assert seen == [("one", {"a": "b"}), ("two", {}), ("", {})]
    assert [key for key, _ in server.requests if key.endswith("/json")][1:] == ["GET /containers/c2/json"]


def test_the_facts_of_an_engine(server: UnixEngine) -> None:
    server.answers["GET /info"] = (
        200,
        {
            "OperatingSystem": "Debian",
            "Driver": "overlay2",
            "CgroupVersion": "2",
            "NCPU": 2,
            "MemTotal": 8,
            "DockerRootDir": "/d",
        },
    )
    engine = Engine(server.url)
    assert (engine.facts.version, engine.facts.platform, engine.facts.cgroup) == ("27.0", "Docker Engine", "2")
    assert engine.shares_host_network


def test_docker_desktop_does_not_share_the_network(server: UnixEngine) -> None:
    server.answers["GET /info"] = (200, {"OperatingSystem": "Docker Desktop"})
    assert not Engine(server.url).shares_host_network


def test_the_gateway_of_a_network_that_another_process_made_first(server: UnixEngine) -> None:
    network = {"IPAM": {"Config": [{"Gateway": "172.18.0.1/16"}]}}

    def made_meanwhile(handler: Any) -> None:
        server.answers["GET /networks/net"] = (200, network)
        handler.reply(409, {"message": "network with name net already exists"})

    server.answers["POST /networks/create"] = made_meanwhile
    server.answers["GET /networks/net"] = (404, {"message": "no such network"})
    assert Engine(server.url).networks.ensure("net", {}) == "172.18.0.1"


def test_pull_tells_the_fraction_only_where_there_is_one(server: UnixEngine) -> None:
    events = [
        {"status": "Pulling fs layer", "progressDetail": {}},
        {"status": "Downloading", "progressDetail": {"current": 5, "total": 10}},
        {"status": "Downloading", "progressDetail": {"total": 10}},
        {"status": "Extracting", "progressDetail": {"current": 1, "units": "s"}},
    ]

    def stream(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for raw in (*(json.dumps(event).encode() + b"\r\n" for event in events), b""):
            handler.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")

    server.answers["POST /images/create"] = stream
    heard: list[tuple[str, float | None]] = []
    Engine(server.url).images.pull("heroku/heroku", "24", lambda step, done: heard.append((step, done)))
    assert heard == [("Pulling fs layer", None), ("Downloading", 0.5), ("Downloading", 0.0), ("Extracting", None)]


def framed(text: bytes, stream: int = 1) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
@pytest.mark.parametrize("chunked", [True, False])
def test_output_comes_as_whole_frames_however_it_is_sent(server: UnixEngine, size: int, chunked: bool) -> None:
    frames = [framed(b"2024-06-05T11:12:35.250000000Z %d\r\n" % number, 1 + number % 2) for number in range(50)]
    asked: list[str] = []

    def logs(handler: Any) -> None:
        asked.append(handler.path)
        body = b"".join(frames)
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked") if chunked else handler.send_header(
            "Content-Length", str(len(body))
        )
        handler.end_headers()
        for piece in (body[at : at + size] for at in range(0, len(body), size)):
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        handler.wfile.write(b"0\r\n\r\n" * chunked)

    server.answers["GET /containers/c1/logs"] = logs
    moment = datetime(2024, 6, 5, 11, 12, 35, 250000, tzinfo=UTC)
    found = Engine(server.url).containers.printed("c1", tail=9, since=moment)
    assert [frame for some in found for frame in some] == frames
    for parameter in ("timestamps=1", "tail=9", f"since={moment.timestamp():.6f}", "stdout=1", "stderr=1"):
        assert parameter in asked[0]


def test_a_doorbell_rings_for_output_and_is_over_at_its_end(server: UnixEngine) -> None:
    go = threading.Event()

    def logs(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        go.wait(10)
        handler.wfile.write(framed(b"x\n"))
        handler.close_connection = True

    server.answers["GET /containers/c1/logs"] = logs
    doorbell = Engine(server.url).containers.doorbell("c1")
    began = time.monotonic()
    doorbell.wait(0.05)
    assert time.monotonic() - began >= 0.05
    assert not doorbell.over
    go.set()
    while not doorbell.over:
        doorbell.wait(5)


def test_a_doorbell_that_is_let_go_is_over(server: UnixEngine) -> None:
    go = threading.Event()

    def logs(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        go.wait(10)

    server.answers["GET /containers/c1/logs"] = logs
    doorbell = Engine(server.url).containers.doorbell("c1")
    doorbell.hang_up()
    assert doorbell.over
    go.set()


def test_a_command_that_cannot_start_in_a_container_that_ends_is_a_conflict(server: UnixEngine) -> None:
    def refused(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        time.sleep(0.1)  # what comes with the head is taken for a part of it
        handler.wfile.write(b"OCI runtime exec failed: exec failed: cannot exec in a stopped state: unknown\r\n")
        handler.hang_up()

    server.answers["POST /containers/c1/exec"] = (201, {"Id": "e1"})
    server.answers["POST /exec/e1/start"] = refused
    containers = Engine(server.url).containers
    for run in (
        lambda: list(containers.exec_apart("c1", ["true"])),
        lambda: containers.exec_with_input("c1", ["cat"], b"x"),
    ):
        with pytest.raises(Conflict, match="it was just ending"):
            run()


@pytest.mark.parametrize(
    ("ident", "seen", "removed"), [("2", [["1", "2"]], ["2"]), ("1", [["1", "2"], ["1"]], []), ("1", [["1"]], [])]
)
def test_of_two_networks_of_one_name_the_older_stays(
    server: UnixEngine, ident: str, seen: list[list[str]], removed: list[str]
) -> None:
    network, gone = {"IPAM": {"Config": [{"Gateway": "172.18.0.1/16"}]}}, list[str]()

    def made(handler: Any) -> None:
        server.answers["GET /networks/net"] = (200, network)
        handler.reply(201, {"Id": ident})

    def listed(handler: Any) -> None:
        names = seen.pop(0)
        handler.reply(200, [{"Name": "net", "Id": one, "Created": f"2026-01-0{one}T00:00:00Z"} for one in names])

    def remove(handler: Any) -> None:
        gone.append(ident)
        handler.reply(204, {})

    server.answers["GET /networks/net"] = (404, {"message": "no such network"})
    server.answers["POST /networks/create"] = made
    server.answers["GET /networks"] = listed
    server.answers[f"DELETE /networks/{ident}"] = remove
    assert Engine(server.url).networks.ensure("net", {}) == "172.18.0.1"
    assert (gone, seen) == (removed, [])


def learned(engine: Engine) -> Engine:
    engine.learn_facts()
    for thread in threading.enumerate():
        if thread.name == "facts":
            thread.join(20)
    return engine


def test_facts_that_were_learned_ahead_are_asked_for_once(server: UnixEngine) -> None:
    server.answers["GET /info"] = (200, {"NCPU": 3})
    engine = learned(Engine(server.url))
    server.answers["GET /info"] = (500, {"message": "asked again"})
    assert engine.facts.cpus == 3


def test_an_engine_that_is_away_tells_whoever_asks_next_and_is_asked_again(tmp_path: Path) -> None:
    engine = learned(Engine(f"unix://{tmp_path}/late.sock"))
    with pytest.raises(EngineUnavailable):
        _ = engine.facts
    late = UnixEngine(tmp_path / "late.sock")
    late.answers["GET /info"] = (200, {"NCPU": 3})
    assert engine.facts.cpus == 3
    late.stop()
