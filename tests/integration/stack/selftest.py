"""Run inside the build image by a relocated Python: does it behave as upstream's? Prints what does not and exits 1."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PREFIX = Path("/app/.heroku/python")
SHORT = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE = PREFIX / f"lib/python{SHORT}/site-packages"
REAL = PREFIX.resolve()

wrong: list[str] = []


def same(what: str, found: object, expected: object) -> None:
    if found != expected:
        wrong.append(f"{what}: {found!r}, upstream {expected!r}")


def either(what: str, found: object) -> None:
    """A path below the prefix, by its name in /app or by its real one."""
    if not str(found).startswith((f"{PREFIX}/", f"{REAL}/")):
        wrong.append(f"{what}: {found!r} is not below the prefix")


def paths() -> None:
    same("default scheme", sysconfig.get_default_scheme(), "posix_prefix")
    same("preferred scheme", sysconfig.get_preferred_scheme("prefix"), "posix_prefix")
    extra = {name for name in sysconfig.get_scheme_names() if "deb" in name or "local" in name}
    same("Debian's schemes", extra, set())
    base = sys.prefix
    lib = f"{base}/lib/python{SHORT}"
    expected = {
        "stdlib": lib,
        "platstdlib": lib,
        "purelib": f"{lib}/site-packages",
        "platlib": f"{lib}/site-packages",
        "include": f"{base}/include/python{SHORT}",
        "platinclude": f"{base}/include/python{SHORT}",
        "scripts": f"{base}/bin",
        "data": base,
    }
    same("get_paths", sysconfig.get_paths(), expected)
    same("site-packages", site.getsitepackages(), [f"{lib}/site-packages"])
    same("dist-packages", [entry for entry in sys.path if "dist-packages" in entry], [])
    if f"{lib}/site-packages" not in sys.path:
        wrong.append("site-packages is not on sys.path")


def variables() -> None:
    for name in ("LIBDIR", "INCLUDEPY", "LIBPL", "LIBDEST", "BINDIR", "BINLIBDEST", "CONFINCLUDEPY", "DESTSHARED"):
        either(name, sysconfig.get_config_var(name) + "/")
    for name in ("LIBDIR", "INCLUDEPY", "LIBPL"):
        same(f"{name} is a folder", Path(sysconfig.get_config_var(name)).is_dir(), True)
    same("CC", sysconfig.get_config_var("CC"), "gcc")
    same("pyconfig.h", Path(sysconfig.get_config_h_filename()).is_file(), True)
    same("Makefile", Path(sysconfig.get_makefile_filename()).is_file(), True)
    same("libpython", (PREFIX / "lib" / sysconfig.get_config_var("LDLIBRARY")).is_file(), True)
    same("EXTERNALLY-MANAGED", (PREFIX / f"lib/python{SHORT}/EXTERNALLY-MANAGED").exists(), False)


def run(*command: str, **environment: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    if done.returncode:
        wrong.append(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout[-1500:]}{done.stderr[-1500:]}")
    return done.stdout.strip()


def config_script() -> None:
    script = str(PREFIX / "bin/python3-config")
    same("python3-config --prefix", run(script, "--prefix"), str(REAL))
    same("python3-config --includes", run(script, "--includes").split()[0], f"-I{REAL}/include/python{SHORT}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "embed.c")
        listed = "import site; print(site.getsitepackages(), flush=True)"
        source.write_text(
            f'#include <Python.h>\nint main(void) {{ Py_Initialize(); return PyRun_SimpleString("{listed}"); }}\n'
        )
        flags = run(script, "--cflags", "--ldflags", "--embed").split()
        run("gcc", str(source), "-o", f"{folder}/embed", *flags)
        found = run(f"{folder}/embed", LD_LIBRARY_PATH=str(PREFIX / "lib"), PYTHONHOME=str(PREFIX))
        same("site-packages of an embedded interpreter", found, str([str(SITE)]))


def pip() -> None:
    python = str(PREFIX / "bin/python")
    run(python, "-m", "ensurepip", "--default-pip")
    for script in ("pip", "pip3", f"pip{SHORT}"):
        same(script, (PREFIX / "bin" / script).is_file(), True)
    same("pip's place", (SITE / "pip/__init__.py").is_file(), True)
    wheels = ("--no-index", "--find-links", "/wheels")
    run(python, "-m", "pip", "install", "--quiet", *wheels, "/source")
    same("C extension", run(python, "-c", "import localku_probe; print(localku_probe.answer())"), "42")
    same("C extension's place", len(list(SITE.glob("localku_probe*.so"))), 1)
    with tempfile.TemporaryDirectory() as elsewhere:
        run(python, "-m", "pip", "install", "--quiet", "--prefix", elsewhere, "--no-deps", *wheels, "setuptools")
        same("pip --prefix", Path(elsewhere, f"lib/python{SHORT}/site-packages/setuptools").is_dir(), True)
    with tempfile.TemporaryDirectory() as folder:
        run(python, "-m", "venv", f"{folder}/venv")
        inside = f"{folder}/venv/bin/python"
        run(inside, "-m", "pip", "install", "--quiet", *wheels, "/source")
        same("venv", run(inside, "-c", "import localku_probe; print(localku_probe.answer())"), "42")
        where = run(inside, "-c", "import site; print(site.getsitepackages()[0])")
        same("venv's site-packages", where, f"{folder}/venv/lib/python{SHORT}/site-packages")


def bytecode() -> None:
    """Nothing of the standard library is compiled again when it is used."""
    lib = PREFIX / f"lib/python{SHORT}"
    bare = [
        path.name
        for path in lib.rglob("*.py")
        if SITE not in path.parents and not (path.parent / "__pycache__").is_dir()
    ]
    same("modules without bytecode", bare, [])
    same("tests", [path.name for path in lib.iterdir() if path.name in {"test", "idlelib", "tkinter"}], [])


def main() -> None:
    steps = {"paths": paths, "variables": variables, "config": config_script, "pip": pip, "bytecode": bytecode}
    for name in sys.argv[1:] or steps:
        steps[name]()
    print("\n".join(wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
