import pytest

from localku.errors import LocalkuError
from localku.platform.deploying.pushes import pushing
from localku.platform.deploying.pushes.pushing import NOTHING, Update

OLD, NEW = "1" * 40, "2" * 40


def test_what_git_tells_the_hook_is_read() -> None:
    assert pushing.updates([f"{OLD} {NEW} refs/heads/a/b\n", "\n"]) == (Update(OLD, NEW, "refs/heads/a/b"),)


@pytest.mark.parametrize("branch", ["main", "master"])
def test_main_and_master_deploy(branch: str) -> None:
    update = Update(OLD, NEW, f"refs/heads/{branch}")
    assert pushing.deployed([Update(OLD, NEW, "refs/heads/other"), update]) == update


@pytest.mark.parametrize("reference", ["refs/heads/other", "refs/tags/main", "refs/heads/mainline", "refs/main"])
def test_nothing_else_does(reference: str) -> None:
    assert pushing.deployed([Update(OLD, NEW, reference)]) is None


def test_what_is_deployed_cannot_be_taken_away() -> None:
    with pytest.raises(LocalkuError, match="main cannot be deleted"):
        pushing.deployed([Update(OLD, NOTHING, "refs/heads/main")])
    assert pushing.deployed([Update(OLD, NOTHING, "refs/heads/other")]) is None
