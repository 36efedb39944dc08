"""What git says about a folder: read only, and deaf to the caller's own repository."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from localku.errors import LocalkuError

_REPOSITORY_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_DIR", "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_TRACE", "GIT_WORK_TREE",
    }
)  # fmt: skip
"""Variables a git hook passes on that would point every command at the wrong repository.

`git rev-parse --local-env-vars` lists them; those that carry configuration stay.
"""

_SUBMODULE = b"160000"


@dataclass(frozen=True)
class Listing:
    """POSIX paths relative to the folder; odd bytes as surrogates. `commit` is HEAD's 40 hex digits."""

    tracked: tuple[str, ...]
    untracked: tuple[str, ...]
    changed: tuple[str, ...]
    commit: str | None


def listing(root: Path) -> Listing | None:
    """What git tracks and would track below `root`; submodules' files are among them.

    None when `root` is in no work tree, is itself ignored by the repository around it, or git is not
    installed. LocalkuError when git refuses.
    """
    index = _git(root, "ls-files", "-z", "--stage")
    if index is None:
        return None
    others = _paths(_need(root, "ls-files", "-z", "--others", "--exclude-standard"))
    tracked, submodules = _parse_index(index)
    if not tracked and not submodules and not others and _ignored(root):
        return None
    commit = _head(root)
    changed = _changed(root) if commit else tuple(tracked)
    untracked = list(others)
    for path in submodules:
        if os.path.exists(root / path / ".git") and (inner := listing(root / path)):  # noqa: PTH110
            tracked += [f"{path}/{name}" for name in inner.tracked]
            untracked += [f"{path}/{name}" for name in inner.untracked]
            changed += tuple(f"{path}/{name}" for name in inner.changed)
    return Listing(tuple(dict.fromkeys(tracked)), tuple(untracked), changed, commit)


def scripts(root: Path) -> dict[str, tuple[bool, bool]]:
    """How git keeps the Procfile and what looks like a script: (executable, has CRLF line ends) by path."""
    output = _git(root, "ls-files", "-z", "--stage", "--eol", "--", *_SCRIPTS) or b""
    found = {}
    for record in output.split(b"\0"):
        about, _, rest = record.partition(b"\t")  # mode, hash and stage, then line ends, then the path
        ends, _, path = rest.partition(b"\t")
        if path:
            found[os.fsdecode(path)] = (about.startswith(b"100755"), ends.startswith((b"i/crlf", b"i/mixed")))
    return found


def check_out(root: Path, target: Path) -> str:
    """Write the files of the last commit below `root` into the empty folder `target`; return the commit.

    Submodules stay empty. LocalkuError where there is no commit.
    """
    commit, top = _head(root), _git(root, "rev-parse", "--show-toplevel", "--show-prefix")
    if commit is None or top is None:
        raise LocalkuError(f"There is no commit in {root}.", "Commit the app first, or build the folder as it is.")
    toplevel, prefix = os.fsdecode(top).splitlines()[:2]
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        for arguments in (("read-tree", f"HEAD:{prefix}"), ("checkout-index", "--all", f"--prefix={target}/")):
            done = _run(Path(toplevel), *arguments, **index)
            if done is None or done.returncode != 0:
                said = done.stderr.decode(errors="replace").strip() if done else ""
                raise LocalkuError(f"git cannot check out {commit[:8]}.", said)
    return commit


_SCRIPTS = (":(glob)Procfile", ":(glob)bin/**", ":(glob)scripts/**", ":(glob)*", ":(glob).profile.d/*")


def ignored(root: Path) -> tuple[str, ...]:
    """Paths in the folder that git ignores; a folder ignored as a whole is one path that ends in `/`."""
    listed = _git(root, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
    return _paths(listed or b"")


def _parse_index(output: bytes) -> tuple[list[str], list[str]]:
    """(files, submodules) out of `mode hash stage<TAB>path` records."""
    files: list[str] = []
    submodules: list[str] = []
    for record in output.split(b"\0"):
        if record:
            about, _, path = record.partition(b"\t")
            (submodules if about.startswith(_SUBMODULE) else files).append(os.fsdecode(path))
    return files, submodules


def _changed(root: Path) -> tuple[str, ...]:
    return _paths(_need(root, "diff", "-z", "--name-only", "--relative", "--no-ext-diff", "--no-renames", "HEAD", "--"))


def _head(root: Path) -> str | None:
    result = _run(root, "rev-parse", "--verify", "--quiet", "HEAD")
    return result.stdout.decode().strip() if result and result.returncode == 0 else None


def _ignored(root: Path) -> bool:
    result = _run(root, "check-ignore", "--quiet", ".")
    return result is not None and result.returncode == 0


def _paths(output: bytes) -> tuple[str, ...]:
    return tuple(os.fsdecode(path) for path in output.split(b"\0") if path)


def _need(root: Path, *arguments: str) -> bytes:
    output = _git(root, *arguments)
    if output is None:
        raise LocalkuError(f"{root} stopped being a git work tree.", "Try again once nothing else changes it.")
    return output


def _git(root: Path, *arguments: str) -> bytes | None:
    """Output of a git command in `root`; None outside a work tree or without git."""
    result = _run(root, *arguments)
    if result is None:
        return None
    if result.returncode == 0:
        return result.stdout
    said = result.stderr.decode(errors="replace").strip()
    if "not a git repository" in said or "must be run in a work tree" in said:
        return None
    if "dubious ownership" in said:
        raise LocalkuError(
            f"git does not trust {root}: another user owns it.",
            f"If you trust it, run: git config --global --add safe.directory {_named_folder(said) or root}",
        )
    raise LocalkuError(f"git cannot list the files of {root}.", said)


def _named_folder(said: str) -> str:
    """The repository git names, which may be a folder above the app."""
    parts = said.split("'")
    return parts[1] if len(parts) > 1 else ""


def _run(root: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes] | None:
    environment = {key: value for key, value in os.environ.items() if key not in _REPOSITORY_VARIABLES}
    environment |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", **variables}
    try:
        return subprocess.run(
            ["git", "-c", "core.fsmonitor=false", *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        if error.filename == "git":
            return None
        raise LocalkuError(f"{root} is not there any more.", "Try again once nothing else changes it.") from error
    except PermissionError as error:
        raise LocalkuError(
            f"{root} cannot be entered: {error.strerror}.", f"Look at it with `ls -ld {root}`."
        ) from error
