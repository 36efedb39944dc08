"""The server's processes: each of them may be killed, and the sockets stay; with the parent all end."""

from __future__ import annotations

import errno
import os
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from server_kit import Running, answer, free_port, is_alive, ready, running, until

from localku.control import bell, family_record, server_address, server_client
from localku.control.control_connection import Connection
from localku.control.messages import Bring, Brought, Hello
from localku.control.server_program import log_text
from localku.server.parent import family
from localku.server.parent.held_ports import HeldPorts
from localku.server.parent.port_duties import PortDuties


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def server(home: Path) -> Iterator[Running]:
    with ready(home) as found:
        yield found


def opened(server: Running) -> int:
    """A port that the router serves."""
    port = free_port()
    with server.client() as client:
        assert client.bring(Bring("a", port), print) == Brought(port)
    return port


def is_stopped(task: Path) -> bool:
    return (task / "stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_a_port_is_served_by_the_router_and_by_no_other_process(server: Running) -> None:
    assert answer(opened(server)) == server.pid("router")


def test_control_serves_while_the_parent_prepares_for_the_others(home: Path) -> None:
    (home / "hold").touch()
    port = free_port()
    with running(home) as server:
        with until(lambda: server_client.connect(home)) as client:
            assert client.bring(Bring("a", port), print) == Brought(port)
        assert [server.processes()[name].pid for name in ("router", "logs")] == [None, None]
        waiting = socket.create_connection(("127.0.0.1", port), timeout=20)
        (home / "hold").unlink()
        with waiting:
            served_by = int(waiting.recv(20))
        with server.client() as client:
            found = {one.name: one.pid for one in client.status().processes}
        assert found["router"] == served_by
        assert None not in found.values()


def test_a_server_that_still_prepares_can_be_told_to_end(home: Path) -> None:
    (home / "hold").touch()
    with running(home) as server:
        with until(lambda: server_client.connect(home)) as client:
            client.end(dynos=False, say=print)
        assert server.process.wait(20) == 0
    assert "router has started" not in log_text(home)


def test_a_killed_router_comes_back_and_whoever_connects_meanwhile_is_served(server: Running) -> None:
    port, before = opened(server), server.pid("router")
    os.kill(before, signal.SIGSTOP)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as waiting:
        os.kill(before, signal.SIGKILL)
        assert int(waiting.recv(20)) not in {before, 0}
    assert answer(port) == until(lambda: server.pid("router") != before and server.pid("router"))
    assert server.processes()["router"].restarts == 1


def test_a_killed_control_comes_back_and_whoever_asks_meanwhile_is_answered(server: Running) -> None:
    port, before, router = opened(server), server.pid("control"), server.pid("router")
    os.kill(before, signal.SIGSTOP)
    until(lambda: all(is_stopped(task) for task in Path(f"/proc/{before}/task").iterdir()))
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(str(server_address.socket_file(server.home)))
    os.kill(before, signal.SIGKILL)
    early = Connection(waiting)
    early.send(server_client.hello())
    greeted = early.receive(20)
    assert isinstance(greeted, Hello)
    assert greeted.pid == until(lambda: (pid := server.pid("control")) != before and pid)
    early.close()
    with server.client() as client:
        assert client.bring(Bring("a", port), print) == Brought(port)
    assert answer(port) == router


def test_killed_logs_come_back_and_leave_the_others_in_peace(server: Running) -> None:
    others = [server.pid(name) for name in ("parent", "control", "router")]
    server.kill("logs")
    assert [server.pid(name) for name in ("parent", "control", "router")] == others


def test_who_dies_three_times_in_a_minute_stays_down(server: Running) -> None:
    for _ in range(2):
        server.kill("logs")
    os.kill(server.pid("logs"), signal.SIGKILL)
    until(lambda: server.processes()["logs"].is_down)
    with server.client() as client:
        found = {one.name: one for one in client.status().processes}
    assert (found["logs"].is_down, found["logs"].pid, found["logs"].restarts) == (True, None, 2)
    assert "logs has died 3 times in a minute, and stays down" in log_text(server.home)


def test_where_control_stays_down_nobody_waits_for_it(server: Running) -> None:
    for _ in range(2):
        server.kill("control")
    os.kill(server.pid("control"), signal.SIGKILL)
    until(lambda: server.processes()["control"].is_down)
    assert server_client.connect(server.home) is None


def test_with_the_parent_all_end(server: Running) -> None:
    pids = [server.pid(name) for name in ("control", "router", "logs")]
    server.process.kill()
    until(lambda: not any(map(is_alive, pids)))
    with ready(server.home) as new:
        assert answer(opened(new)) == new.pid("router")


def test_a_port_that_is_closed_can_be_opened_by_others(server: Running) -> None:
    port = opened(server)
    with server.client() as client:
        client.take_down(str(port), print)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))


