"""The router's port of each app: given once, remembered, and moved only where it has to be, with a word."""

import pytest

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.records import App
from localku.server.apps.ports_of_apps import TRIED, AppPorts


class Ports:
    """The machine's, of which some are somebody else's."""

    def __init__(self, *taken: int) -> None:
        self.taken = set(taken)
        self.closed: list[int] = []

    def open(self, number: int) -> bool:
        free = number not in self.taken
        self.taken.add(number)
        return free

    def keep(self, numbers: tuple[int, ...]) -> None:
        self.taken &= set(numbers)

    def close(self, number: int) -> None:
        self.taken.discard(number)
        self.closed.append(number)


def kept(context: Context, app: App) -> int | None:
    return context.store.apps.by_id(app.id).port


def again(context: Context, app: App) -> App:
    return context.store.apps.by_id(app.id)


def test_the_first_app_has_5000_and_keeps_it(context: Context, app: App) -> None:
    ports = Ports()
    said: list[str] = []
    assert AppPorts(context, ports).given(app, None, said.append) == 5000
    assert (kept(context, app), said) == (5000, [])
    assert AppPorts(context, Ports()).given(again(context, app), None, said.append) == 5000


def test_one_that_somebody_else_has_is_left_to_them_with_a_word(context: Context, app: App) -> None:
    said: list[str] = []
    assert AppPorts(context, Ports(48391, 48392)).given(app, 48391, said.append) == 48393
    assert said == [
        "Port 48391 is in use by another program; trying 48392",
        "Port 48392 is in use by another program; trying 48393",
    ]


def test_another_apps_port_is_left_alone_though_that_app_is_down(context: Context, app: App) -> None:
    other = context.store.apps.create("two", None, context.clock.now())
    context.store.apps.set_port(other, 5000)
    said: list[str] = []
    assert AppPorts(context, Ports()).given(app, None, said.append) == 5001
    assert said == []


def test_one_that_is_asked_for_may_have_been_another_apps(context: Context, app: App) -> None:
    other = context.store.apps.create("two", None, context.clock.now())
    context.store.apps.set_port(other, 5000)
    assert AppPorts(context, Ports()).given(app, 5000, lambda _line: None) == 5000


def test_an_app_that_holds_a_port_is_named(context: Context, app: App) -> None:
    ports = AppPorts(context, Ports())
    other = context.store.apps.create("two", None, context.clock.now())
    said: list[str] = []
    assert ports.given(other, 5000, said.append) == 5000
    assert ports.given(app, 5000, said.append) == 5001
    assert said == ["Port 5000 is in use by the app two; trying 5001"]


def test_an_app_that_is_up_moves_when_it_is_asked_to(context: Context, app: App) -> None:
    ports = Ports()
    given = AppPorts(context, ports)
    assert given.given(app, None, lambda _line: None) == 5000
    assert given.given(app, 6000, lambda _line: None) == 6000
    assert (ports.closed, kept(context, app), given.all()) == ([5000], 6000, (6000,))
    assert given.given(again(context, app), None, lambda _line: None) == 6000


def test_a_port_is_free_for_others_when_its_app_is_down(context: Context, app: App) -> None:
    ports = Ports()
    given = AppPorts(context, ports)
    given.given(app, None, lambda _line: None)
    given.freed(app)
    assert (ports.closed, kept(context, app), given.all()) == ([5000], 5000, ())


def test_where_none_is_free_it_says_so(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError) as raised:
        AppPorts(context, Ports(*range(7000, 7000 + TRIED))).given(app, 7000, lambda _line: None)
    assert (raised.value.message, raised.value.kind) == ("No free port from 7000 on.", Kind.CONFLICT)
