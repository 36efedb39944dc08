"""Runs the buildpacks of one build, inside the build container.

Standard library only: it runs on whatever python3 the build image has. Standard output is the transcript, with
reports for localku between its lines (events.py). Its one argument is a file with the order as JSON.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localku.slugs.inside import events
from localku.slugs.inside.events import Event

Tell = Callable[[Event], None]

PR_SET_DUMPABLE = 4
"""linux/prctl.h"""

LAST = "last-build"
"""Beside the cache: where the last build that succeeded still lies."""

FETCHED_BINARIES = ("detect", "compile", "release", "report")


def main(order_file: str) -> int:
    keep_to_myself()
    order = json.loads(Path(order_file).read_text())
    Path(order_file).unlink()
    tell = events.Writer(order.pop("key"))
    os.dup2(1, 2)
    clean_leftovers(order)
    try:
        return build(order, tell)
    finally:
        shutil.rmtree(order["env_dir"], ignore_errors=True)


def keep_to_myself() -> None:
    """Let no process of the same user, which buildpacks are, look into this one's memory (prctl(2))."""
    if ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError("prctl")


def build(order: dict[str, Any], tell: Tell) -> int:
    chosen = choose(order, tell)
    if not chosen:
        return 1
    release = ""
    exports: list[str] = []
    for buildpack in chosen:
        release_text = run_buildpack(order, buildpack, exports, tell)
        if release_text is None:
            return 1
        release = release_text
    pack(order, release, tell)
    return 0


def clean_leftovers(order: dict[str, Any]) -> subprocess.Popen[bytes] | None:
    """Take away what earlier builds have left on the volume, beside the build: it can be thousands of files."""
    Path(order["cache_dir"]).mkdir(parents=True, exist_ok=True)
    keep = {Path(order[key]).name for key in ("build_dir", "env_dir", "out_dir")} | {last_build(order).name}
    left = [
        entry
        for entry in Path("/tmp").iterdir()
        if entry.name.startswith(("build_", "env_", "slug_")) and entry.name not in keep
    ]
    buildpacks = Path(order["buildpack_root"])
    left += [entry for entry in buildpacks.parent.iterdir() if entry != buildpacks]
    for entry in [entry for entry in left if entry.name.startswith("env_")]:
        shutil.rmtree(entry, ignore_errors=True)
    if not left:
        return None
    return subprocess.Popen(["nice", "rm", "-rf", "--", *map(str, left)], stdin=subprocess.DEVNULL)


def last_build(order: dict[str, Any]) -> Path:
    """The folder of the last build that succeeded: buildpacks may move what they made there instead of copying it."""
    record = Path(order["cache_dir"]).parent / LAST
    return Path(record.read_text()) if record.is_file() else Path(order["build_dir"])


def choose(order: dict[str, Any], tell: Tell) -> list[dict[str, str]]:
    """With `auto` every candidate that detects; else the whole list, each detected when its turn comes."""
    listed: list[dict[str, str]] = order["buildpacks"]
    for buildpack in listed:
        for name in FETCHED_BINARIES:
            file = Path(buildpack["dir"], "bin", name)
            if file.is_file():
                file.chmod(0o755)
    if not order["auto"]:
        return listed
    tried = [(buildpack, detect(order, buildpack)) for buildpack in listed]
    found = [{**buildpack, "name": name} for buildpack, (status, name, _) in tried if status == 0]
    tell(events.Detected(tuple(buildpack["reference"] for buildpack in found)))
    return found


