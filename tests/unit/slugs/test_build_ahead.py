"""What a build does beside its own work: containers in turn, and the rest whatever is being made."""

from __future__ import annotations

import threading

from localku.errors import LocalkuError
from localku.slugs.building.ahead import Ahead


def test_what_makes_no_container_waits_for_none() -> None:
    goes_on, made, done = threading.Event(), list[str](), list[str]()

    def make(image: str) -> str:
        assert goes_on.wait(20)
        made.append(image)
        return image

    with Ahead(make, lambda _: None, lambda _: None, "image") as ahead:
        ahead.begin()
        next_one = ahead.do(lambda: done.append("next"))
        ahead.at_once(lambda: done.append("pruned")).result(20)
        assert (made, done) == ([], ["pruned"])
        goes_on.set()
        next_one.result(20)
        assert (made, done) == (["image"], ["pruned", "next"])


def test_what_the_engine_cannot_do_is_left() -> None:
    def refused() -> None:
        raise LocalkuError("in use")

    with Ahead(lambda image: image, lambda _: None, lambda _: None, None) as ahead:
        assert ahead.at_once(refused).result(20) is None
        assert ahead.do(refused).result(20) is None
