"""Which image a database server gets."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localku import paths
from localku.debian import recipe
from localku.engine import labels, registry
from localku.errors import LocalkuError
from localku.services.postgres import postgres_image, postgres_versions


def engine(present: Iterable[str], recipe: str | None = None) -> Any:
    def find(tag: str) -> Any:
        if tag not in present:
            return None
        mark = recipe or postgres_image._recipe(tag.rpartition(":")[2])
        return SimpleNamespace(id=tag, labels={labels.RECIPE: mark})

    return SimpleNamespace(images=SimpleNamespace(find=find))


@pytest.fixture(autouse=True)
def ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    taken: list[str] = []

    def from_debian(_engine: object, _progress: object, version: str = postgres_versions.DEBIAN) -> str:
        taken.append("debian" if version == postgres_versions.DEBIAN else version)
        return f"localku/services/postgres:{version}"

    monkeypatch.setattr(postgres_image, "_from_debian", from_debian)
    monkeypatch.setattr(
        postgres_image, "_on_official", lambda *_: taken.append("official") or "localku/services/postgres:17"
    )
    monkeypatch.setattr(registry, "answers", lambda: False)
    return taken


def ensure(there: Any) -> str:
    return postgres_image.ensure(there, lambda _step, _fraction: None)


def test_made_from_debian_where_no_registry_answers(ways: list[str]) -> None:
    assert ensure(engine([])) == "localku/services/postgres:18"
    assert ways == ["debian"]


def test_official_where_a_registry_answers(ways: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "answers", lambda: True)
    assert ensure(engine([])) == "localku/services/postgres:17"
    assert ways == ["official"]


def test_what_is_there_stays_whatever_answers(ways: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "answers", lambda: True)
    assert ensure(engine(["localku/services/postgres:18"])) == "localku/services/postgres:18"
    assert ways == []


@pytest.mark.parametrize(
    ("tag", "way"), [("localku/services/postgres:18", "debian"), ("localku/services/postgres:17", "official")]
)
def test_another_recipe_keeps_the_version(tag: str, way: str, ways: list[str]) -> None:
    assert ensure(engine([tag], recipe="old")) == tag
    assert ways == [way]


def test_postgis_is_made_for_who_asks_for_it_and_for_nobody_else(ways: list[str]) -> None:
    there = engine(["localku/services/postgres:18"])
    asked = postgres_image.ensure(there, lambda _step, _fraction: None, postgres_versions.POSTGIS)
    assert asked == "localku/services/postgres:18-postgis"
    assert ways == ["18-postgis"]
    both = engine(["localku/services/postgres:18", "localku/services/postgres:18-postgis"])
    assert ensure(both) == "localku/services/postgres:18"
    assert postgres_versions.installed(both, "18-postgis") == "localku/services/postgres:18-postgis"
    assert postgres_versions.to_be_had(both) == ("18", "18-postgis")


def test_each_list_of_packages_is_part_of_the_recipe_of_its_images(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(recipe.folder("postgres"), tmp_path / "postgres")
    before = {one: postgres_image._recipe(one) for one in ("17", "18", "18-postgis")}
    assert len(set(before.values())) == 3
    monkeypatch.setattr(recipe, "folder", lambda name: tmp_path / name if name == "postgres" else folder(name))
    folder = paths.data("stacks").joinpath
    (tmp_path / "postgres" / "postgis.packages").write_text("more\n")
    changed = [one for one, was in before.items() if postgres_image._recipe(one) != was]
    assert changed == ["18-postgis"]


def test_installed_says_when_there_is_none() -> None:
    assert postgres_versions.installed(engine(["localku/services/postgres:17"])) == "localku/services/postgres:17"
    with pytest.raises(LocalkuError, match="The image of the database server is gone"):
        postgres_versions.installed(engine([]))


def test_an_image_that_cannot_be_made_anew_stays_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise LocalkuError("No package source answers.")

    monkeypatch.setattr(postgres_image, "_from_debian", fails)
    said: list[str] = []
    there = engine(["localku/services/postgres:18"], recipe="old")
    assert postgres_image.ensure(there, lambda step, _: said.append(step)) == "localku/services/postgres:18"
    assert said == ["PostgreSQL stays as it is, for it could not be made anew: No package source answers."]
    with pytest.raises(LocalkuError, match="No package source answers"):
        ensure(engine([]))
