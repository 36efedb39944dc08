"""Looking at a stranger's repository runs nothing of theirs, and sees what a git that trusts them would."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from support import hostile_repositories as hostile

from localku.errors import Invalid, LocalkuError
from localku.machine import checks
from localku.platform import folder_tree
from localku.project.git import checkout, git_folder
from localku.project.sources import source, unsent
from localku.slugs.fetch import fetch_git

COMMITTED = {"data.txt": "committed\n", "Procfile": "web: x\n", "bin/start": "#!/bin/sh\n"}


@pytest.mark.parametrize("maker", hostile.MAKERS, ids=lambda maker: maker.__name__)
def test_a_strangers_repository_runs_nothing(maker: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(maker)
    mark = tmp_path / "MARK"
    found = maker(tmp_path, mark)
    monkeypatch.chdir(found.app)
    monkeypatch.setenv("LOCALKU_HOME", str(tmp_path / "home"))
    mark.unlink(missing_ok=True)  # making some of them needed git, too

    collected = source.collect(found.app)
    assert tuple(one.path for one in collected.files) == found.listed
    assert collected.dirty == found.changed
    unsent.sentences(collected)
    seen = folder_tree.read(found.app)
    assert set(seen.files) == set(found.listed)
    assert seen.blobs["Procfile"].executable is False
    git_folder.ignored(found.app)
    if maker is hostile.promisor:
        with pytest.raises(LocalkuError, match="lacks objects"):
            checkout.check_out(found.app, tmp_path / "head")
    else:
        head = checkout.check_out(found.app, tmp_path / "head")
        assert head.commit == collected.commit
        assert {name: (tmp_path / "head" / name).read_text() for name in COMMITTED} == COMMITTED
    with pytest.raises(LocalkuError, match="error fetching"):
        fetch_git(f"file://{tmp_path}/none.git", offline=False)
    assert not mark.exists()

    subprocess.run(["git", *found.trigger], cwd=found.app, check=False, capture_output=True)
    assert mark.exists(), "plain git is not caught by this one, so that it proves nothing"


@pytest.mark.parametrize("name", ["index", "config", "config.worktree", "packed-refs", "info/exclude", "commondir"])
def test_a_pipe_in_the_git_folder_is_not_waited_for(tmp_path: Path, name: str) -> None:
    app = hostile.repository(tmp_path / "app")
    hostile.git(app, "config", "extensions.worktreeConfig", "true")
    hostile.git(app, "pack-refs", "--all")
    (app / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(app / ".git" / name)
    assert "data.txt" in {one.path for one in source.collect(app).files}


@pytest.mark.parametrize("said", ["ref: refs/../../../etc/hostname", "ref: refs/heads/../../config", "ref: refs/x\ny"])
def test_head_names_nothing_but_a_reference(tmp_path: Path, said: str) -> None:
    app = hostile.repository(tmp_path / "app")
    (app / ".git/HEAD").write_text(said + "\n")
    with pytest.raises(Invalid, match="names no commit"):
        git_folder.listing(app)


def test_a_program_of_the_apps_that_is_named_git_is_not_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = hostile.repository(tmp_path / "app")
    hostile.put(app, {"git": f"#!/bin/sh\ntouch {tmp_path}/MARK\n"})
    monkeypatch.chdir(app)
    monkeypatch.setenv("LOCALKU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f".::{os.environ['PATH']}")
    assert "git" in source.collect(app).untracked
    assert checks.git_check().found.startswith("git version")
    with pytest.raises(LocalkuError, match="error fetching"):
        fetch_git(f"file://{tmp_path}/none.git", offline=False)
    assert not (tmp_path / "MARK").exists()
    subprocess.run(["git", "status"], cwd=app, check=False, capture_output=True)
    assert (tmp_path / "MARK").exists()
