"""npm, yarn and pnpm, as far as a build asks anything of them; which one it is, its file's name says.

What it installs depends on name and version alone. As the real ones do, it gives files one fixed time, writes over
its own records in place, links a folder of the app instead of copying it, and, being pnpm, links files from a store.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAME = Path(sys.argv[0]).name.partition("-")[0].partition(".")[0]
MODULES = Path("node_modules")
RECORDS = {"npm": ".package-lock.json", "yarn": ".yarn-integrity", "pnpm": ".modules.yaml"}
FIXED_TIME = 499162500
NEEDS = {"left": ["middle"], "@scope/tool": ["middle"]}
COMMANDS = {"right", "@scope/tool"}


def main() -> int:
    verb, *arguments = sys.argv[1:]
    if verb == "run":
        return run(next(each for each in arguments if not each.startswith("-")))
    if verb == "rebuild":
        return 0
    manifest = json.loads(Path("package.json").read_text())
    dev = verb != "prune" and not (NAME == "yarn" and "--ignore-scripts" in arguments)
    if verb == "ci":
        shutil.rmtree(MODULES, ignore_errors=True)
    fill(wanted(manifest, dev=dev))
    if dev:
        for script in ("preinstall", "install", "postinstall", "prepare"):
            if script in manifest.get("scripts", {}) and run(script):
                return 1
    if NAME == "npm" and verb == "install" and not Path("package-lock.json").exists():
        Path("package-lock.json").write_text(json.dumps({"packages": wanted(manifest, dev=True)}))
    return 0


def wanted(manifest: dict[str, dict[str, str]], *, dev: bool) -> dict[str, str]:
    """Name → version of all that belongs into node_modules; a lock file's word counts more than package.json's."""
    asked = {**manifest.get("dependencies", {}), **(manifest.get("devDependencies", {}) if dev else {})}
    for name in list(asked):
        asked.update(dict.fromkeys(NEEDS.get(name, []), "1.0.0"))
    locks = [file for file in ("package-lock.json", "yarn.lock", "pnpm-lock.yaml") if Path(file).is_file()]
    locked = json.loads(Path(locks[0]).read_text()).get("packages", {}) if locks else {}
    return {name: locked.get(name, version) for name, version in asked.items()}


def fill(packages: dict[str, str]) -> None:
    MODULES.mkdir(exist_ok=True)
    record = MODULES / RECORDS[NAME]
    there = json.loads(record.read_text()) if record.is_file() else found()
    for name in there.keys() - packages.keys():
        remove(MODULES / name)
    for name, version in packages.items():
        if there.get(name) != version or not os.path.lexists(MODULES / name):
            remove(MODULES / name)
            put(name, version)
    if there != packages:
        shutil.rmtree(MODULES / ".bin", ignore_errors=True)
        for name in sorted(COMMANDS & packages.keys()):
            (MODULES / ".bin").mkdir(exist_ok=True)
            (MODULES / ".bin" / name.rpartition("/")[2]).symlink_to(f"../{name}/cli.js")
        with record.open("w") as file:
            json.dump(packages, file)


def found() -> dict[str, str]:
    """Return what lies there, as it says itself."""
    manifests = [file for pattern in ("*", "@*/*") for file in MODULES.glob(f"{pattern}/package.json")]
    return {str(file.parent.relative_to(MODULES)): json.loads(file.read_text())["version"] for file in manifests}


def put(name: str, version: str) -> None:
    target = MODULES / name
    target.parent.mkdir(exist_ok=True)
    if version.startswith("file:"):
        target.symlink_to(os.path.relpath(version.removeprefix("file:"), target.parent))
        return
    files = {
        "package.json": json.dumps({"name": name, "version": version}),
        "index.js": f"exports = '{name} {version}'\n",
        "lib/deep/part.js": f"{version}\n",
        "cli.js": f"#!/usr/bin/env node\nprint('{name} {version}')\n",
    }
    for file, text in files.items():
        place = target / file
        place.parent.mkdir(parents=True, exist_ok=True)
        stored = store(name, version, file)
        if stored and stored.is_file():
            place.hardlink_to(stored)
            continue
        place.write_text(text)
        place.chmod(0o755 if file == "cli.js" else 0o644)
        os.utime(place, (FIXED_TIME, FIXED_TIME))
        if stored:
            stored.parent.mkdir(parents=True, exist_ok=True)
            stored.hardlink_to(place)


def store(name: str, version: str, file: str) -> Path | None:
    folder = os.environ.get("pnpm_config_store_dir") or os.environ.get("npm_config_store_dir")  # noqa: SIM112
    return Path(folder, name, version, file) if NAME == "pnpm" and folder else None


def remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def run(script: str) -> int:
    command = json.loads(Path("package.json").read_text()).get("scripts", {}).get(script)
    path = f"{Path.cwd()}/node_modules/.bin{os.pathsep}{os.environ['PATH']}"
    return (
        subprocess.run(["sh", "-c", command], env={**os.environ, "PATH": path}, check=False).returncode
        if command
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
