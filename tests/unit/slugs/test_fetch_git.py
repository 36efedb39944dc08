"""Cloning a third-party buildpack, wherever and by whomever localku is called."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hostile_repositories import git, put

from localku.errors import LocalkuError
from localku.slugs.fetch import fetch_git


@pytest.fixture
def buildpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tag v1 has the submodule lib at an older commit than the branch has."""
    monkeypatch.setenv("LOCALKU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = tmp_path / "users.config"
    config.write_text('[protocol "file"]\n\tallow = always\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    for name in ("lib", "bp"):
        git(tmp_path, "init", "-q", name)
        put(tmp_path / name, {"bin/compile": f"#!/bin/sh\n# {name} 1\n"})
        git(tmp_path / name, "add", "-A")
        git(tmp_path / name, "commit", "-qm", "one")
    git(tmp_path / "bp", "submodule", "--quiet", "add", str(tmp_path / "lib"), "lib")
    git(tmp_path / "bp", "commit", "-qm", "lib")
    git(tmp_path / "bp", "tag", "v1")
    put(tmp_path / "bp/lib", {"bin/compile": "#!/bin/sh\n# lib 2\n"})
    git(tmp_path / "bp/lib", "commit", "-qam", "two")
    git(tmp_path / "bp/lib", "push", "-q", "origin", "HEAD:refs/heads/two")
    git(tmp_path / "bp", "commit", "-qam", "lib 2")
    return tmp_path / "bp"


@pytest.mark.parametrize(("ref", "number"), [("", "2"), ("#v1", "1")])
def test_submodules_are_those_of_the_ref(buildpack: Path, ref: str, number: str) -> None:
    found = fetch_git(f"file://{buildpack}{ref}", offline=False)
    assert (found / "lib/bin/compile").read_text() == f"#!/bin/sh\n# lib {number}\n"


def test_the_repository_of_a_hook_is_left_alone(buildpack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook of the app's repository may run `localku build`: git sets these for it."""
    app = buildpack.parent / "app"
    git(buildpack.parent, "init", "-q", "app")
    put(app, {"a": "x"})
    for name, value in {"GIT_DIR": app / ".git", "GIT_WORK_TREE": app, "GIT_INDEX_FILE": app / ".git/index"}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(app)
    found = fetch_git(f"file://{buildpack}", offline=False)
    assert (found / "bin/compile").is_file()
    assert sorted(path.name for path in app.iterdir()) == [".git", "a"]


def test_no_program_of_a_buildpacks_repository_runs(buildpack: Path, tmp_path: Path) -> None:
    """Submodules may name a command as their URL, which the user's own git may allow."""
    mark = tmp_path / "MARK"
    (tmp_path / "users.config").open("a").write('[protocol "ext"]\n\tallow = always\n')
    text = (buildpack / ".gitmodules").read_text().replace(f"url = {tmp_path}/lib", f"url = ext::sh -c touch% {mark}")
    assert "ext::" in text
    (buildpack / ".gitmodules").write_text(text)
    git(buildpack, "commit", "-qam", "ext")
    with pytest.raises(LocalkuError) as caught:
        fetch_git(f"file://{buildpack}", offline=False)
    assert "transport 'ext' not allowed" in caught.value.hint
    assert not mark.exists()
