"""Which stack a build takes, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from localku.debian import debian_stack as debian
from localku.engine import labels, registry
from localku.errors import LocalkuError, worded
from localku.slugs import stack


class Images:
    def __init__(self, present: dict[str, dict[str, str]] | None = None, *, pull: Exception | None = None) -> None:
        self.present = present or {}
        self.pulled: list[str] = []
        self._pull = pull

    def find(self, tag: str) -> Any:
        return SimpleNamespace(id=tag, labels=self.present[tag]) if tag in self.present else None

    def pull(self, repository: str, tag: str, progress: Callable[[str, float | None], None]) -> None:
        if self._pull:
            raise self._pull
        progress("Downloading", 0.5)
        self.pulled.append(f"{repository}:{tag}")


def engine(images: Images) -> Any:
    return SimpleNamespace(images=images)


def quiet(_step: str, _fraction: float | None) -> None: ...


@pytest.fixture(autouse=True)
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "answers", lambda: False)


def made() -> Images:
    return Images(
        {
            "localku/stack:debian-14": {labels.RECIPE: debian.run_recipe()},
            "localku/stack:debian-14-build": {labels.RECIPE: debian.build_recipe()},
        }
    )


def test_debian_where_nothing_else_is_to_be_had() -> None:
    chosen = stack.choose(engine(Images()), None)
    assert chosen.name == "debian-14"
    assert chosen.reason == "Using debian-14, built from Debian packages: no image registry is reachable."


def test_heroku_24_where_a_registry_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "answers", lambda: True)
    assert stack.choose(engine(Images()), None).reason == "Using heroku-24, pulled from the image registry."


def test_heroku_24_where_it_has_been_pulled_before() -> None:
    there = Images({"heroku/heroku:24": {}, "heroku/heroku:24-build": {}})
    assert stack.choose(engine(there), None).reason == "Using heroku-24: its images are on this machine."


def test_half_a_stack_is_no_stack() -> None:
    assert stack.choose(engine(Images({"heroku/heroku:24": {}})), None).name == "debian-14"


def test_what_is_set_is_taken() -> None:
    assert stack.choose(engine(Images()), "heroku-22").reason == "Using heroku-22, as set for this app."


def test_unknown_stack() -> None:
    with pytest.raises(LocalkuError) as caught:
        stack.choose(engine(Images()), "cedar-14")
    assert caught.value.message == "There is no stack cedar-14."
    assert worded(caught.value.hint) == "Stacks: heroku-26, heroku-24, heroku-22, debian-14."


def test_heroku_images_are_pulled_once() -> None:
    images = Images({"heroku/heroku:26": {}})
    got = stack.ensure(engine(images), "heroku-26", quiet)
    assert images.pulled == ["heroku/heroku:26-build"]
    assert got == stack.Stack("heroku-26", "heroku/heroku:26", "heroku/heroku:26-build")


def test_a_failed_pull_names_the_way_out() -> None:
    images = Images(pull=LocalkuError("Could not pull heroku/heroku:24: no such host"))
    with pytest.raises(LocalkuError, match="The stack heroku-24 could not be pulled: Could not pull") as caught:
        stack.ensure(engine(images), "heroku-24", quiet)
    assert "localku stack:set debian-14" in worded(caught.value.hint)


def test_debian_images_of_this_recipe_are_taken_as_they_are() -> None:
    got = stack.ensure(engine(made()), "debian-14", quiet)
    assert got.build_image == "localku/stack:debian-14-build"


def test_stacks_whose_images_are_here() -> None:
    assert stack.ready(engine(made())) == ("debian-14",)
