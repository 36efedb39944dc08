"""C32: gunicorn without --workers has two of them in a dyno of 512 MB, and the log says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.localku import wait_for

if TYPE_CHECKING:
    from world import World

DETECTED = "Python buildpack: Detected 512 MB available memory and 8 CPU cores."
DEFAULTING = "Python buildpack: Defaulting WEB_CONCURRENCY to 2 based on the available memory."


def test_two_workers_and_two_lines(world: World) -> None:
    with world.running(WEB="gunicorn echo:app") as app:

        def booted() -> bool:
            return sum("Booting worker with pid" in line for line in app.new_lines("web.1")) == 2

        wait_for(booted)
        told = [line for line in app.new_lines("web.1") if "Python buildpack:" in line]
        assert told == [f"app[web.1]: {DETECTED}", f"app[web.1]: {DEFAULTING}"]
        assert app.in_dyno("ps -eo args= | grep -c '[g]unicorn echo:app'").strip() == "3"


def test_a_one_off_dyno_has_the_variables_and_not_the_lines(world: World) -> None:
    done = world.run("run", "echo $WEB_CONCURRENCY $WEB_CONCURRENCY_SET_BY")
    assert done.out == "2 heroku/python\n"
    assert "Python buildpack" not in done.err
