import pytest
from supervisor_kit import Stage

from localku.context import Context
from localku.supervisor.dynos import retiring


@pytest.fixture
def stage(context: Context, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(retiring, "PATIENCE", 20)  # what has ended is taken away in the round that sees it
    return Stage(context)
