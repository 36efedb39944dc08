"""What a build finds instead of a network: Pythons, Nodes, package managers and wheels, all of them tiny.

Python is this machine's, in a prefix of its own with the pip that came inside it; Node runs Python; npm, yarn, pnpm
and Bower are programs/*.py. All lies as the buildpacks' own caches keep what they have downloaded.
"""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from localku.slugs import own_buildpacks

PROGRAMS = Path(__file__).with_name("programs")
SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = (f"{SERIES}.1", f"{SERIES}.2")
NODES = {"22.5.0": "10.0.0", "24.1.0": "11.0.0"}
"""Node → the npm that comes with it."""
NPM, YARN, PNPM, BOWER = "11.1.0", "1.22.22", "10.1.0", "1.8.14"
WHEELS = {"django": "5.2", "left_pad": "1.0", "right_pad": "2.0", "right_pad2": "1.0"}
_MACHINE = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
_HOST = ("bash", "sh", "env", "git", "cat", "ls", "mkdir", "rm", "cp", "mv", "ln", "chmod", "touch", "find", "tar",
         "gzip", "tee", "wc", "nice", "uname", "sed", "dirname", "sort", "sleep", "dd")  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """`cache` is what a new CACHE_DIR begins with, `pythons` what the stack brings, `programs` the PATH."""

    cache: Path
    pythons: Path
    programs: Path
    buildpacks: Path


def stock(folder: Path) -> Shelf:
    shelf = Shelf(folder / "cache", folder / "pythons", folder / "programs", folder / "buildpacks")
    shelf.programs.mkdir(parents=True)
    for name in _HOST:
        found = shutil.which(name)
        if found is None:
            raise AssertionError(f"no {name} on this machine")
        (shelf.programs / name).symlink_to(found)
    _write(shelf.programs / "python3", f'#!/bin/sh\nunset PYTHONHOME\nexec {_python()} "$@"\n', 0o755)
    for version in PYTHONS:
        _stock_python(shelf.pythons / version)
    _stock_nodekit(shelf.cache / "nodekit")
    for name, version in WHEELS.items():
        wheel(shelf.cache / ".heroku" / "python-wheels", name, version)
    for name in own_buildpacks.OWN.values():
        own_buildpacks.export(name, shelf.buildpacks / name)
    compileall.compile_dir(shelf.buildpacks, quiet=2)
    return shelf


def wheel(folder: Path, name: str, version: str, text: str = "") -> Path:
    """Write a wheel with a package, a module and a command, equal for equal arguments."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"VERSION = '{version}'\n{text}",
        f"{name}/data.txt": f"{name} {version}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: shelf\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:print\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for file, content in files.items():
            archive.writestr(zipfile.ZipInfo(file), content)
    return target


def _python() -> str:
    """Return the interpreter itself: a virtual environment's would bring the environment along."""
    return str(Path(sys.base_prefix, "bin", f"python{SERIES}").resolve())


def _stock_python(tree: Path) -> None:
    """Lay out a prefix by what makes a virtual environment; the standard library stays this machine's."""
    script = f'#!/bin/bash\nunset PYTHONHOME\nexec -a "$0" {_python()} "$@"\n'
    _write(tree / "bin" / "python3", script, 0o755)
    _write(tree / "pyvenv.cfg", f"home = {sys.base_prefix}/bin\ninclude-system-site-packages = false\n")
    library = tree / "lib" / f"python{SERIES}"
    _write(library / "__pycache__" / "os.compiled.pyc", "")
    site = library / "site-packages"
    with zipfile.ZipFile(_bundled_pip()) as archive:
        archive.extractall(site)
    pins = _pins()
    for info in site.glob("pip-*.dist-info"):
        shutil.rmtree(info)
    for name, version in pins.items():
        info = site / f"{name}-{version}.dist-info"
        _write(info / "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        _write(info / "RECORD", "")
    compileall.compile_dir(site, quiet=2)
    bundled = library / "ensurepip" / "_bundled"
    bundled.mkdir(parents=True)
    (bundled / _bundled_pip().name).symlink_to("../../site-packages")  # unpacked and compiled, it starts sooner


def _bundled_pip() -> Path:
    import ensurepip

    return next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))


def _pins() -> dict[str, str]:
    """Return what the buildpack installs beside Python: it is there already, of the version that it asks for."""
    code = "import json; from pybuild.package_managers import PINS, SETUPTOOLS as tools\n"
    code += "print(json.dumps({'pip': PINS['pip'], 'setuptools': tools}))"
    library = own_buildpacks.folder("heroku/python") / "lib"
    done = subprocess.run([sys.executable, "-c", code], cwd=library, capture_output=True, text=True, check=True)
    pins: dict[str, str] = json.loads(done.stdout)
    return pins


def _stock_nodekit(folder: Path) -> None:
    """Lay out Node and what comes from the npm registry, unpacked, and the lists of versions."""
    tools = folder / "tools"
    manager = (PROGRAMS / "package_manager.py").read_text()
    node = f'#!/bin/sh\nunset PYTHONHOME PYTHONPATH\nexec {_python()} "$@"\n'
    for version, npm in NODES.items():
        tool = tools / f"node-linux-{_MACHINE}-{version}"
        _write(tool / "bin" / "node", node, 0o755)
        _write(tool / "include" / "node" / "node.h", version)
        _write(tool / "lib" / "node_modules" / "npm" / "docs" / "manual.md", "")
        _package(tool / "lib" / "node_modules" / "npm", "npm", npm, "npm-cli.js", manager)
    _package(tools / f"npm-{NPM}", "npm", NPM, "npm-cli.js", manager)
    _package(tools / f"yarn-{YARN}", "yarn", YARN, "yarn.js", manager)
    _package(tools / f"pnpm-{PNPM}", "pnpm", PNPM, "pnpm.cjs", manager)
    _package(tools / f"bower-{BOWER}", "bower", BOWER, "bower", (PROGRAMS / "bower.py").read_text())
    lists = {f"node-linux-{_MACHINE}": tuple(NODES), "npm": (NPM,), "yarn": (YARN,), "pnpm": (PNPM,), "bower": (BOWER,)}
    for name, versions in lists.items():
        known = {each: {"version": each, "url": "", "integrity": ""} for each in versions}
        _write(folder / "metadata" / f"{name}.json", json.dumps(known))


def _package(folder: Path, name: str, version: str, program: str, text: str) -> None:
    manifest = {"name": name, "version": version, "bin": {name: f"bin/{program}"}}
    _write(folder / "package.json", json.dumps(manifest))
    _write(folder / "bin" / program, f"#!/usr/bin/env node\n{text}", 0o755)


def _write(file: Path, text: str, mode: int = 0o644) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
