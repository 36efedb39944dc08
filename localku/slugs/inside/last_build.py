"""What a build leaves to the next one: its folder, the trees in it that may be moved, and its layer's fingerprint.

All of it lies beside the cache, in one volume with the folders of builds:

    last-build    what the last build that succeeded has left (JSON; of earlier versions the bare path of its folder)
    spares.json   for this build: what of that is untouched
    announced     from this build's buildpacks: a line for each tree, `token<TAB>path<TAB>moment`
    old/          from this build's buildpacks: folders that nobody needs any more

A buildpack that needs a tree of a token that spares.json has moves it into its own build, and announces it anew with
the moment given there. A build that fails or is killed leaves it where it is: the next one finds it by its inode.

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from localku.slugs.inside import files_seen, layer_print, untouched
from localku.slugs.inside.untouched import Tree

RECORD, SPARES, ANNOUNCED, OLD = "last-build", "spares.json", "announced", "old"

COLUMNS = 3
"""Of a line of `announced`."""


@dataclass(frozen=True)
class Last:
    """`layer` is the fingerprint of `layer_paths`, `rest` a hash of what of that is in no tree.

    `checked`: its trees were looked through at its end, and no build has begun since.
    """

    folder: str
    layer: str = ""
    rest: str = ""
    layer_paths: tuple[str, ...] = ()
    trees: Mapping[str, Tree] = field(default_factory=dict)
    checked: bool = False


class LastBuild:
    """The last build, as seen by the build `build_dir`; `place` is the folder that the cache lies in."""

    def __init__(self, place: Path, build_dir: Path) -> None:
        self._place = place
        self._build_dir = build_dir

    @property
    def folder(self) -> Path | None:
        """Where the last build that succeeded still lies."""
        last = self._read()
        return Path(last.folder) if last else None

    @property
    def trees(self) -> Collection[str]:
        """The paths of the trees that buildpacks may move out of it."""
        last = self._read()
        return tuple(last.trees) if last else ()

    @property
    def old(self) -> Path:
        """Where buildpacks put what is to be removed."""
        return self._place / OLD

    @property
    def announced_bytes(self) -> int:
        """How much buildpacks of this build have announced so far."""
        return (self._place / ANNOUNCED).stat().st_size

    def prepare(self, names: Collection[str]) -> None:
        """Find out which trees are untouched; before any program of this build runs, and before builds are removed.

        `names` are the folders that buildpacks fill. Removing a tree whose files have other names in this or the
        last build (package managers link what they install) changes the time of those: what nobody can use any
        more goes first, and what is left counts as announced then.
        """
        last = self._read() or Last("")
        (self._place / ANNOUNCED).write_text("")
        builds = self._earlier(Path(last.folder))
        self._bring_back(last, builds)
        now = untouched.touched(self._place / ANNOUNCED)
        told = {path: tree for path, tree in last.trees.items() if tree.moment <= now}  # the clock may be set back
        trees = _found(last, told) if last.checked else untouched.untouched(Path(last.folder), told)
        useless = [Path(last.folder, path) for path in last.trees if path not in trees]
        if _remove_linked([*useless, *(build / name for build in builds for name in names)]):
            trees = self._renewed(trees)
        if trees != last.trees or last.checked:
            self._write(dataclasses.replace(last, trees=trees, checked=False))
        self._offer(trees)

    def environment(self) -> dict[str, str]:
        """The variables by which buildpacks find what they may take over, and where they announce what they have."""
        folder = self.folder
        here = {"LOCALKU_KEEP": str(self._place / ANNOUNCED), "LOCALKU_OLD": str(self.old)}
        if folder is None or not folder.is_dir() or folder == self._build_dir:
            return here
        return {"LOCALKU_LAST_BUILD": str(folder), "LOCALKU_SPARES": str(self._place / SPARES), **here}

    def fingerprint(self, names: Collection[str]) -> str:
        """Return the fingerprint of the layer `names`, and make this build the last one.

        Where every tree in them is the last build's, and the rest is equal, so is the layer.
        """
        last, trees = self._read(), self._announced()
        rest = layer_print.rest(self._build_dir, names, [path for path in trees if _below(path, names)])
        clean = untouched.untouched(self._build_dir, trees)
        moved = last is not None and all(
            path in clean and last.trees.get(path) == tree for path, tree in trees.items() if _below(path, names)
        )
        if last is not None and moved and last.rest == rest:
            layer = last.layer
        else:
            layer = layer_print.fingerprint(self._build_dir, names)
            rows = self.seen(names)
            if rows is not None:
                files_seen.keep(self._place / files_seen.FOLDER, layer, rows)
        left = {path: tree if path in clean else dataclasses.replace(tree, top="") for path, tree in trees.items()}
        self._write(Last(str(self._build_dir), layer, rest, tuple(names), left, checked=True))
        return layer

    def made(self, names: Collection[str]) -> dict[str, Tree]:
        """Return the trees below `names` that were announced so far and are not the last build's."""
        last = self._read()
        old = last.trees if last is not None else {}
        return {path: tree for path, tree in self._announced().items() if _below(path, names) and old.get(path) != tree}

    def seen(self, paths: Collection[str]) -> bytes | None:
        """List the files in `paths` as they are now; None where no clock ticks."""
        now = untouched.moment(self._place / ANNOUNCED)
        return None if now is None else files_seen.listed(self._build_dir, paths, now)

    def _announced(self) -> dict[str, Tree]:
        """Return what buildpacks have announced, without what was changed on its surface since."""
        last = self._read()
        found: dict[str, Tree] = {}
        for line in _text(self._place / ANNOUNCED).split("\n"):
            token, path, moment = (*line.split("\t"), *[""] * COLUMNS)[:COLUMNS]
            if not moment.isdigit() or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                continue
            found.pop(path, None)
            moved = last.trees.get(path) if last else None
            if moved is not None and (moved.token, moved.moment) == (token, int(moment)):
                tree: Tree | None = moved
            else:
                tree = untouched.fresh(self._build_dir / path, token, int(moment))
            if tree is not None:
                found[path] = tree
        return found

    def _renewed(self, trees: Mapping[str, Tree]) -> dict[str, Tree]:
        now = untouched.moment(self._place / ANNOUNCED)
        return {} if now is None else {path: dataclasses.replace(tree, moment=now) for path, tree in trees.items()}

    def _earlier(self, last: Path) -> list[Path]:
        """Return the folders of builds that failed, and of those before the last one."""
        return [
            folder
            for folder in self._build_dir.parent.iterdir()
            if folder.name.startswith("build_") and folder not in (last, self._build_dir)
        ]

    def _bring_back(self, last: Last, builds: Collection[Path]) -> None:
        """Move trees back that a build which failed, or was killed, had moved."""
        for path, tree in last.trees.items():
            taken = [build / path for build in builds if untouched.is_at(build / path, tree)]
            home = Path(last.folder, path)
            if taken and not home.exists() and home.parent.is_dir():
                taken[0].rename(home)

    def _offer(self, trees: Mapping[str, Tree]) -> None:
        offered = {path: {"token": tree.token, "moment": tree.moment} for path, tree in trees.items()}
        (self._place / SPARES).write_text(json.dumps(offered))

    def _read(self) -> Last | None:
        text = _text(self._place / RECORD)
        return _parsed(text) if text.startswith("{") or not text else Last(text)

    def _write(self, last: Last) -> None:
        part = self._place / f"{RECORD}.part"
        part.write_text(json.dumps(dataclasses.asdict(last)))
        part.replace(self._place / RECORD)


def _text(file: Path) -> str:
    return file.read_text(errors="surrogateescape") if file.is_file() else ""


def _parsed(text: str) -> Last | None:
    """Read a record; None for one of another version, or one that somebody has written over."""
    try:
        fields: dict[str, Any] = json.loads(text)
        trees = {path: Tree(**tree) for path, tree in fields.pop("trees").items()}
        return Last(**{**fields, "layer_paths": tuple(fields["layer_paths"]), "trees": trees})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _found(last: Last, trees: Mapping[str, Tree]) -> dict[str, Tree]:
    return {path: tree for path, tree in trees.items() if untouched.is_at(Path(last.folder, path), tree)}


def _below(path: str, names: Collection[str]) -> bool:
    return any(path == name or path.startswith(f"{name}/") for name in names)


def _remove_linked(paths: Collection[Path]) -> bool:
    """Remove `paths` if a file in them has another name; tell if so."""
    there = [str(path) for path in paths if path.is_dir() and not path.is_symlink()]
    if not there or not _output("find", *there, "-type", "f", "-links", "+1", "-print", "-quit"):
        return False
    _output("rm", "-rf", "--", *there)
    return True


def _output(*command: str) -> bytes:
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False).stdout
