"""One timer, put off and brought forward."""

from __future__ import annotations

import asyncio

from localku.router.deadline import Deadline


async def rings(*waits: tuple[float, str], clear: bool = False) -> list[str]:
    """What rings within a while when the deadline is set to each of these in turn."""
    deadline, heard = Deadline(), list[str]()
    now = asyncio.get_running_loop().time()
    for seconds, name in waits:
        deadline.set(now + seconds, lambda name=name: heard.append(name))  # type: ignore[misc]
    if clear:
        deadline.clear()
    await asyncio.sleep(0.15)
    deadline.close()
    return heard


def test_only_what_was_set_last_rings_and_only_once() -> None:
    assert asyncio.run(rings((0.01, "first"))) == ["first"]
    assert asyncio.run(rings((0.01, "first"), (0.05, "later"))) == ["later"]
    assert asyncio.run(rings((30.0, "first"), (0.01, "sooner"))) == ["sooner"]
    assert asyncio.run(rings((0.01, "first"), (30.0, "later"))) == []
    assert asyncio.run(rings((0.01, "first"), clear=True)) == []


def test_no_sooner_than_it_was_put_off_to() -> None:
    async def run() -> tuple[float, float]:
        deadline, rung = Deadline(), asyncio.get_running_loop().create_future()
        time = asyncio.get_running_loop().time
        due = time() + 0.06
        deadline.set(time() + 0.02, lambda: None)
        deadline.set(due, lambda: rung.set_result(time()))
        return await rung, due

    at, due = asyncio.run(run())
    assert at >= due
