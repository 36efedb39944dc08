from collections.abc import Iterator
from pathlib import Path

import pytest
from unix_engine import UnixEngine


@pytest.fixture
def server(tmp_path: Path) -> Iterator[UnixEngine]:
    made = UnixEngine(tmp_path / "docker.sock")
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _no_engine_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "docker-config").mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker-config"))
