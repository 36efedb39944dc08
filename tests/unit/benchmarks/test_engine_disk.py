"""Which layer has which of an image history's sizes."""

from __future__ import annotations

import pytest
import requests

from benchmarks.contenders import sweeping
from benchmarks.contenders.engine_disk import EngineDisk, with_sizes
from benchmarks.stopwatch import CommandFailed


def test_own_layers_have_the_newest_sizes() -> None:
    assert with_sizes(["deps", "app"], [7, 0, 500, 0, 9000]) == {"deps": 500, "app": 7}


def test_image_that_adds_nothing_has_none() -> None:
    assert with_sizes([], [7, 500]) == {}


HOME = "org.localku.home=aaa"
OURS = {"org.localku.home": "aaa"}


class Engine:
    """Two apps with their dependencies in common, an image in between, and things of others. Busy the first time."""

    def __init__(self) -> None:
        self.busy = 1
        self.images_of = {
            "base": (["b1", "b2"], [100, 900]),
            "deps": (["b1", "b2", "d"], [50, 0, 100, 900]),
            "one": (["b1", "b2", "d", "o1"], [7, 50, 0, 100, 900]),
            "two": (["b1", "b2", "d", "o2"], [9, 50, 0, 100, 900]),
        }

    def df(self) -> dict[str, object]:
        if self.busy:
            self.busy -= 1
            raise requests.exceptions.ConnectionError("a disk usage operation is already running")
        return {
            "Volumes": [
                {"Labels": OURS, "UsageData": {"Size": 1000}},
                {"Labels": {**OURS, "org.localku.role": "system"}, "UsageData": {"Size": 5}},
                {"Labels": {"org.localku.home": "bbb"}, "UsageData": {"Size": 7}},
                {"Labels": None, "UsageData": None},
            ],
            "Containers": [{"Labels": OURS, "SizeRw": 20}, {"Labels": OURS}],
        }

    def images(self, *, all: bool, filters: dict[str, str]) -> list[dict[str, str]]:  # noqa: A002
        assert all
        assert filters == {"label": HOME}
        return [{"Id": name} for name in ("deps", "one", "two")]

    def inspect_image(self, name: str) -> dict[str, object]:
        return {"RootFS": {"Layers": self.images_of[name][0]}}

    def history(self, name: str) -> list[dict[str, int]]:
        return [{"Size": size} for size in self.images_of[name][1]]


def disk(monkeypatch: pytest.MonkeyPatch) -> EngineDisk:
    monkeypatch.setattr(sweeping, "PAUSE", 0.0)
    return EngineDisk(Engine(), "base")


def test_disk_has_each_layer_once_and_the_volumes_and_what_containers_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    assert disk(monkeypatch).used(HOME) == 50 + 7 + 9 + 1000 + 20


def test_own_layers_are_those_above_the_base(monkeypatch: pytest.MonkeyPatch) -> None:
    found = disk(monkeypatch)
    assert found.own_layers("one") + found.own_layers("two") == 57 + 59


def test_engine_that_never_says_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "DISK_TRIES", 1)
    with pytest.raises(CommandFailed, match="disk"):
        disk(monkeypatch).used(HOME)
