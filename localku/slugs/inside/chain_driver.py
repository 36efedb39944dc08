"""Runs the buildpacks of one build, inside the build container.

Standard library only: it runs on whatever python3 the build image has. Standard output is the transcript, with
reports for localku between its lines (events.py). Standard input is what to build (intake.py).
"""

from __future__ import annotations

import ctypes
import errno
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from localku.slugs.inside import app_part, events, forked, large_app, last_image, packed_size, surroundings
from localku.slugs.inside.events import Event
from localku.slugs.inside.intake import Intake
from localku.slugs.inside.last_build import LastBuild
from localku.slugs.inside.received import File
from localku.slugs.inside.settling import Settling

Tell = Callable[[Event], None]

PR_SET_DUMPABLE = 4
"""linux/prctl.h"""

OWN = Path("/localku/buildpacks")
"""Our own buildpacks, as nothing in a build can change them."""

VOLUME = Path("/tmp")
"""Where builds lie beside one another."""

THE_DISKS = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}
"""Errors that are no defect of ours."""

FETCHED_BINARIES = ("detect", "compile", "release", "report")


def main(buildpacks: Path = OWN, end_others: Callable[[], None] = lambda: None) -> int:
    """Build what is sent. `end_others` ends every other process of the container."""
    keep_to_myself()
    os.dup2(1, 2)
    intake = Intake.of_standard_input()
    forked.preload(buildpacks, intake.waits)
    order = intake.order()
    if order is None:
        return 0
    tell = events.Writer(order.pop("key"))
    order["for_our_own"] = surroundings.take(os.environ)
    os.environ.update(order.pop("environment"))
    left: list[Path] = []
    try:
        sent = receive(order, intake, tell)
        left = leftovers(order)
        remove(left)  # what the build's end cuts short goes on after it
        status = build(order, tell, sent, end_others)
    except OSError as error:
        if error.errno not in THE_DISKS:
            raise
        print(f" !     The build cannot go on: {error}", flush=True)
        status = 1
    finally:
        shutil.rmtree(order["env_dir"], ignore_errors=True)
    if status == 0:
        remove(left)
        intake.until_let_go()
    return status


def receive(order: dict[str, Any], intake: Intake, tell: Tell) -> Mapping[str, File]:
    """Unpack what belongs to the order, then the source, and put our own buildpacks in their places.

    Return what files of a large app's source were like then.
    """
    intake.unpack("/")
    for buildpack in order["buildpacks"]:
        if buildpack["own"]:
            furnish(Path(buildpack["own"]), Path(buildpack["dir"]))
    if "source" in order:
        return large_app.receive(order, last_build(order).trees, intake, tell)
    intake.unpack("/")
    return {}


def furnish(own: Path, place: Path) -> None:
    """Let a buildpack be in its place. Programs find their folder by their own, so that they are copied."""
    place.mkdir(parents=True)
    for entry in own.iterdir():
        if entry.name == "bin":
            shutil.copytree(entry, place / "bin")
        else:
            (place / entry.name).symlink_to(entry)


def keep_to_myself() -> None:
    """Let no process of the same user, which buildpacks are, look into this one's memory (prctl(2))."""
    if ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError("prctl")


def build(
    order: dict[str, Any], tell: Tell, sent: Mapping[str, File], end_others: Callable[[], None] = lambda: None
) -> int:
    chosen = choose(order, tell)
    if not chosen:
        return 1
    release = ""
    exports: list[str] = []
    settled = Settling(last_build(order), order["layer_paths"], Path(order["out_dir"]), tell)
    ahead = started_ahead(order, chosen)
    for buildpack in chosen:
        if buildpack["dir"] in ahead:
            forked.wait(ahead[buildpack["dir"]])
        is_last = buildpack is chosen[-1]
        release_text = run_buildpack(order, buildpack, exports, tell, settled.look if is_last else None)
        if release_text is None:
            return 1
        release = release_text
        if not is_last:
            settled.report()
    end_others()  # nothing that the app has started may change what is listed, compared and copied from now on
    pack(order, release, tell, sent)
    return 0


def started_ahead(order: dict[str, Any], chosen: list[dict[str, str]]) -> dict[str, int]:
    """Start what buildpacks of our own can do before their turn; return the process ids, by the buildpacks' places."""
    arguments = [order["build_dir"], order["cache_dir"], order["env_dir"]]
    programs = {each["dir"]: Path(each["dir"], "bin", "ahead") for each in chosen[1:] if each.get("own")}
    environment = {**os.environ, **order["for_our_own"]}
    with Path(os.devnull).open("wb") as nothing:
        out = nothing.fileno()
        return {
            place: forked.start(program, arguments, cwd=place, env={**environment, "PWD": place}, out=out, err=out)
            for place, program in programs.items()
            if program.is_file()
        }


def leftovers(order: dict[str, Any]) -> list[Path]:
    """Make out what earlier builds have left on the volume, once nothing of it is needed; config vars go at once."""
    last = last_build(order)
    last.prepare(order["layer_paths"])
    keep = {Path(order[key]).name for key in ("build_dir", "env_dir", "out_dir")} | last_image.still_needed(order)
    keep |= {last.folder.name} if last.folder else set()
    left = [
        entry
        for entry in VOLUME.iterdir()
        if entry.name.startswith(("build_", "env_", "slug_")) and entry.name not in keep
    ]
    buildpacks = Path(order["buildpack_root"])
    left += [entry for entry in buildpacks.parent.iterdir() if entry != buildpacks]
    left.append(last.old)
    for entry in [entry for entry in left if entry.name.startswith("env_")]:
        shutil.rmtree(entry, ignore_errors=True)
    return left


