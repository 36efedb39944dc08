# ruff: noqa: INP001

"""Turn Debian's CPython into upstream's: `undebianise.py PREFIX`, run by that prefix's own interpreter.

Every edit says what it expects to find; when Debian changes a patch it fails
here, loudly, rather than in somebody's build.
"""

from __future__ import annotations

import _imp
import json
import marshal
import re
import shutil
import sys
from pathlib import Path

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
HEROKU_PREFIX = "/app/.heroku/python"
"""For files that cannot find out where they are: the place Heroku's own Python reports."""

RUNTIME_PREFIX = """
import sys as _sys

_prefix = _sys.base_exec_prefix
build_time_vars = {
    key: value.replace("@PREFIX@", _prefix) if isinstance(value, str) else value
    for key, value in build_time_vars.items()
}
"""


def edit(path: Path, *edits: tuple[str, str]) -> None:
    """Replace each pattern (a regular expression, `.` matches newlines) exactly once."""
    text = path.read_text()
    for pattern, replacement in edits:
        text, found = re.subn(pattern, lambda match, new=replacement: match.expand(new), text, flags=re.DOTALL)
        if found != 1:
            raise SystemExit(f"{path}: expected one match of {pattern!r}, found {found}")
    path.write_text(text)


def site(lib: Path) -> None:
    """Look in `lib/pythonX.Y/site-packages`, nowhere else."""
    edit(
        lib / "site.py",
        (r"For Debian and derivatives, .*?site-packages is not used\.\n\n", r""),
        (r"lib/python3/dist-packages\.\n", r"lib/python<version>/site-packages.\n"),
        (r"    is_virtual_environment = [^\n]*\n\n", r""),
        (r" {12}if is_virtual_environment:.*?# this one is deprecated for Debian\n", r""),
        (r'"dist-packages"\)\n( +sitepackages\.append)', r'"site-packages")\n\1'),
    )


def refreeze(lib: Path, *binaries: Path) -> None:
    """Put the mended site.py where the interpreter has it frozen; the old bytes are always longer."""
    name = "site"
    old = bytes(_imp.find_frozen(name, withdata=True)[0])
    new = marshal.dumps(compile((lib / "site.py").read_bytes(), f"<frozen {name}>", "exec", dont_inherit=True))
    if len(new) > len(old):
        raise SystemExit(f"the mended site.py is {len(new) - len(old)} bytes too long to freeze")
    for binary in binaries:
        image = binary.read_bytes()
        if image.count(old) != 1:
            raise SystemExit(f"{binary}: frozen {name} found {image.count(old)} times")
        # A running program cannot be written to, but it can be replaced.
        fresh = binary.with_name(binary.name + ".new")
        fresh.write_bytes(image.replace(old, new.ljust(len(old), b"\0")))
        shutil.copymode(binary, fresh)
        fresh.replace(binary)


def schemes(lib: Path) -> None:
    edit(
        lib / "sysconfig/__init__.py",
        (r"    'deb_system': \{.*?(    'posix_home': \{)", r"\1"),
        (r", 'posix_local', 'deb_system'\)", r")"),
        (r"    if sys\.base_prefix != sys\.prefix or hasattr\(sys, .real_prefix.\):.*?(    return \{)", r"\1"),
        (r"'prefix': prefix_scheme,", r"'prefix': 'posix_prefix',"),
    )


def ensurepip(lib: Path) -> None:
    wheel = next((lib / "ensurepip/_bundled").glob("pip-*.whl"))
    edit(
        lib / "ensurepip/__init__.py",
        (r"def _ensurepip_is_disabled_in_debian_for_system\(\):.*?(\n__all__ = )", r"\1"),
        (r"    # Ensure that we are only running[^\n]*\n[^\n]*\n    _ensurepip_is_disabled[^\n]*\n\n", r""),
        (r'_PIP_VERSION = "[^"]*"', f'_PIP_VERSION = "{wheel.name.split("-")[1]}"'),
    )


