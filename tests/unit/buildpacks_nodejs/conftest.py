import shutil
import sys
from pathlib import Path

import pytest

BUILDPACK = Path(__file__).resolve().parents[3] / "buildpacks" / "nodejs"
sys.path.insert(0, str(BUILDPACK / "lib"))


@pytest.fixture
def buildpack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy: a compile writes `export` into its buildpack's folder."""
    return shutil.copytree(BUILDPACK, tmp_path_factory.mktemp("buildpack") / "nodejs")
