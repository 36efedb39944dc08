"""`git push` to an app's repository: it deploys, and the app is up."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from support.localku import GIT_IDENTITY, Localku, commit, get, wait_for, write_app
from support.tiny import FILES, hurry


class Repository:
    """A working copy in a shell that has run `eval "$(localku env)"`."""

    def __init__(self, lk: Localku, folder: Path) -> None:
        self.folder = folder
        lines = lk.ok("env", "--shell", "bash", cwd=folder).out
        environ = {**os.environ, "LOCALKU_HOME": str(lk.home)}
        done = subprocess.run(
            ["bash", "-c", f"{lines}\nenv -0"], env=environ, capture_output=True, text=True, check=True
        )
        self.environ = dict(one.split("=", 1) for one in done.stdout.split("\0") if "=" in one)
        url = self.environ["GIT_CONFIG_VALUE_0"]
        assert url.startswith("https://")
        self.git("remote", "add", "heroku", f"{url}pushed.git")

    def begun(self, *arguments: str) -> subprocess.Popen[str]:
        command = ["git", *GIT_IDENTITY, *arguments]
        return subprocess.Popen(command, cwd=self.folder, env=self.environ, stderr=subprocess.PIPE, text=True)

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *GIT_IDENTITY, *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def repository(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = write_app(tmp_path_factory.mktemp("apps") / "pushed", FILES)
    lk.ok("create", "pushed", cwd=folder)
    return Repository(lk, folder)


def answer(lk: Localku, repository: Repository) -> tuple[int, str]:
    (app,) = lk.ok("apps", "--json", cwd=repository.folder).json
    return get(f"http://127.0.0.1:{app['port']}/", host="pushed.localhost")


def test_a_push_deploys_and_the_app_is_up(lk: Localku, repository: Repository) -> None:
    done = repository.git("push", "heroku", "HEAD:master")
    assert done.returncode == 0, done.stderr
    assert "remote: -----> Making something of nothing" in done.stderr
    (app,) = lk.ok("apps", "--json", cwd=repository.folder).json
    assert re.search(r"remote: +Released v[0-9]+", done.stderr)
    assert f"remote:        http://pushed.localhost:{app['port']}/ deployed to localku" in done.stderr
    assert "remote: Verifying deploy... done." in done.stderr
    assert wait_for(lambda: answer(lk, repository)[0] == 200)
    (build,) = lk.ok("builds", "--json", cwd=repository.folder).json
    head = repository.git("rev-parse", "HEAD").stdout.strip()
    assert (build["status"], build["source_blob"]["version"]) == ("succeeded", head)


def test_a_push_finds_the_server_where_nobody_has_needed_it_for_long(lk: Localku, repository: Repository) -> None:
    lk.ok("down", cwd=repository.folder)
    lk.ok("server:stop", "--confirm", cwd=repository.folder)
    commit(repository.folder, "later")
    done = repository.git("push", "heroku", "HEAD:master")
    assert done.returncode == 0, done.stderr
    assert wait_for(lambda: answer(lk, repository)[0] == 200)


def test_a_push_that_fails_is_rejected_and_the_fixed_one_passes(lk: Localku, repository: Repository) -> None:
    compiled = repository.folder / "pack/bin/compile"
    good = compiled.read_text()
    compiled.write_text("#!/bin/bash\necho ' !     No such luck'\nexit 1\n")
    commit(repository.folder, "broken")
    done = repository.git("push", "heroku", "HEAD:master")
    assert done.returncode == 1
    assert "remote:  !     No such luck" in done.stderr
    assert "remote: !\tPush rejected to pushed." in done.stderr
    assert "pre-receive hook declined" in done.stderr
    assert answer(lk, repository) == (200, "ok\n")
    compiled.write_text(good)
    (repository.folder / "answer").write_text((repository.folder / "answer").read_text().replace("ok", "v2"))
    commit(repository.folder, "fixed")
    done = repository.git("push", "heroku", "HEAD:master")
    assert done.returncode == 0, done.stderr
    assert wait_for(lambda: answer(lk, repository) == (200, "v2\n"))


def test_the_second_of_two_pushes_waits_for_the_first(lk: Localku, repository: Repository) -> None:
    lk.ok("config:set", "SLOW_BUILD=60", cwd=repository.folder)
    page = repository.folder / "answer"
    first = page.read_text()
    page.write_text(first.replace("v2", "v3"))
    commit(repository.folder, "third")
    with repository.begun("push", "heroku", "HEAD:master") as before:
        assert before.stderr is not None
        assert any("Making something of nothing" in line for line in before.stderr)
        page.write_text(first.replace("v2", "v4"))
        commit(repository.folder, "fourth")
        with repository.begun("push", "heroku", "HEAD:master") as after:
            assert after.stderr is not None
            assert any("remote: Waiting for another build of pushed..." in line for line in after.stderr)
            lk.ok("config:unset", "SLOW_BUILD", cwd=repository.folder)
            hurry(lk.home, "pushed")
            said = before.communicate()[1] + after.communicate()[1]
    assert (before.returncode, after.returncode) == (0, 0), said
    assert wait_for(lambda: answer(lk, repository) == (200, "v4\n"))
    assert repository.git("push", "heroku", "HEAD:master").stderr == "Everything up-to-date\n"


def test_a_push_of_another_branch_deploys_nothing(lk: Localku, repository: Repository) -> None:
    before = lk.ok("releases", "--json", cwd=repository.folder).json
    done = repository.git("push", "heroku", "HEAD:refs/heads/topic")
    assert done.returncode == 0, done.stderr
    assert "remote: Pushed to non-main branch, skipping build." in done.stderr
    assert lk.ok("releases", "--json", cwd=repository.folder).json == before
