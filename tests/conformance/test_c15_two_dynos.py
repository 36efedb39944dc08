"""C15: two web dynos, an upload to one of them: the other has it not, a restart takes it, and the doctor says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.localku import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from world import World


@pytest.fixture
def two_dynos(world: World) -> Iterator[World]:
    world.ok("ps:scale", "web=2:standard-1x")
    yield world
    world.ok("ps:scale", "web=1:basic")


def test_an_upload_is_in_one_dyno_until_it_restarts(two_dynos: World) -> None:
    with two_dynos.running(WEB="gunicorn upload:app") as app:
        app.wait_state("up", "web.2")
        _, head, _ = app.request("/cat.png", method="PUT", body=b"cat")
        owner = head["x-dyno"]

        answers = {head["x-dyno"]: status for status, head, _ in (app.request("/cat.png") for _ in range(40))}
        assert answers == {owner: 200, ({"web.1", "web.2"} - {owner}).pop(): 404}

        report = app.world.run("doctor").out
        assert f"{owner} wrote media/cat.png (upload), and its next restart discards them" in report

        app.ok("ps:restart")
        line = app.wait_logged("[#6 EPHEMERAL FILES]")
        assert line.startswith(
            f"localku[doctor]: [#6 EPHEMERAL FILES] {owner} wrote media/cat.png (upload), and they are gone"
        )
        assert "Fix: object storage such as S3" in line
        wait_for(lambda: set(app.states().values()) == {"up"}, app.world.patience)
        assert {app.request("/cat.png")[0] for _ in range(20)} == {404}
