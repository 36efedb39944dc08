"""Repositories that run a program of theirs when plain git looks at them: each as zip, share or clone brings it.

`python3 tests/support/hostile_repositories.py FOLDER` makes all of them there, to try by hand.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

COMMITTED = {"Procfile": "web: x\n", "data.txt": "committed\n", "bin/start": "#!/bin/sh\n"}
STATUS = ("status", "--porcelain")
CHECKOUT = ("checkout", "-f", "HEAD")


@dataclass(frozen=True)
class Hostile:
    """`app` is the folder to build; `trigger` the arguments with which plain git there makes the mark.

    `changed` are the paths that differ from the last commit; `listed` all paths that git would track.
    """

    app: Path
    trigger: tuple[str, ...]
    changed: tuple[str, ...] = ("data.txt",)
    listed: tuple[str, ...] = (".gitattributes", "Procfile", "bin/start", "data.txt")


def git(folder: Path, *arguments: str, **variables: str) -> str:
    """Run plain git there; return what it prints."""
    always = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = kept | {"GIT_CONFIG_NOSYSTEM": "1"} | variables
    done = subprocess.run(
        ["git", *always, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755 if text.startswith("#!") else 0o644)


def repository(folder: Path, *init: str, attributes: str = "*.txt filter=evil\n") -> Path:
    """A harmless repository with one changed file of the same size, so that git has to look into it."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", *init)
    put(folder, {**COMMITTED, ".gitattributes": attributes})
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    change(folder)
    return folder


def change(folder: Path) -> None:
    put(folder, {"data.txt": "different\n"})
    os.utime(folder / "data.txt", (1, 1))


def touch(mark: Path) -> str:
    return f"touch {shlex.quote(str(mark))}; cat"


def clean(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "config", "filter.evil.clean", touch(mark))
    return Hostile(app, STATUS)


def process(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "config", "filter.evil.process", touch(mark))
    git(app, "config", "filter.evil.clean", "cat")
    return Hostile(app, STATUS)


def smudge(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "config", "filter.evil.smudge", touch(mark))
    return Hostile(app, CHECKOUT)


