from pathlib import Path

import pytest

from localku.platform import apps
from localku.platform.context import Context
from localku.store.records import App


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "one"
    folder.mkdir()
    return folder


@pytest.fixture
def app(context: Context, root: Path) -> App:
    return apps.create(context, root, None)
