"""Put Python into the build folder: from the cache, from the stack, from Heroku."""

from __future__ import annotations

from pathlib import Path

from pybuild import available, output, programs, python_home, trees
from pybuild.available import Available
from pybuild.context import Build
from pybuild.versions import Request, Version


def kept_dir(build: Build) -> Path:
    """Pythons downloaded by earlier builds, untouched, so that a later build without network has them."""
    return build.cache / "python-versions"


def install(build: Build, request: Request, version: Version, choice: Available, env: dict[str, str]) -> None:
    """Make the tree a whole Python. A tree that is there already came with the cache."""
    if (build.tree / "bin" / "python").exists():
        output.step(f"Using cached install of Python {version}")
        return
    output.step(f"Installing Python {version}")
    source = build.prepared_dir / str(version)
    if version not in choice.prepared:
        source = kept_dir(build) / str(version)
        if version not in available.in_folder(kept_dir(build)):
            from pybuild import download

            download.fetch(build, request, version, choice, source)
    trees.copy(source, build.tree)
    _complete(build, env)


def _complete(build: Build, env: dict[str, str]) -> None:
    python = build.tree / "bin" / "python"
    if not python.exists():
        python.symlink_to("python3")
    lib = build.tree / "lib" / f"python{python_home.series(build.tree)}"
    (lib / "EXTERNALLY-MANAGED").unlink(missing_ok=True)
    if not any((lib / "__pycache__").glob("os.*.pyc")):
        # Python would compile its library piece by piece, and two equal builds would leave different files.
        programs.quiet([python, "-I", "-m", "compileall", "-q", "-j", "0", lib], env=env, cwd=build.tree)