def test_who_has_connected_to_a_port_that_closes_while_its_router_dies_is_answered_by_the_next(server: Running) -> None:
    port, before = opened(server), server.pid("router")
    os.kill(before, signal.SIGSTOP)
    until(lambda: is_stopped(Path(f"/proc/{before}")))
    with socket.create_connection(("127.0.0.1", port), timeout=20) as waiting, ThreadPoolExecutor(1) as pool:
        with server.client() as client:
            closed = pool.submit(client.take_down, str(port), print)
            time.sleep(0.3)
            assert not closed.done()
            os.kill(before, signal.SIGKILL)
            assert int(waiting.recv(20)) == until(lambda: (pid := server.pid("router")) != before and pid)
            closed.result(20)
        until(lambda: is_refused(port))


def test_a_port_is_closed_though_its_router_stays_down(server: Running) -> None:
    port = opened(server)
    for _ in range(2):
        server.kill("router")
    os.kill(server.pid("router"), signal.SIGKILL)
    until(lambda: server.processes()["router"].is_down)
    with server.client() as client:
        client.take_down(str(port), print)
    assert is_refused(port)


def test_a_port_that_is_about_to_close_is_opened_again_when_it_has(server: Running) -> None:
    port, router = opened(server), server.pid("router")
    os.kill(router, signal.SIGSTOP)
    server.kill("control")
    with ThreadPoolExecutor(1) as pool, server.client() as client:
        client.take_down("all", print)
        again = pool.submit(client.bring, Bring("a", port), print)
        time.sleep(0.3)
        assert not again.done()
        os.kill(router, signal.SIGCONT)
        assert again.result(20) == Brought(port)
    assert answer(port) == router


def test_ports_that_a_new_control_does_not_need_are_closed(server: Running) -> None:
    port = opened(server)
    server.kill("control")
    assert answer(port) == server.pid("router")
    with server.client() as client:
        client.take_down("all", print)
        until(lambda: is_refused(port))
        assert client.bring(Bring("a", port), print) == Brought(port)
    assert answer(port) == server.pid("router")


def is_refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_of_others_is_not_opened(server: Running) -> None:
    said: list[str] = []
    with socket.socket() as other, server.client() as client:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        client.bring(Bring("a", port), said.append)
    assert said == [f"Port {port} is in use"]


def test_the_bell_is_heard(server: Running) -> None:
    bell.ring(server.home, "0d9f")
    until(lambda: "rung 0d9f" in server.notes())


@pytest.mark.parametrize(("dynos", "notes"), [(False, ["left all"]), (True, ["stopped all", "left all"])])
def test_the_server_ends_when_it_is_told(server: Running, *, dynos: bool, notes: list[str]) -> None:
    pids = [server.pid(name) for name in ("control", "router", "logs")]
    with server.client() as client:
        client.end(dynos=dynos, say=print)
    assert server.process.wait(20) == 0
    assert not any(map(is_alive, pids))
    assert server.notes() == notes
    assert server_client.connect(server.home) is None
    assert not server_address.socket_file(server.home).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_parent_stops_the_dynos(server: Running, number: signal.Signals) -> None:
    server.process.send_signal(number)
    assert server.process.wait(20) == 0
    assert server.notes() == ["stopped all", "left all"]


def test_a_lease_lasts_as_long_as_its_connection(server: Running) -> None:
    with server.client() as client:
        client.bring(Bring("a", free_port(), lease=True), print)
        assert server.notes() == ["up a"]
    until(lambda: server.notes() == ["up a", "down a"])


def test_a_lease_that_is_given_back_is_told_how_it_ends(server: Running) -> None:
    said: list[str] = []
    with server.client() as client:
        client.bring(Bring("a", free_port(), lease=True), print)
        client.let_go()
        client.follow(said.append)
    assert said == ["Stopping a"]


def test_a_lease_is_hung_up_on_when_the_app_goes_down_otherwise(server: Running) -> None:
    port = free_port()
    with server.client() as client, server.client() as other:
        client.bring(Bring(str(port), port, lease=True), print)
        other.take_down(str(port), print)
        client.follow(print)
    assert server.notes() == [f"up {port}", f"taken down {port}"]


def test_status_tells_of_every_process(server: Running) -> None:
    with server.client() as client:
        found = client.status()
    assert [one.name for one in found.processes] == ["parent", "control", "router", "logs"]
    assert all(one.memory for one in found.processes)
    assert found.home == str(server.home)
    assert (found.by_name, found.is_busy) == (True, True)


def test_where_there_is_no_room_for_a_process_the_others_live(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room() -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", no_room)
    monkeypatch.setattr(family, "PAUSE", 0)
    ports, told = HeldPorts(), []
    parent = family.Family({"logs": lambda _: None}, PortDuties(ports, (), lambda: None, told.append))
    child = parent.child("logs")
    assert child is not None
    before = len(list(Path("/proc/self/fd").iterdir()))
    parent._start(child)
    assert child.is_down
    assert [one.is_down for one in told[-1]] == [False, True]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_what_was_written_of_a_server_that_is_gone_is_no_error(home: Path) -> None:
    assert family_record.read(home) == ()
