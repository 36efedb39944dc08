"""git with a git directory of our own making: it sees a stranger's objects and index, and nothing that could run.

Their configuration, hooks, `info/attributes`, promisors, grafts, replacements and includes are not there. That git
follows alternates wherever they lead tells nobody anything: an object is had by its hash only, and the one hash taken
from outside a commit is HEAD's.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localku.errors import LocalkuError
from localku.project import git_process, git_theirs
from localku.project.git_settings import Settings, settings
from localku.project.git_theirs import Repository

_CONFIG = {
    "core.bare": "false",
    "core.fsmonitor": "false",
    "core.safecrlf": "false",
    "core.untrackedcache": "false",
    "protocol.allow": "never",
}
_LACKING = ("unable to read", "could not read", "missing", "bad object", "unable to find", "not our ref", "bad tree")


@dataclass(frozen=True)
class Git:
    """Runs git on the work tree that `folder`, a git directory of ours, belongs to; errors name `of`."""

    folder: Path
    work_tree: Path
    cwd: Path
    of: Path
    plain: bool = False
    """As on a server: no attributes of this machine's."""

    def try_run(self, *arguments: str, stdin: bytes = b"") -> git_process.Done:
        done = git_process.run(arguments, self.cwd, self._environment(), stdin)
        if done is None:
            raise LocalkuError("git is not there any more.", "Install it again.")
        return done

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Output of a git command. LocalkuError, in git's words, when it fails."""
        done = self.try_run(*arguments, stdin=stdin)
        if done.returncode != 0:
            raise _failure(self.of, git_process.said(done))
        return done.stdout

    def _environment(self) -> dict[str, str]:
        ours = {
            "GIT_DIR": str(self.folder),
            "GIT_WORK_TREE": str(self.work_tree),
            "GIT_CONFIG_GLOBAL": str(self.folder / "none"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_ALLOW_PROTOCOL": "",
            "GIT_OPTIONAL_LOCKS": "0",
        }
        if self.plain:
            ours |= {"GIT_ATTR_NOSYSTEM": "1", "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        return git_process.sealed_environment() | ours


@dataclass(frozen=True)
class Opened:
    """`git` works in the app's folder; `prefix` is that folder's path below the work tree, "" or `app/`."""

    git: Git
    repository: Repository
    settings: Settings
    commit: str | None
    prefix: str


@contextmanager
def opened(root: Path, repository: Repository | None = None, *, plain: bool = False) -> Iterator[Opened | None]:
    """A git for the repository around `root`; None where there is none, or no git.

    `plain`: files are as a checkout on another machine has them, whatever this machine and its user have set.
    """
    found = repository or git_theirs.find(root)
    known = settings(found) if found else None
    if found is None or known is None or known.bare:
        yield None
        return
    _trust(found, root, known)
    commit = git_theirs.head(found)
    with tempfile.TemporaryDirectory(prefix="localku-git-") as temporary:
        folder = Path(temporary)
        make(folder, (found.objects,), known.object_format, commit, {} if plain else known.core)
        _copy_index(found, folder)
        start = Path(os.path.realpath(root))
        prefix = "".join(f"{part}/" for part in start.relative_to(os.path.realpath(found.top)).parts)
        yield Opened(Git(folder, found.top, start, start, plain), found, known, commit, prefix)


def make(
    folder: Path, objects: tuple[Path, ...], object_format: str, commit: str | None, core: Mapping[str, str]
) -> None:
    """Fill `folder` with a git directory that finds its objects in the folders `objects`."""
    for name in ("objects/info", "refs", "info"):
        (folder / name).mkdir(parents=True)
    values = dict(core) | _CONFIG | {"core.repositoryformatversion": "0"}
    if object_format != "sha1":
        values |= {"core.repositoryformatversion": "1", "extensions.objectformat": object_format}
    lines = "".join("[{}]\n{} = {}\n".format(*name.split("."), _quoted(value)) for name, value in values.items())
    _write(folder / "config", lines)
    _write(folder / "objects/info/alternates", "".join(f"{_quoted(os.path.realpath(path))}\n" for path in objects))
    _write(folder / "HEAD", f"{commit or 'ref: refs/heads/main'}\n")
    _write(folder / "none", "")


def _copy_index(repository: Repository, folder: Path) -> None:
    """Copy the index, with its time: a file changed in that same moment is one git must look into."""
    exclude = git_theirs.read(repository.common / "info/exclude", 1 << 24)
    if exclude:
        (folder / "info/exclude").write_bytes(exclude)
    names = ["index"]
    try:
        names += [name for name in os.listdir(repository.git_dir) if name.startswith("sharedindex.")]  # noqa: PTH208
        for name in names:
            source = repository.git_dir / name
            content = git_theirs.read(source)
            if content is not None:
                info = source.stat()
                (folder / name).write_bytes(content)
                os.utime(folder / name, ns=(info.st_mtime_ns, info.st_mtime_ns))
    except OSError as error:
        raise LocalkuError(f"The index of {repository.top} cannot be copied: {error.strerror}.") from error


def _trust(repository: Repository, root: Path, known: Settings) -> None:
    """Refuse a repository above the folder that belongs neither to its user nor to the folder's owner.

    git refuses more, for the sake of the configuration; of that nothing is read here.
    """
    owners = {os.geteuid(), root.stat().st_uid}
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdecimal():
        owners.add(int(os.environ["SUDO_UID"]))
    if {repository.git_dir.stat().st_uid, (repository.top / ".git").lstat().st_uid} <= owners:
        return
    top = str(repository.top)
    if any(
        one == "*" or top == one.rstrip("/") or (one.endswith("/*") and top.startswith(one[:-1]))
        for one in known.trusted
    ):
        return
    raise LocalkuError(
        f"git does not trust {root}: another user owns its repository {top}.",
        f"If you trust it, run: git config --global --add safe.directory {top}",
    )


def _failure(folder: Path, said: str) -> LocalkuError:
    if any(word in said for word in _LACKING):
        return LocalkuError(
            f"The repository of {folder} lacks objects of its last commit: {said.splitlines()[0]}",
            "localku fetches nothing. In a partial clone, run: git fetch --refetch --no-filter\n"
            "In any other, `git fsck` says what is broken.",
        )
    return LocalkuError(f"git cannot list the files of {folder}.", said)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _write(path: Path, text: str) -> None:
    path.write_bytes(os.fsencode(text))