def relocated(value: object, prefix: str, triplet: str) -> object:
    """A value of sysconfig with Debian's /usr replaced, unless it names a tool or data of the system."""
    if not isinstance(value, str):
        return value
    value = value.replace(f"/usr/lib/{triplet}/python{VERSION}", f"{prefix}/lib/python{VERSION}")
    value = value.replace(f"/usr/lib/{triplet}", f"{prefix}/lib")
    value = re.sub(
        rf"/usr/(bin/python|lib/python|include/python){re.escape(VERSION)}", rf"{prefix}/\g<1>{VERSION}", value
    )
    value = value.replace("--prefix=/usr'", f"--prefix={prefix}'").replace(f"{triplet}-", "")
    if value in {"/usr", "/usr/bin", "/usr/lib", "/usr/include", "/usr/share", "/usr/share/man"}:
        return value.replace("/usr", prefix)
    return re.sub(r"(?<![\w/])/usr(/include)?(?= |$)", rf"{prefix}\g<1>", value)


def build_variables(lib: Path, triplet: str) -> None:
    """Rewrite the variables `sysconfig` reports: their prefix is where the interpreter runs from."""
    path = lib / f"_sysconfigdata__linux_{triplet}.py"
    names: dict[str, dict[str, object]] = {}
    exec(compile(path.read_text(), str(path), "exec"), names)  # noqa: S102
    variables = {
        key: relocated(value, "@PREFIX@", triplet) for key, value in names["build_time_vars"].items() if key != "TZPATH"
    }
    variables["TZPATH"] = names["build_time_vars"]["TZPATH"]
    variables["WHEEL_PKG_DIR"] = ""
    variables["multiarchsubdir"] = ""
    body = "\n".join(f"    {key!r}: {value!r}," for key, value in variables.items())
    path.write_text("# The variables CPython was built with.\nbuild_time_vars = {\n" + body + "\n}\n" + RUNTIME_PREFIX)
    listed = lib / f"_sysconfig_vars__linux_{triplet}.json"
    if listed.exists():
        fixed = {k: v.replace("@PREFIX@", HEROKU_PREFIX) if isinstance(v, str) else v for k, v in variables.items()}
        listed.write_text(json.dumps(fixed, indent=2))


def build_files(prefix: Path, lib: Path, triplet: str) -> None:
    config = lib / f"config-{VERSION}-{triplet}"
    makefile = config / "Makefile"
    lines = makefile.read_text().splitlines()
    makefile.write_text("\n".join(str(relocated(line, HEROKU_PREFIX, triplet)) for line in lines) + "\n")
    edit(makefile, (r"\nprefix=\s*/[^\n]*\n", f"\nprefix=\t{HEROKU_PREFIX}\n"))
    for link in config.glob("*.so"):
        link.unlink()
        link.symlink_to(f"../../{link.name}")
    edit(
        prefix / f"bin/python{VERSION}-config",
        (rf'echo "/usr/lib/{triplet}"', r'echo "${prefix}/lib"'),
        (r'LDLIBRARY="[^"]*"', r'LDLIBRARY="libpython${VERSION}${ABIFLAGS}.so"'),
    )
    for pc in (prefix / "lib/pkgconfig").glob("*.pc"):
        text = pc.read_text().replace("prefix=/usr\n", "prefix=${pcfiledir}/../..\n", 1)
        text = text.replace(f" -I${{includedir}}/{triplet}/python{VERSION}", "")
        pc.write_text(text.replace(f"/lib/{triplet}", "/lib"))
    pydoc = prefix / f"bin/pydoc{VERSION}"
    pydoc.write_text(f'#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python{VERSION}" -m pydoc "$@"\n')


def prune(lib: Path) -> None:
    """Test suites and Debian's own additions; Heroku's builds leave tests out too."""
    for name in ("EXTERNALLY-MANAGED", "_distutils_system_mod.py", "sitecustomize.py"):
        (lib / name).unlink(missing_ok=True)
    for name in ("test", "idlelib", "turtledemo", "tkinter", "__phello__"):
        shutil.rmtree(lib / name, ignore_errors=True)
    for folder in [*lib.rglob("tests"), *lib.rglob("test"), *lib.rglob("__pycache__")]:
        shutil.rmtree(folder)
    for module in (lib / "lib-dynload").glob("*.so"):
        if re.match(r"_?xx|_test|_ctypes_test", module.name):
            module.unlink()


def main(prefix: Path) -> None:
    lib = prefix / f"lib/python{VERSION}"
    triplet = sys.implementation._multiarch  # noqa: SLF001
    prune(lib)
    site(lib)
    schemes(lib)
    ensurepip(lib)
    build_variables(lib, triplet)
    build_files(prefix, lib, triplet)
    refreeze(lib, prefix / f"bin/python{VERSION}", prefix / f"lib/libpython{VERSION}.so.1.0")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
