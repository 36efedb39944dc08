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


def source(build: Build, version: Version, choice: Available) -> Path:
    """Return where the Python lies, or will once it is downloaded, that the build's is a copy of."""
    return (build.prepared_dir if version in choice.prepared else kept_dir(build)) / str(version)


def install(build: Build, request: Request, version: Version, choice: Available, env: dict[str, str]) -> None:
    """Make the tree a whole Python. A tree that is there already came with the cache."""
    if (build.tree / "bin" / "python").exists():
        output.step(f"Using cached install of Python {version}")
        return
    announce(version)
    original = source(build, version, choice)
    if version not in (*choice.prepared, *available.in_folder(kept_dir(build))):
        from pybuild import download

        download.fetch(build, request, version, choice, original)
    trees.copy(original, build.tree)
    _complete(build, env)


def announce(version: Version) -> None:
    output.step(f"Installing Python {version}")


def is_compiled(home: Path) -> bool:
    """Tell if there is a Python at `home` whose library has its bytecode: a copy of it is the same wherever it is."""
    lib = home / "lib"
    return lib.is_dir() and any(lib.glob("python3.*/__pycache__/os.*.pyc"))


def _complete(build: Build, env: dict[str, str]) -> None:
    python = build.tree / "bin" / "python"
    if not python.exists():
        python.symlink_to("python3")
    lib = build.tree / "lib" / f"python{python_home.series(build.tree)}"
    (lib / "EXTERNALLY-MANAGED").unlink(missing_ok=True)
    if not any((lib / "__pycache__").glob("os.*.pyc")):
        # Python would compile its library piece by piece, and two equal builds would leave different files.
        programs.quiet([python, "-I", "-m", "compileall", "-q", "-j", "0", lib], env=env, cwd=build.tree)
