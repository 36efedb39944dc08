"""C20: SIGTERM goes to all processes of a dyno, and what is left of them after 30 seconds is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World

STOPPING = "heroku[web.1]: Stopping all processes with SIGTERM"


def stopped(world: World, children: str) -> list[str]:
    """What web.1 says from SIGTERM to its end, when it is scaled down."""
    with world.running(WEB=f"exec python family.py {children}") as app:
        app.ok("ps:scale", "web=0")
        app.wait_logged("heroku[web.1]: Process exited with status")
        lines = app.new_lines("web.1")
        app.ok("ps:scale", "web=1")
    return lines[lines.index(STOPPING) + 1 :]


def test_every_process_gets_sigterm_and_the_dyno_ends_with_the_parents_status(world: World) -> None:
    lines = stopped(world, "orphan")
    assert sorted(lines[:2]) == ["app[web.1]: orphan got TERM", "app[web.1]: parent got TERM"]
    assert lines[2:3] == ["heroku[web.1]: Process exited with status 0"]


def test_a_child_that_stays_is_r12_though_its_parent_has_gone(world: World) -> None:
    lines = stopped(world, "orphan deaf")
    assert sorted(lines[:3]) == [
        "app[web.1]: deaf got TERM",
        "app[web.1]: orphan got TERM",
        "app[web.1]: parent got TERM",
    ]
    assert lines[3:6] == [
        "heroku[web.1]: Error R12 (Exit timeout) -> Process failed to exit within 30 seconds of SIGTERM",
        "heroku[web.1]: Stopping process with SIGKILL",
        "heroku[web.1]: Process exited with status 137",
    ]
