"""Bower, as far as a build asks anything of it: components depend on name and version, a local one is a copy."""

import json
import os
import shutil
import sys
from pathlib import Path


def main() -> int:
    settings = json.loads(Path(".bowerrc").read_text()) if Path(".bowerrc").is_file() else {}
    folder = Path(os.environ.get("bower_directory") or settings.get("directory") or "bower_components")  # noqa: SIM112
    for name, version in json.loads(Path("bower.json").read_text()).get("dependencies", {}).items():
        target = folder / name
        if version.startswith("./"):
            shutil.copytree(version, target, dirs_exist_ok=True)
            continue
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{name}.js").write_text(f"{name} {version}\n")
        (target / ".bower.json").write_text(json.dumps({"name": name, "version": version}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
