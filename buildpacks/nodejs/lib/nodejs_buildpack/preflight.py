"""What stops a build before anything is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodekit.output import BuildFailed

from .package import NotJson, Package, read

if TYPE_CHECKING:
    from pathlib import Path

LOCKFILES = {"npm": "package-lock.json", "pnpm": "pnpm-lock.yaml", "Yarn": "yarn.lock"}


def check(build_dir: Path) -> Package:
    """Return the app's package.json. BuildFailed, in Heroku's order, for what no build can work with."""
    _fail_dot_heroku(build_dir)
    try:
        package = read(build_dir / "package.json")
    except NotJson as exc:
        raise BuildFailed(
            f"Error: Unable to parse your package.json.\n\n{exc}\n\n"
            "Look for a trailing or missing comma, a comment or an unquoted key near that place, then build again.",
        ) from exc
    _fail_several_lockfiles(build_dir)
    _fail_several_managers(package)
    _fail_iojs(package)
    return package


def _fail_dot_heroku(build_dir: Path) -> None:
    for name in (".heroku", ".heroku/node"):
        if (build_dir / name).is_file():
            raise BuildFailed(
                f"Error: The directory {name} could not be created.\n\n"
                f"The app has a file of that name. The buildpack keeps Node.js in that folder:\n"
                f"remove the file from the app, or name it in .slugignore.",
            )


def _fail_several_lockfiles(build_dir: Path) -> None:
    found = {manager: file for manager, file in LOCKFILES.items() if (build_dir / file).is_file()}
    if len(found) > 1:
        keep = "\n".join(
            f"- for {manager}: git rm {' '.join(other for other in found.values() if other != file)}"
            for manager, file in found.items()
        )
        raise BuildFailed(
            "Error: Multiple lockfiles found.\n\n"
            f"This app has lockfiles of several package managers ({', '.join(found)}), and they may ask for\n"
            f"different modules. Decide for one and remove what the others wrote:\n\n{keep}",
        )
    if found and (build_dir / "npm-shrinkwrap.json").is_file():
        raise BuildFailed(
            "Error: Multiple lockfiles conflicting with npm-shrinkwrap.json.\n\n"
            f"Beside npm-shrinkwrap.json this app has {', '.join(found.values())}. Keep one of them and remove the "
            "others.",
        )


def _fail_several_managers(package: Package) -> None:
    declared = [(name, f"engines.{name} ({package.engines[name]})") for name in _managers(package)]
    named = package.package_manager.partition("@")[0]
    if named in ("yarn", "pnpm"):
        declared.append((named, f"packageManager ({package.package_manager})"))
    if len({name for name, _ in declared}) > 1:
        listed = "\n".join(f"- {name}: {where}" for name, where in declared)
        raise BuildFailed(
            "Multiple package managers declared in package.json\n\n"
            f"Only one can install the app's modules. Keep the one whose lockfile the app has:\n\n{listed}",
        )


def _managers(package: Package) -> list[str]:
    return [name for name in ("npm", "yarn", "pnpm") if package.engines.get(name)]


def _fail_iojs(package: Package) -> None:
    if package.engines.get("iojs"):
        raise BuildFailed(
            "Error: io.js is no longer supported.\n\n"
            f"package.json asks for it in engines.iojs ({package.engines['iojs']}). io.js became Node.js 4 in 2015:\n"
            "remove that line and name a Node.js version in engines.node.",
        )
