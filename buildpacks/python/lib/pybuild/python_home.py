"""Where Python sees itself. A slug is built in /tmp but runs in /app, and Python writes its place into files."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pybuild.context import Build


def link(build: Build) -> Path:
    """Make /app/.heroku/python lead to this build's tree, and return the path to run Python by.

    Scripts that pip writes then name the path they have at run time. Where /app can't be written to, the
    tree's own path is returned, and `rewrite` has to mend the scripts afterwards.
    """
    home = build.app_dir / ".heroku" / "python"
    if os.path.realpath(build.build_dir) == os.path.realpath(build.app_dir):
        return home
    new = home.with_name(f"python.{os.getpid()}")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        new.symlink_to(build.tree)
        new.replace(home)
    except OSError:
        new.unlink(missing_ok=True)
        return build.tree
    return home


def series(tree: Path) -> str:
    """Return `3.13`, read off lib/python3.13."""
    names = sorted(path.name for path in (tree / "lib").glob("python3.*") if path.is_dir())
    if not names:
        raise OSError(f"no lib/python3.N in {tree}")
    return names[-1].removeprefix("python")


def site_packages(tree: Path) -> Path:
    return tree / "lib" / f"python{series(tree)}" / "site-packages"


def path_files(tree: Path) -> list[Path]:
    """Return the files in site-packages by which Python finds editable packages."""
    site = site_packages(tree)
    patterns = ("*.pth", "*.egg-link", "__editable___*_finder.py")
    return sorted(file for pattern in patterns for file in site.glob(pattern) if file.is_file())


def rewrite(build: Build, home: Path) -> None:
    """Give files that name the tree's place in the build folder its place at run time."""
    files = path_files(build.tree)
    if home == build.tree:
        files += [*_scripts(build.tree), *build.tree.glob("pipenv/venv/pyvenv.cfg")]
    place, at_run_time = str(build.tree).encode(), str(build.app_dir / ".heroku" / "python").encode()
    for file in files:
        content = file.read_bytes()
        if place in content:
            _replace_content(file, content.replace(place, at_run_time))


def source_paths(build: Build) -> bool:
    """Return whether files of the tree name places in the app's source, which moves after the build."""
    place = re.escape(os.fsencode(build.build_dir))
    return any(re.search(place, file.read_bytes()) for file in path_files(build.tree))


def _scripts(tree: Path) -> list[Path]:
    files = [*(tree / "bin").glob("*"), *tree.glob("pipenv/venv/bin/*")]
    return [file for file in files if file.is_file() and not file.is_symlink() and _is_script(file)]


def _is_script(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"#!"


def _replace_content(file: Path, content: bytes) -> None:
    """Write a new file instead of the old one's content: the cache may hold a hard link to the old one."""
    new = file.with_name(f".{file.name}.new")
    new.write_bytes(content)
    new.chmod(file.stat().st_mode)
    new.replace(file)
