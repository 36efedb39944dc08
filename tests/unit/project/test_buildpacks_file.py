from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.project import buildpacks_file

if TYPE_CHECKING:
    from pathlib import Path


def test_read(tmp_path: Path) -> None:
    assert buildpacks_file.read(tmp_path) is None
    (tmp_path / ".buildpacks").write_text("# ours\nheroku/nodejs\r\n\n https://x.example/a.git#v1 \n./vendor/b\n")
    assert buildpacks_file.read(tmp_path) == ("heroku/nodejs", "https://x.example/a.git#v1", "./vendor/b")


@pytest.mark.parametrize("line", ["a b", "--upload-pack=x", "a\x1bb"])
def test_bad_lines(line: str) -> None:
    with pytest.raises(LocalkuError, match=r"\.buildpacks line 2 is not a buildpack") as caught:
        buildpacks_file.parse(f"heroku/python\n{line}\n")
    assert "one per line" in caught.value.hint


def test_split() -> None:
    assert buildpacks_file.split("https://x/a.git#v1") == ("https://x/a.git", "v1")
    assert buildpacks_file.split("heroku/python") == ("heroku/python", None)
