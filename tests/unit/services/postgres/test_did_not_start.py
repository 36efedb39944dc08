"""A server that ends instead of answering: what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fake_engine import FakeContainer, FakeEngine

from localku.context import Context
from localku.engine.containers import Container
from localku.errors import LocalkuError
from localku.services.postgres import credentials, postgres_server, postgres_versions
from localku.services.service import Place

PLACE = Place("localku-db", "localku-db", "localku", {}, {})
NO_ROOM = "write /var/lib/docker/containers/c1/hash1: no space left on device"


@pytest.mark.parametrize("error", ["", NO_ROOM])
def test_the_engines_own_words_are_told_where_it_could_not_start_it_again(
    context: Context, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    seen = FakeContainer.seen

    def with_error(self: FakeContainer) -> Container:
        return replace(seen(self), error=error)

    engine.images.tags.add(f"{postgres_versions.REPOSITORY}:{postgres_versions.DEBIAN}")
    monkeypatch.setattr(FakeContainer, "seen", with_error)
    engine.on_start = FakeContainer.exit_at_once
    addon = credentials.new(1, "standard-0", "DATABASE_URL", datetime.now(UTC))
    with pytest.raises(LocalkuError) as raised:
        postgres_server.start(context.engine, PLACE, addon)
    assert raised.value.message == "The database localku-db did not start."
    assert (f"The engine says: {error}" in raised.value.hint) is bool(error)
    assert "docker logs localku-db" in raised.value.hint
