"""The bare repository of an app that `git push` sends to: objects and branches, and a hook that deploys."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from localku import locks, whole_file
from localku.context import Context
from localku.errors import LocalkuError
from localku.project.git import git_process
from localku.records import App

DEPLOYED = ("main", "master")
"""Branches whose pushes deploy (Dev Center, "Deploying with Git")."""

MOST_BYTES = 2 * 1024**3
"""Of one push (own)."""

APP = "LOCALKU_PUSHED_APP"
"""Tells the hook the app's UUID."""

_SETTINGS = {
    "core.bare": "true",
    "core.logAllRefUpdates": "false",
    "gc.auto": "256",
    "http.receivepack": "true",
    "receive.autogc": "true",
    "receive.denyDeleteCurrent": "refuse",
    "receive.fsckObjects": "true",
    "receive.maxInputSize": str(MOST_BYTES),
    "transfer.hideRefs": "refs/localku",
    "uploadpack.allowFilter": "true",
}


def ready(context: Context, app: App) -> Path:
    """Return the app's repository, made now where there is none."""
    folder = context.store.folder(app) / "repository.git"
    with locks.waited(context.store.folder(app) / "repository.lock"):
        if not (folder / "HEAD").is_file():
            _git(context, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(folder))
        _configure(context, folder)
    return folder


def environment(app: App, folder: Path) -> dict[str, str]:
    """What git runs in there with: nobody's configuration but the repository's own."""
    return git_process.sealed_environment() | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(folder / "none"),
        "GIT_HTTP_EXPORT_ALL": "1",
        APP: app.uuid,
    }


def objects(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """In the hook: where git keeps what was pushed, and what was there (git-receive-pack(1))."""
    others = environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(os.pathsep)
    found = [environ.get("GIT_OBJECT_DIRECTORY", ""), *others, os.path.join(environ["GIT_DIR"], "objects")]  # noqa: PTH118
    return tuple(dict.fromkeys(Path(os.path.realpath(one)) for one in found if one))


def _configure(context: Context, folder: Path) -> None:
    """Have it as this localku wants it; a hook that was made by another installation is of no use."""
    hooks = folder / "hooks"
    hooks.mkdir(mode=0o700, exist_ok=True)
    (folder / "none").touch()
    whole_file.keep(folder / "config", "".join(_lines()))
    state = f"LOCALKU_HOME={shlex.quote(str(context.home))}"
    program = shlex.join([sys.executable, "-m", "localku", "git:receive"])
    whole_file.keep(hooks / "pre-receive", f"#!/bin/sh\n{state} exec {program}\n", 0o700)


def _lines() -> Iterator[str]:
    yield "[core]\n\trepositoryformatversion = 0\n"
    for name, value in _SETTINGS.items():
        section, _, key = name.partition(".")
        yield f"[{section}]\n\t{key} = {value}\n"


def _git(context: Context, *arguments: str) -> None:
    done = git_process.run(arguments, context.home, git_process.sealed_environment())
    if done is None:
        raise LocalkuError("git is not installed.", "Install it, then push again.")
    if done.returncode != 0:
        raise LocalkuError("git cannot make the app's repository.", git_process.said(done))
