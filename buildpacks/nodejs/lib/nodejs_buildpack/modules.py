"""node_modules between builds.

    CACHE_DIR/nodejs/modules/state.json   of what the kept tree is the install, and what pruning did to it
    CACHE_DIR/nodejs/modules/tree/        node_modules as the package manager left it, devDependencies included
    CACHE_DIR/nodejs/modules/pruned/      the files that pruning rewrote

When nothing that an install depends on has changed, the tree is linked into the build instead of installing, and
what pruning did is repeated from the record instead of pruning. Both leave the same paths, sizes and times as
the build that made them. A build script that writes into files of node_modules in place would change the kept
tree through the links; its digest shows that, the next build installs anew and keeps a copy from then on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nodekit import tree

if TYPE_CHECKING:
    from pathlib import Path

    from .binaries import Binaries
    from .build import Build

_LAYOUT = "1"
# An install depends on the content of these files of the app.
_INPUTS = (
    "package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "pnpm-workspace.yaml",
    ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs",
)  # fmt: skip
_WRITTEN = "package-lock.json"
_INPUT_VARIABLES = ("NPM_CONFIG_", "npm_config_", "YARN_", "PNPM_", "pnpm_config_", "NODE_ENV")


NOTHING = "nothing"
"""In place of a tree's digest: the app has no dependencies, and its install leaves no node_modules."""


@dataclass(frozen=True)
class Pruned:
    """What pruning did: top-most paths removed, files rewritten, and the times of folders after it."""

    removed: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    times: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class State:
    """`key` names what was installed, `runtime` with which Node; `digest` is that of the kept tree, or NOTHING."""

    key: str = ""
    runtime: str = ""
    digest: str = ""
    copies: bool = False
    pruned: Pruned | None = None


@dataclass(frozen=True)
class Cache:
    folder: Path

    @property
    def kept(self) -> Path:
        return self.folder / "tree"

    @property
    def _pruned(self) -> Path:
        return self.folder / "pruned"

    def recorded(self) -> State:
        """Return what was kept, as the record has it; an empty State when nothing was."""
        try:
            content = json.loads((self.folder / "state.json").read_text())
            pruned = content.pop("pruned")
            return State(**content, pruned=None if pruned is None else _pruned_from(pruned))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return State()

    def load(self) -> State:
        """Return what is kept; an empty State when nothing is, or when it was changed since."""
        state = self.recorded()
        if state.digest == NOTHING:
            return state
        try:
            found = tree.digest(self.kept)
        except OSError:
            return State()
        return state if found == state.digest else State(copies=bool(state.digest))

    def keep(self, modules: Path, key: str, runtime: str, *, copies: bool) -> State:
        """Keep a freshly installed tree."""
        tree.remove(self.folder / "state.json")
        tree.remove(self._pruned)
        tree.remove(self.folder / _WRITTEN)
        tree.place(modules, self.kept, copy=copies)
        _own_records(self.kept)
        state = State(key, runtime, tree.digest(self.kept), copies)
        self._write(state)
        return state

    def keep_nothing(self, key: str, runtime: str) -> State:
        """Keep that an install leaves no modules."""
        self.forget()
        state = State(key, runtime, NOTHING)
        self._write(state)
        return state

    def restore(self, modules: Path, state: State, *, pruned: bool) -> None:
        """Put the tree into the build; `pruned` leaves out at once what pruning would remove."""
        if state.digest == NOTHING:
            return
        skip = frozenset(state.pruned.removed) if pruned and state.pruned else frozenset()
        tree.place(self.kept, modules, skip=skip, copy=state.copies)

    def is_all_in(self, modules: Path, state: State) -> bool:
        """Tell if every kept module but those to prune is there: a prune brings back what a build script removed."""
        names = {str(each.relative_to(self.kept)) for pattern in ("*", "@*/*") for each in self.kept.glob(pattern)}
        pruned = state.pruned.removed if state.pruned else ()
        return all(os.path.lexists(modules / name) for name in names.difference(pruned))

    def keep_lockfile(self, build_dir: Path) -> None:
        """Keep the lockfile that npm wrote for an app without one, so that a restored build has it too."""
        written = build_dir / _WRITTEN
        if written.is_file():
            shutil.copy2(written, self.folder / _WRITTEN)

    def restore_lockfile(self, build_dir: Path) -> None:
        kept = self.folder / _WRITTEN
        if kept.is_file() and not (build_dir / _WRITTEN).exists():
            shutil.copy2(kept, build_dir / _WRITTEN)

    def keep_pruned(self, state: State, before: dict[str, tree.Stamp], modules: Path) -> None:
        """Record what a prune did to a tree whose stamps were `before`."""
        after = tree.stamps(modules)
        changed = {path: stamp for path, stamp in after.items() if before.get(path) != stamp}
        record = Pruned(
            removed=tuple(_topmost(before.keys() - after.keys())),
            rewritten=tuple(sorted(path for path in changed if not path.endswith("/"))),
            times={path: stamp[1] for path, stamp in changed.items() if path.endswith("/")}
            | {"": modules.stat().st_mtime_ns},
        )
        for path in record.rewritten:
            kept = self._pruned / path
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(modules / path, kept, follow_symlinks=False)
        self._write(replace(state, pruned=record))

    def repeat_prune(self, record: Pruned, modules: Path) -> None:
        """Do to `modules` what the recorded prune did."""
        for path in record.removed:
            tree.remove(modules / path)
        for path in record.rewritten:
            tree.remove(modules / path)
            (modules / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._pruned / path, modules / path, follow_symlinks=False)
        for path, time in sorted(record.times.items(), reverse=True):
            os.utime(modules / path, ns=(time, time))

    def forget(self) -> None:
        tree.remove(self.folder)

    def _write(self, state: State) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / "state.json.part"
        part.write_text(json.dumps(asdict(state)))
        part.rename(self.folder / "state.json")


