"""Build the wheel, see that it holds every file of buildpacks and stacks, and run it in a fresh virtualenv."""

# ruff: noqa: INP001 - a script, no package
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ("buildpacks", "stacks")
EXECUTABLE = 0o111

EXPORT = """
import pathlib, subprocess, tempfile
from localku.slugs import own_buildpacks
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "app").mkdir()
    for file in ("package.json", "bower.json"):
        (folder / "app" / file).write_text("{,}")
    for buildpack in ("nodejs", "bower"):
        own_buildpacks.export(buildpack, folder / buildpack)
        places = [folder / "app", folder / "cache", folder / "env"]
        done = subprocess.run([folder / buildpack / "bin/compile", *places], capture_output=True, text=True)
        print(buildpack, "Error: Unable to parse your" in done.stdout + done.stderr)
"""
"""Runs a buildpack that was taken out of the wheel as far as its first look at the app."""

WHERE = "from localku import paths; print(paths.data('buildpacks'), paths.data('stacks'), sep='\\n')"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="localku-wheel-") as name:
        scratch = Path(name)
        wheel = build(scratch)
        print(f"{wheel.name}, {wheel.stat().st_size // 1024} KB")
        problems = contents(wheel) or installed(wheel, scratch / "venv")
    for problem in problems:
        print(f" !     {problem}", file=sys.stderr)
    return 1 if problems else 0


def build(scratch: Path) -> Path:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(scratch), str(ROOT))
    (wheel,) = scratch.glob("*.whl")
    return wheel


def contents(wheel: Path) -> list[str]:
    """Compare the wheel with the files of the checkout, and their executable bits."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {member.filename: member.external_attr >> 16 for member in archive.infolist()}
    problems = []
    for file in shipped():
        inside = f"localku/_data/{file.relative_to(ROOT).as_posix()}"
        if inside not in packed:
            problems.append(f"{inside} is not in the wheel")
        elif bool(packed[inside] & EXECUTABLE) != os.access(file, os.X_OK):
            problems.append(f"{inside} has another executable bit than the file")
    problems += [f"{inside} should not be in the wheel" for inside in packed if "__pycache__" in inside]
    return problems + twice(wheel)


def twice(wheel: Path) -> list[str]:
    """Modules of the buildpacks that are in the wheel more than once."""
    seen: dict[bytes, str] = {}
    problems = []
    with zipfile.ZipFile(wheel) as archive:
        for inside in (name for name in archive.namelist() if "/buildpacks/" in name and name.endswith(".py")):
            earlier = seen.setdefault(archive.read(inside), inside)
            if earlier != inside:
                problems.append(f"{inside} and {earlier} are the same")
    return problems


def shipped() -> list[Path]:
    return [
        file
        for folder in DATA
        for file in sorted((ROOT / folder).rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    ]


def installed(wheel: Path, folder: Path) -> list[str]:
    """Install the wheel where nothing of the checkout is in reach, and ask it who and where it is."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin/python")
    run(python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", str(wheel))
    problems = []
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    answer = run(str(folder / "bin/localku"), "--version", cwd=folder)
    print(answer.strip())
    if not answer.startswith(f"localku/{version} "):
        problems.append(f"localku --version says {answer.strip()}, not localku/{version}")
    if "reset-fs" not in run(str(folder / "bin/localku"), "--help", cwd=folder):
        problems.append("localku --help does not list the commands")
    exported = run(python, "-c", EXPORT, cwd=folder)
    if exported != "nodejs True\nbower True\n":
        problems.append(f"a buildpack exported from the wheel does not run: {exported}")
    places = [Path(place) for place in run(python, "-c", WHERE, cwd=folder).splitlines()]
    astray = [place for place in places if not place.is_relative_to(folder) or not place.is_dir()]
    return problems + [f"the installed localku looks for its data in {place}" for place in astray]


def run(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f" !     `{' '.join(command)}` failed with exit status {done.returncode}.")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
