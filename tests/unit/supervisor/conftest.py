import pytest
from supervisor_kit import Stage

from localku.context import Context


@pytest.fixture
def stage(context: Context) -> Stage:
    return Stage(context)
