import sys
from pathlib import Path

import pytest

from localku.slugs import own_buildpacks

BUILDPACK = Path(__file__).resolve().parents[3] / "buildpacks" / "nodejs"
sys.path[:0] = [str(BUILDPACK / "lib"), str(BUILDPACK.parent / "lib")]


@pytest.fixture
def buildpack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy: a compile writes `export` into its buildpack's folder."""
    target = tmp_path_factory.mktemp("buildpack") / "nodejs"
    own_buildpacks.export("nodejs", target)
    return target
