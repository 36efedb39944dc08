"""What clients may ask of the server about an app, and who keeps it up."""

import threading

import pytest
from test_ports_of_apps import Ports

from localku.context import Context
from localku.control.messages import Bring, Brought
from localku.errors import LocalkuError
from localku.records import App
from localku.server.apps import bringing_up
from localku.server.apps.bringing_up import BringingUp
from localku.server.apps.ports_of_apps import AppPorts
from localku.states import Wanted
from localku.telling import Say


class Runners:
    """Runs what shall run, and stops it at once; `stuck` never stops."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.apps: set[str] = set()
        self.stuck = False
        self.over = lambda _uuid: None

    def resume(self) -> None:
        self.look()

    def look(self) -> None:
        self.apps |= {app.uuid for app in self._context.store.apps.all() if app.shall_run}

    def stop(self, uuid: str, say: Say) -> None:
        if not self.stuck and uuid in self.apps:
            say("stopping")
            self.apps.discard(uuid)

    def wait(self, uuid: str, _seconds: float) -> bool:
        return uuid not in self.apps

    def admit(self, uuid: str) -> None:
        """It may run again."""

    def settle(self, uuid: str) -> None:
        """It stops at once."""

    def running(self) -> tuple[str, ...]:
        return tuple(self.apps)


@pytest.fixture
def runners(context: Context) -> Runners:
    return Runners(context)


@pytest.fixture
def ports() -> Ports:
    return Ports()


@pytest.fixture
def desk(context: Context, runners: Runners, ports: Ports) -> BringingUp:
    return BringingUp(context, runners, AppPorts(context, ports))  # type: ignore[arg-type]


def quiet(_line: str) -> None:
    """Nobody listens."""


def wanted(context: Context, app: App) -> Wanted:
    return context.store.apps.by_id(app.id).wanted


def test_a_lease_keeps_the_app_up_until_it_ends(context: Context, app: App, desk: BringingUp, runners: Runners) -> None:
    assert desk.bring(Bring(app.uuid, 48500, lease=True), quiet) == Brought(48500, attached=False)
    assert (wanted(context, app), runners.running()) == (Wanted.LEASED, (app.uuid,))
    said: list[str] = []
    desk.let_go(app.uuid, said.append)
    assert (wanted(context, app), runners.running(), said) == (Wanted.DOWN, (), ["stopping"])


def test_a_second_lease_is_attached_and_ends_nothing(context: Context, app: App, desk: BringingUp) -> None:
    desk.bring(Bring(app.uuid, 48500, lease=True), quiet)
    assert desk.bring(Bring(app.uuid, lease=True), quiet) == Brought(48500, attached=True)


def test_an_app_that_stays_up_is_nobodys_lease(context: Context, app: App, desk: BringingUp) -> None:
    desk.bring(Bring(app.uuid, 48500), quiet)
    assert wanted(context, app) is Wanted.UP
    assert desk.bring(Bring(app.uuid, lease=True), quiet).attached
    desk.let_go(app.uuid, quiet)
    assert wanted(context, app) is Wanted.UP


def test_who_wants_a_leased_app_to_stay_up_has_it_stay(context: Context, app: App, desk: BringingUp) -> None:
    desk.bring(Bring(app.uuid, 48500, lease=True), quiet)
    desk.bring(Bring(app.uuid), quiet)
    desk.let_go(app.uuid, quiet)
    assert wanted(context, app) is Wanted.UP


def test_how_often_dynos_cycle_is_kept(context: Context, app: App, desk: BringingUp) -> None:
    desk.bring(Bring(app.uuid, 48500, cycle_every=300.0), quiet)
    assert context.store.apps.by_id(app.id).cycle_every == 300.0
    desk.bring(Bring(app.uuid), quiet)
    assert context.store.apps.by_id(app.id).cycle_every is None


def test_the_end_of_an_app_is_heard_and_gives_its_port_back(
    context: Context, app: App, desk: BringingUp, ports: Ports
) -> None:
    desk.bring(Bring(app.uuid, 48500, lease=True), quiet)
    ended = desk.ended(app.uuid)
    assert not ended.is_set()
    desk.is_over(app)
    assert (ended.is_set(), ports.closed) == (True, [48500])
    desk.bring(Bring(app.uuid, lease=True), quiet)
    assert not desk.ended(app.uuid).is_set()


def test_what_does_not_stop_is_told(app: App, desk: BringingUp, runners: Runners) -> None:
    desk.bring(Bring(app.uuid, 48500), quiet)
    runners.stuck = True
    with pytest.raises(LocalkuError) as raised:
        desk.take_down(app.uuid, quiet)
    assert raised.value.message == "The engine did not stop the dynos of one within 75 seconds."


def test_after_a_kill_a_lease_goes_on_with_its_client_and_ends_without(
    context: Context, app: App, runners: Runners, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing_up, "RETURN_SECONDS", 0.2)
    other = context.store.apps.create("two", None, context.clock.now())
    for one, port in ((app, 48500), (other, 48501)):
        context.store.apps.want(one, Wanted.LEASED)
        context.store.apps.set_port(one, port)
    after = BringingUp(context, runners, AppPorts(context, ports))  # type: ignore[arg-type]
    after.resume()
    assert (sorted(runners.running()), sorted(ports.taken)) == (sorted((app.uuid, other.uuid)), [48500, 48501])
    assert after.bring(Bring(app.uuid, lease=True), quiet) == Brought(48500, attached=False)
    over = threading.Event()
    while wanted(context, other) is Wanted.LEASED:
        over.wait(0.05)
    assert (wanted(context, app), wanted(context, other)) == (Wanted.LEASED, Wanted.DOWN)