def hooks_path(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    program = f"#!/bin/sh\ntouch {shlex.quote(str(mark))}\n"
    put(app / ".git/evil", {"post-index-change": program, "post-checkout": program})
    git(app, "config", "core.hooksPath", ".git/evil")
    return Hostile(app, CHECKOUT)


def hooks(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    put(app / ".git/hooks", {"post-index-change": f"#!/bin/sh\ntouch {shlex.quote(str(mark))}\n"})
    return Hostile(app, STATUS)


def fsmonitor(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "config", "core.fsmonitor", f"touch {shlex.quote(str(mark))}; false")
    return Hostile(app, STATUS)


def external_diff(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "config", "diff.external", f"touch {shlex.quote(str(mark))}; true")
    return Hostile(app, ("diff", "HEAD"))


def text_conversion(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app", attributes="*.txt diff=evil\n")
    git(app, "config", "diff.evil.textconv", f"touch {shlex.quote(str(mark))}; cat")
    return Hostile(app, ("diff", "HEAD"))


def included(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "config", "--file", ".git/more", "filter.evil.clean", touch(mark))
    git(app, "config", "include.path", "more")
    return Hostile(app, STATUS)


def work_tree_config(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "config", "extensions.worktreeConfig", "true")
    git(app, "config", "--worktree", "filter.evil.clean", touch(mark))
    return Hostile(app, STATUS)


def info_attributes(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app", attributes="# none\n")
    put(app / ".git/info", {"attributes": "*.txt filter=evil\n"})
    git(app, "config", "filter.evil.clean", touch(mark))
    return Hostile(app, STATUS)


def attributes_file(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app", attributes="# none\n")
    put(app / ".git", {"attributes": "*.txt filter=evil\n"})
    git(app, "config", "core.attributesFile", ".git/attributes")
    git(app, "config", "filter.evil.clean", touch(mark))
    return Hostile(app, STATUS)


def promisor(base: Path, mark: Path) -> Hostile:
    """One object is missing, and the remote that promised it is a command; only what needs the object fails."""
    app = repository(base / "app", attributes="* filter=lfs\n")
    name = git(app, "rev-parse", "HEAD:bin/start")
    (app / ".git/objects" / name[:2] / name[2:]).unlink()
    for key, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::sh -c touch% {mark}",
        "protocol.ext.allow": "always",
    }.items():
        git(app, "config", key, value)
    return Hostile(app, ("cat-file", "-p", "HEAD:bin/start"))


def embedded_bare(base: Path, mark: Path) -> Hostile:
    """A subfolder that is a bare repository, all of committed files: an ordinary `git clone` brings it."""
    app = base / "origin/app"
    git(base, "init", "-q", "origin")
    app.mkdir()
    git(app, "init", "-q", "--bare", ".")
    for leftover in (*(app / "hooks").iterdir(), app / "hooks", app / "description"):
        leftover.rmdir() if leftover.is_dir() else leftover.unlink()
    put(app, {**COMMITTED, ".gitattributes": "*.txt filter=evil\n"})
    git(app, "config", "--file", "config", "core.bare", "false")
    git(app, "config", "--file", "config", "core.worktree", ".")
    git(app, "add", "-f", *COMMITTED, ".gitattributes", GIT_DIR=".", GIT_WORK_TREE=".")
    git(app, "commit", "-qm", "inner", GIT_DIR=".", GIT_WORK_TREE=".")
    git(app, "config", "--file", "config", "filter.evil.clean", touch(mark))
    put(app, {"refs/keep": ""})
    git(base / "origin", "add", "-A")
    git(base / "origin", "commit", "-qm", "outer")
    git(base, "clone", "-q", "origin", "victim")
    victim = base / "victim/app"
    change(victim)
    listed = git(base / "victim", "ls-files").splitlines()
    return Hostile(victim, STATUS, listed=tuple(sorted(path.removeprefix("app/") for path in listed)))


def linked_work_tree(base: Path, mark: Path) -> Hostile:
    main = repository(base / "main")
    git(main, "worktree", "add", "-q", "--detach", "../app")
    git(main, "config", "filter.evil.clean", touch(mark))
    change(base / "app")
    return Hostile(base / "app", STATUS)


def git_dir_elsewhere(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app", "--separate-git-dir", str(base / "kept"))
    git(app, "config", "filter.evil.clean", touch(mark))
    (app / ".git").write_text("gitdir: ../kept\n")
    return Hostile(app, STATUS)


def git_dir_as_a_link(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "config", "filter.evil.clean", touch(mark))
    (app / ".git").rename(base / "kept")
    (app / ".git").symlink_to("../kept")
    return Hostile(app, STATUS)


def split_index(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app")
    git(app, "update-index", "--split-index")
    put(app, {"more.txt": "x"})
    git(app, "add", "more.txt")
    git(app, "config", "filter.evil.clean", touch(mark))
    listed = (".gitattributes", "Procfile", "bin/start", "data.txt", "more.txt")
    return Hostile(app, STATUS, ("data.txt", "more.txt"), listed)


def sparse_index(base: Path, mark: Path) -> Hostile:
    """bin/ is in the commit and not in the folder."""
    app = repository(base / "app")
    git(app, "sparse-checkout", "set", "--cone", "--sparse-index", "none")
    change(app)
    git(app, "config", "filter.evil.clean", touch(mark))
    return Hostile(app, STATUS, ("bin/start", "data.txt"), (".gitattributes", "Procfile", "data.txt"))


def sha256(base: Path, mark: Path) -> Hostile:
    app = repository(base / "app", "--object-format=sha256")
    git(app, "config", "filter.evil.clean", touch(mark))
    return Hostile(app, STATUS)


def submodule(base: Path, mark: Path) -> Hostile:
    """Git's status enters submodules, which have configurations of their own."""
    library = repository(base / "library")
    app = repository(base / "app")
    git(app, "submodule", "--quiet", "add", str(library), "lib")
    git(app, "commit", "-qm", "library", "--", "lib", ".gitmodules")
    git(app / "lib", "config", "filter.evil.clean", touch(mark))
    change(app / "lib")
    own = (".gitattributes", ".gitmodules", "Procfile", "bin/start", "data.txt")
    listed = (*own, "lib/.gitattributes", "lib/Procfile", "lib/bin/start", "lib/data.txt")
    return Hostile(app, STATUS, ("data.txt", "lib/data.txt"), listed)


def gitlink(base: Path, mark: Path) -> Hostile:
    """A repository inside of the repository, committed as a commit, with no URL."""
    app = repository(base / "app")
    inner = repository(app / "inner")
    git(app, "add", "inner")
    git(app, "commit", "-qm", "inner", "--", "inner")
    git(inner, "config", "filter.evil.clean", touch(mark))
    return Hostile(app, STATUS)


def work_tree_elsewhere(base: Path, mark: Path) -> Hostile:
    """core.worktree names a folder of the host in place of the app."""
    private = base / "private"
    put(private, {"secret.txt": "x", ".gitattributes": "*.txt filter=evil\n"})
    app = repository(base / "app")
    git(app, "config", "core.worktree", str(private))
    git(app, "config", "filter.evil.clean", touch(mark))
    return Hostile(app, ("add", "-A"))


MAKERS: tuple[Callable[[Path, Path], Hostile], ...] = (
    attributes_file, clean, embedded_bare, external_diff, fsmonitor, git_dir_as_a_link, git_dir_elsewhere, gitlink,
    hooks, hooks_path, included, info_attributes, linked_work_tree, process, promisor, sha256, smudge, sparse_index,
    split_index, submodule, text_conversion, work_tree_config, work_tree_elsewhere,
)  # fmt: skip

if __name__ == "__main__":
    for maker in MAKERS:
        place = Path(sys.argv[1], maker.__name__)
        place.mkdir(parents=True)
        print(maker(place, place / "MARK").app)
