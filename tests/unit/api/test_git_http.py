"""Real git against an app's repository; what a push deploys is another test's."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from api_served import TOKEN, Served

from localku.platform.deploying.pushes import push_repository

if TYPE_CHECKING:
    from api_client import Api

    from localku.context import Context
    from localku.records import App

HOOK = """#!/bin/sh
while read old new ref; do
  echo "got $ref"
  GIT_DIR=$PWD git cat-file -p "$new^{tree}" | cut -f2
  [ "$ref" != refs/heads/broken ] || exit 1
done
"""


@pytest.fixture
def pushed(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app's repository, whose hook says what it gets."""
    folder = push_repository.ready(context, app)
    (folder / "hooks" / "pre-receive").write_text(HOOK)
    monkeypatch.setattr(push_repository, "_configure", lambda *_: None)
    return folder


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "app.py").write_text("1\n")
    (folder / "large.bin").write_bytes(bytes(range(256)) * 12_000)
    git(folder, "add", "--all")
    assert git(folder, "commit", "--quiet", "--message=one").returncode == 0
    return folder


def test_a_push_is_told_to_the_hook_with_its_objects_and_can_be_cloned(
    served: Served, app: App, pushed: Path, work: Path
) -> None:
    place = served.place
    url = f"http://heroku:{TOKEN}@{place}/{app.name}.git"
    done = git(work, "push", url, "main")
    assert done.returncode == 0, done.stderr
    assert "remote: got refs/heads/main" in done.stderr
    assert "remote: large.bin" in done.stderr
    assert git(work, "clone", "--quiet", url, "again").returncode == 0
    assert (work / "again" / "app.py").read_text() == "1\n"
    assert (pushed / "HEAD").read_text() == "ref: refs/heads/main\n"


def test_what_the_hook_refuses_is_rejected(served: Served, app: App, pushed: Path, work: Path) -> None:
    place = served.place
    done = git(work, "push", f"http://heroku:{TOKEN}@{place}/{app.name}.git", "main:broken")
    assert done.returncode == 1
    assert "pre-receive hook declined" in done.stderr
    assert not (pushed / "refs" / "heads" / "broken").exists()


def test_objects_that_are_broken_are_refused(served: Served, app: App, pushed: Path, work: Path) -> None:
    bad = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor nobody\ncommitter nobody\n\n"
    made = subprocess.run(
        ["git", "hash-object", "-t", "commit", "-w", "--literally", "--stdin"],
        cwd=work,
        input=bad,
        capture_output=True,
        check=True,
    )
    place = served.place
    url = f"http://heroku:{TOKEN}@{place}/{app.name}.git"
    done = git(work, "push", url, f"{made.stdout.decode().strip()}:refs/heads/main")
    assert done.returncode == 1
    assert "fsck error" in done.stderr
    assert not list((pushed / "objects").glob("??/*"))


@pytest.mark.parametrize("name", ["nobody", "..", "%2e%2e%2f", "a/b"])
def test_there_are_no_other_repositories(served: Served, app: App, pushed: Path, work: Path, name: str) -> None:
    assert app
    assert pushed
    place = served.place
    assert git(work, "ls-remote", f"http://heroku:{TOKEN}@{place}/{name}.git").returncode != 0


def test_without_the_token_there_is_nothing(api: Api, app: App) -> None:
    path = f"/{app.name}.git/info/refs?service=git-receive-pack"
    assert api.client.get(path).status_code == 401
    assert api.client.post(f"/{app.name}.git/git-receive-pack", content=b"0000").status_code == 401
    assert api.client.get(path, headers={**api.headers, "Origin": "http://evil.example"}).status_code == 403


def test_only_the_smart_protocol_is_served(api: Api, app: App) -> None:
    path = f"/{app.name}.git"
    assert api.call("GET", f"{path}/info/refs").status_code == 403
    assert api.call("GET", f"{path}/info/refs?service=git-shell").status_code == 403
    assert api.call("GET", f"{path}/HEAD").status_code == 404
    assert api.call("POST", f"{path}/git-receive-pack", {}).status_code == 415
