"""What Heroku's CLI has too: the list of buildpacks by number, config vars in an editor, a release once more."""

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeContainer, FakeEngine
from verbs_kit import deploy

from localku.context import Context
from localku.records import App

Command = Callable[..., Any]


def test_buildpacks_by_number(localku: Command, app: App) -> None:
    localku("buildpacks:set", "heroku/nodejs", "heroku/python")
    added = localku("buildpacks:add", "--index", "1", "localku/bower")
    assert added.out == (
        "Buildpack added. Next release on one will use:\n  1. localku/bower\n  2. heroku/nodejs\n  3. heroku/python\n"
    )
    assert "Run `localku up` to create a new release using these buildpacks." in added.err
    assert localku("buildpacks:set", "-i", "1", "heroku/ruby").status == 0
    twice = localku("buildpacks:add", "heroku/ruby")
    assert (twice.status, twice.err) == (1, " !     The buildpack heroku/ruby is already set on your app.\n")
    assert localku("buildpacks:set", "-i", "2", "heroku/ruby").status == 1
    assert localku("buildpacks:set", "-i", "1", "heroku/ruby").status == 0, "itself is no other"
    assert localku("buildpacks:set", "-i", "1", "heroku/go", "heroku/ruby").status == 2


def test_buildpacks_are_removed(localku: Command, app: App) -> None:
    none = localku("buildpacks:remove", "heroku/ruby")
    assert none.err == (" !     No buildpacks were found. Next release on one will detect buildpacks normally.\n")
    localku("buildpacks:set", "heroku/nodejs", "heroku/python", "heroku/ruby")
    assert (
        localku("buildpacks:remove", "-i", "4").err == " !     Invalid index. Please choose a value between 1 and 3\n"
    )
    assert localku("buildpacks:remove", "heroku/go").err == " !     Buildpack not found. Nothing was removed.\n"
    assert localku("buildpacks:remove").status == 2
    assert localku("buildpacks:remove", "heroku/nodejs", "-i", "1").status == 2
    assert localku("buildpacks:remove", "heroku/python").status == 0
    one = localku("buildpacks:remove", "-i", "2")
    assert one.out == "Buildpack removed. Next release on one will use heroku/nodejs.\n"
    assert localku("buildpacks:remove", "-i", "2").err == " !     Invalid index. Only value is 1.\n"
    last = localku("buildpacks:remove", "-i", "1")
    assert last.out == "Buildpack removed. Next release on one will detect buildpacks normally.\n"


def edits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", str(editor))


def test_config_vars_in_an_editor(
    localku: Command, context: Context, app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.store.apps.change_config(app, {"KEEP": "a b", "GOES": "1", "CHANGES": "it's"})
    edits(monkeypatch, tmp_path, r"""sed -i -e /GOES/d -e 's/^CHANGES=.*/CHANGES="new $x"/' -e '$a NEW=2' "$1" """)
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    refused = localku("config:edit")
    assert refused.status == 130
    assert context.store.apps.config(app) == {"KEEP": "a b", "GOES": "1", "CHANGES": "it's"}
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n" * 2))
    done = localku("config:edit")
    assert "-  GOES=1\n+  NEW=2\n" in done.out
    assert context.store.apps.config(app) == {"KEEP": "a b", "CHANGES": "new $x", "NEW": "2"}

    edits(monkeypatch, tmp_path, 'printf "two\\nlines\\n" > "$1"')
    localku("config:edit", "KEEP")
    assert context.store.apps.config(app)["KEEP"] == "two\nlines"
    edits(monkeypatch, tmp_path, "true")
    assert "No changes to config" in localku("config:edit").err


def test_a_release_command_is_run_again(localku: Command, context: Context, engine: FakeEngine, app: App) -> None:
    def succeeds(container: FakeContainer) -> None:
        container.status = "running"
        container.exit(0)

    engine.on_start = succeeds
    without = localku("releases:retry")
    assert "App must have a release-phase command" in without.err
    deploy(context, app, types={"web": "serve", "release": "migrate"})
    last = context.store.releases.all(app)[0]
    done = localku("releases:retry")
    assert f"Retrying v{last.version} on one... done, v{last.version + 1}" in done.err
    made = context.store.releases.all(app)[0]
    assert made.description == f"Retry of v{last.version}: {last.description}"
    assert made.slug_id == last.slug_id


def test_domains_are_ready_at_once(localku: Command, app: App) -> None:
    localku("domains:add", "www.example.com")
    assert localku("domains:wait").err == "Waiting for www.example.com... done\n"
    assert localku("domains:wait", "www.example.com").status == 0
    assert localku("domains:wait", "other.example.com").status == 1


def test_a_git_remote_is_set_and_moved(localku: Command, app: App, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localku.cli.heroku_cli.api_access.reached", lambda *_: "http://127.0.0.1:5080")
    missing = localku("git:remote")
    assert (missing.status, "git init" in missing.err) == (1, True)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for _ in range(2):
        assert localku("git:remote", "-r", "local").out == "set git remote local to https://127.0.0.1:5080/one.git\n"
    told = subprocess.run(["git", "remote", "-v"], cwd=root, capture_output=True, text=True, check=True)
    assert told.stdout.count("local\thttps://127.0.0.1:5080/one.git (push)") == 1
