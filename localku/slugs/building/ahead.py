"""What a build does beside its own work: a container made before it is needed, and what is over taken away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from localku.errors import LocalkuError

Aside = Callable[[Callable[[], None]], object]
"""Does work beside everything else; what cannot be done is left."""

Made = TypeVar("Made")


class Ahead(Generic[Made]):
    """A container of the image that will probably be wanted, made before it is, in a thread of its own.

    Containers are made and started in turn: the engine starts two at once no sooner than one after the other, and the
    build itself, which wants one of two cores, waits for both.

    `make` makes one of an image, `let_go` lets it end a moment later, `remove` takes it away. Leaving the block begins
    with that for every container and waits for none; the end of the program does. Of a build that has failed or was
    interrupted nothing is there any more then.
    """

    def __init__(
        self,
        make: Callable[[str], Made],
        let_go: Callable[[Made], None],
        remove: Callable[[Made], None],
        expected: str | None,
    ) -> None:
        self._make = make
        self._let_go = let_go
        self._remove = remove
        self._expected = expected
        self._aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beside")
        self._first: Future[Made] | None = None
        self._made: list[Made] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        first, end = self._first, self._let_go if value is None else self._remove
        if first is not None and not first.cancel():
            self.do(lambda: end(first.result()))
        for container in self._made:
            self.do(partial(end, container))
        self._aside.shutdown(wait=False)
        self._beside.shutdown(wait=False)

    def begin(self) -> None:
        """Make it now: not while something is made that is wanted sooner."""
        if self._expected is not None:
            self._first = self._aside.submit(self._make, self._expected)

    def container(self, image: str) -> Made:
        """Return a container of the image: the one that is there, where it was the right guess."""
        if self._first is not None and image == self._expected:
            with suppress(LocalkuError):  # the image went away; it is made again now
                return self._first.result()
        return self.another(image)

    def another(self, image: str) -> Made:
        """Make a container of the image now."""
        made = self._make(image)
        self._made.append(made)
        return made

    def do(self, work: Callable[[], None]) -> Future[None]:
        """Do this in turn with the containers; what the engine cannot do is left to the next build."""
        return self._aside.submit(_tried, work)

    def at_once(self, work: Callable[[], None]) -> Future[None]:
        """Do what makes no container, whatever is being made; what the engine cannot do is left to the next build."""
        return self._beside.submit(_tried, work)


def _tried(work: Callable[[], None]) -> None:
    with suppress(LocalkuError):
        work()