def detect(order: dict[str, Any], buildpack: dict[str, str]) -> tuple[int, str, str]:
    program = Path(buildpack["dir"], "bin", "detect")
    if not program.is_file():
        return 127, "", f"This buildpack has no bin/detect, so it is not one: {buildpack['reference']}\n"
    done = subprocess.run(
        [str(program), order["build_dir"]],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr


def run_buildpack(order: dict[str, Any], buildpack: dict[str, str], exports: list[str], tell: Tell) -> str | None:
    """Detect (unless that is done), compile, take over `export`; return bin/release's text, None when it failed."""
    status, name, complaint = (0, buildpack["name"], "") if "name" in buildpack else detect(order, buildpack)
    if status != 0:
        tell(events.Incompatible(buildpack["reference"], complaint))
        return None
    tell(events.App(name, buildpack["reference"]))
    status = compile_app(order, buildpack, exports)
    if status != 0:
        tell(events.Failed(name, buildpack["reference"], status))
        return None
    if Path(buildpack["dir"], "export").is_file():
        exports.append(f"{buildpack['dir']}/export")
    return release_of(order, buildpack)


def compile_app(order: dict[str, Any], buildpack: dict[str, str], exports: list[str]) -> int:
    """Source earlier buildpacks' `export` files at top level of a shell, then become bin/compile."""
    program = f"{buildpack['dir']}/bin/compile"
    script = "".join(f". {shlex.quote(file)}\n" for file in exports)
    script += 'exec "$0" "$@"\n'
    sys.stdout.flush()
    last = last_build(order)
    spare = {"LOCALKU_LAST_BUILD": str(last)} if last.is_dir() and str(last) != order["build_dir"] else {}
    return subprocess.run(
        ["/bin/bash", "-c", script, program, order["build_dir"], order["cache_dir"], order["env_dir"]],
        stdin=subprocess.DEVNULL,
        cwd="/app",
        env={**os.environ, **spare},
        check=False,
    ).returncode


def release_of(order: dict[str, Any], buildpack: dict[str, str]) -> str:
    program = Path(buildpack["dir"], "bin", "release")
    if not program.is_file():
        return ""
    done = subprocess.run(
        [str(program), order["build_dir"]], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
    )
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def pack(order: dict[str, Any], release: str, tell: Tell) -> None:
    """Write the part of the slug that is not in the dependency layer as `app.tar`, and report both."""
    build_dir = Path(order["build_dir"])
    layer_paths = [name for name in order["layer_paths"] if (build_dir / name).is_dir()]
    layer = fingerprint(build_dir, layer_paths)
    procfile = build_dir / "Procfile"
    out = Path(order["out_dir"])
    out.mkdir()
    (Path(order["cache_dir"]).parent / LAST).write_text(str(build_dir))
    compressed = app_archive(build_dir, layer_paths, out / "app.tar", int(order["uid"]), int(order["gid"]))
    text = procfile.read_bytes().decode(errors="replace") if procfile.is_file() else None
    tell(events.Packed(release, text, layer, tuple(layer_paths), compressed))


def app_archive(build_dir: Path, excluded: list[str], target: Path, uid: int, gid: int) -> int:
    """Tar everything but the excluded folders; return the size it has when compressed."""
    options = ["-C", str(build_dir), "--anchored", "--no-wildcards", f"--owner={uid}", f"--group={gid}"]
    options += [f"--exclude=./{name}" for name in excluded]
    script = 'set -o pipefail; tar "$@" -cf - . | tee "$0" | gzip -1 | wc -c'
    done = subprocess.run(["/bin/bash", "-c", script, str(target), *options], stdout=subprocess.PIPE, check=True)
    return int(done.stdout)


def fingerprint(root: Path, names: list[str]) -> str:
    """A hash of every path, size, mode and time below `names`: the same dependency layer has the same one."""
    if not names:
        return _digest(b"")
    rows = subprocess.run(
        ["find", *sorted(f"./{name}" for name in names), *_ROWS], cwd=root, stdout=subprocess.PIPE, check=True
    ).stdout
    return _digest(b"\0".join(sorted(rows.split(b"\0"))))


def _digest(rows: bytes) -> str:
    return hashlib.blake2b(rows, digest_size=16).hexdigest()


_ROWS = (
    *("(", "-type", "d", "-printf", r"%p %y %m\0", ")", "-o"),
    *("(", "-type", "l", "-printf", r"%p %y %l\0", ")", "-o"),
    *("-printf", r"%p %y %m %s %T@\0"),
)
"""What `find` says of a folder, a link and a file. A folder's own time changes with its cache, and means nothing."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
