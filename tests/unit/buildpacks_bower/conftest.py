import sys
from pathlib import Path

import pytest

BUILDPACK = Path(__file__).resolve().parents[3] / "buildpacks" / "bower"
sys.path[:0] = [str(BUILDPACK / "lib"), str(BUILDPACK.parent / "lib")]


@pytest.fixture
def buildpack() -> Path:
    return BUILDPACK