def remove(left: Collection[Path]) -> subprocess.Popen[bytes] | None:
    """Take away beside the build what is still there: it can be thousands of files."""
    there = [str(path) for path in left if path.exists()]
    return subprocess.Popen(["nice", "rm", "-rf", "--", *there], stdin=subprocess.DEVNULL) if there else None


def last_build(order: dict[str, Any]) -> LastBuild:
    cache_dir = Path(order["cache_dir"])
    cache_dir.mkdir(parents=True, exist_ok=True)
    return LastBuild(cache_dir.parent, Path(order["build_dir"]))


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
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        status = run(buildpack, program, [order["build_dir"]], out=out.fileno(), err=err.fileno())
        return status, _text(out).strip(), _text(err)


def run(
    buildpack: dict[str, str],
    program: Path,
    arguments: list[str],
    *,
    out: int | None = None,
    err: int | None = None,
) -> int:
    """Run a buildpack's program, one of our own without an interpreter of its own; None is our own output."""
    place, environment = surroundings.place(buildpack), surroundings.of(buildpack, os.environ)
    if buildpack.get("own") and forked.can(program):
        to, errors = 1 if out is None else out, 2 if err is None else err
        return forked.run(program, arguments, cwd=place, env=environment, out=to, err=errors)
    sys.stdout.flush()
    done = subprocess.run(
        [str(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        cwd=place,
        env=environment,
        check=False,
    )
    return done.returncode


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def run_buildpack(
    order: dict[str, Any],
    buildpack: dict[str, str],
    exports: list[str],
    tell: Tell,
    meanwhile: Callable[[], None] | None,
) -> str | None:
    """Detect (unless that is done), compile, take over `export`; return bin/release's text, None when it failed.

    `meanwhile` is called again and again while one of our own compiles.
    """
    status, name, complaint = (0, buildpack["name"], "") if "name" in buildpack else detect(order, buildpack)
    if status != 0:
        tell(events.Incompatible(buildpack["reference"], complaint))
        return None
    tell(events.App(name, buildpack["reference"]))
    status = compile_app(order, buildpack, exports, meanwhile)
    if status != 0:
        tell(events.Failed(name, buildpack["reference"], status))
        return None
    if Path(buildpack["dir"], "export").is_file():
        exports.append(f"{buildpack['dir']}/export")
    return release_of(order, buildpack)


def compile_app(
    order: dict[str, Any], buildpack: dict[str, str], exports: list[str], meanwhile: Callable[[], None] | None = None
) -> int:
    """Source earlier buildpacks' `export` files at top level of a shell, then become bin/compile."""
    program = f"{buildpack['dir']}/bin/compile"
    script = "".join(f". {shlex.quote(file)}\n" for file in exports)
    script += 'exec "$0" "$@"\n'
    sys.stdout.flush()
    environment, place = surroundings.of(buildpack, os.environ), surroundings.place(buildpack)
    if buildpack.get("own"):
        environment |= {**order["for_our_own"], **last_build(order).environment()}
    arguments = [order["build_dir"], order["cache_dir"], order["env_dir"]]
    if buildpack.get("own") and forked.can(Path(program)):
        exported = sourced(exports, environment, place)
        if exported is not None:
            return forked.run(Path(program), arguments, cwd=place, env=exported, meanwhile=meanwhile)
    return subprocess.run(
        ["/bin/bash", "-c", script, program, *arguments],
        stdin=subprocess.DEVNULL,
        cwd=place,
        env=environment,
        check=False,
    ).returncode


def sourced(exports: list[str], environment: dict[str, str], place: str) -> dict[str, str] | None:
    """Return the environment after the `export` files; None where a shell does not get to the end of them."""
    if not exports:
        return environment
    script = "".join(f". {shlex.quote(file)}\n" for file in exports) + "exec /usr/bin/env -0\n"
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=place,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        return None
    rows = (row.partition("=") for row in os.fsdecode(done.stdout).split("\0") if "=" in row)
    return {name: value for name, _, value in rows}


def release_of(order: dict[str, Any], buildpack: dict[str, str]) -> str:
    program = Path(buildpack["dir"], "bin", "release")
    if not program.is_file():
        return ""
    with tempfile.TemporaryFile() as out:
        status = run(buildpack, program, [order["build_dir"]], out=out.fileno())
        return _text(out) if status == 0 else ""


def pack(order: dict[str, Any], release: str, tell: Tell, sent: Mapping[str, File]) -> None:
    """List what of the slug is not in the dependency layer, for the image that it comes into; report both parts."""
    build_dir = Path(order["build_dir"])
    layer_paths = [name for name in order["layer_paths"] if (build_dir / name).is_dir()]
    procfile = build_dir / "Procfile"
    out = Path(order["out_dir"])
    out.mkdir(exist_ok=True)
    with ThreadPoolExecutor(max_workers=1) as beside:
        size = beside.submit(list_app, build_dir, layer_paths, out)
        layer = last_build(order).fingerprint(layer_paths)
        found, compressed = size.result()
    text = procfile.read_bytes().decode(errors="replace") if procfile.is_file() else None
    tell(last_image.compared(order, layer, found, sent))
    tell(events.Packed(release, text, layer, tuple(layer_paths), compressed))


def list_app(build_dir: Path, excluded: list[str], out: Path) -> tuple[app_part.Entries, int]:
    """Write the list of everything but the excluded folders; return that, and the size it has when compressed."""
    found = app_part.entries(build_dir, excluded)
    (out / app_part.WRITE).write_bytes(app_part.listed(found))
    return found, packed_size.compressed(build_dir, found)


if __name__ == "__main__":
    sys.exit(main())
