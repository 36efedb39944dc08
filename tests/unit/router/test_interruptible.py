"""The interruptible: the one piece where a mistake would swallow a cancellation."""

from __future__ import annotations

import asyncio

import pytest

from localku.router.interruptible import Interruptible

WHY = ValueError("why")


async def guarded(*errors: Exception, within: float | None = None) -> Interruptible:
    """Sleep under a interruptible that is interrupted with each of `errors`, inside a timeout."""
    loop = asyncio.get_running_loop()
    with Interruptible() as interruptible:
        for error in errors:
            loop.call_soon(interruptible.interrupt, error)
        async with asyncio.timeout(within):
            await asyncio.sleep(0.05)
    return interruptible


async def cancelling() -> int:
    """How many cancellations the task still believes to be under way."""
    task = asyncio.current_task()
    assert task is not None
    await asyncio.sleep(0)
    return task.cancelling()


def test_an_interruption_comes_out_as_its_error() -> None:
    async def run() -> int:
        with pytest.raises(ValueError, match="why"):
            await guarded(WHY)
        return await cancelling()

    assert asyncio.run(run()) == 0


def test_only_the_first_interruption_counts() -> None:
    with pytest.raises(ValueError, match="why"):
        asyncio.run(guarded(WHY, KeyError("second")))


def test_none_counts_after_the_end() -> None:
    async def run() -> int:
        (await guarded()).interrupt(WHY)
        return await cancelling()

    assert asyncio.run(run()) == 0


def test_inside_a_timeout_that_runs_out_at_the_same_moment() -> None:
    with pytest.raises(ValueError, match="why"):
        asyncio.run(guarded(WHY, within=0))


@pytest.mark.parametrize("errors", [(), (WHY,)])
def test_a_real_cancellation_stays_one(errors: tuple[Exception, ...]) -> None:
    async def run() -> None:
        task = asyncio.create_task(guarded(*errors))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