def _pruned_from(content: dict[str, Any]) -> Pruned:
    return Pruned(tuple(content["removed"]), tuple(content["rewritten"]), content["times"])


def runtime_key(build: Build, binaries: Binaries) -> str:
    """Name what compiled modules depend on."""
    manager = f"{binaries.manager.name} {binaries.manager.version}"
    return f"{_LAYOUT}; {build.option('STACK')}; {os.uname().machine}; node {binaries.node}; {manager}"


def install_key(build: Build, runtime: str) -> str:
    """Name everything an install depends on: two builds with the same key would install the same."""
    collected = hashlib.sha256(runtime.encode())
    for name in _INPUTS:
        path = build.build_dir / name
        collected.update(f"\0{name}\0".encode() + (path.read_bytes() if path.is_file() else b"\0"))
    for name, value in sorted(build.config.items()):
        if name.startswith(_INPUT_VARIABLES):
            collected.update(f"\0{name}={value}".encode(errors="surrogateescape"))
    return collected.hexdigest()


def _own_records(kept: Path) -> None:
    """Detach the package manager's own records from the build's: npm and yarn rewrite theirs in place."""
    times = kept.stat()
    for record in list(kept.glob(".*")):
        if record.is_file() and not record.is_symlink() and record.stat().st_nlink > 1:
            copied = record.with_name(f"{record.name}.part")
            shutil.copy2(record, copied)
            copied.replace(record)
    os.utime(kept, ns=(times.st_atime_ns, times.st_mtime_ns))


def _topmost(paths: set[str]) -> list[str]:
    """Return the paths without what lies under another of them, and without trailing slashes."""
    kept: list[str] = []
    for path in sorted(paths):
        if not (kept and kept[-1].endswith("/") and path.startswith(kept[-1])):
            kept.append(path)
    return [path.rstrip("/") for path in kept]
