"""The apps that are built: which there are, and one contender's own copy of one, with the changes made to it."""

from __future__ import annotations

import json
import re
import shutil
from enum import Enum
from pathlib import Path
from random import Random

from benchmarks import additions
from tests.support.bower_world import BowerWorld
from tests.support.localku import commit, write_app

TEMPLATE = Path(__file__).parent / "app"
SCRIPT = Path(__file__).with_name("build-script.mjs")
MEGABYTE = 1_000_000


class Sample(Enum):
    """The values are parts of names in the engine."""

    SHELF = "shelf"
    """Django with node, bower, python and collectstatic."""
    WITHOUT_COLLECTSTATIC = "plain"
    """The same with DISABLE_COLLECTSTATIC."""
    WITH_SCRIPT = "script"
    """The same with a build script in package.json."""
    SMALL_SLUG = "small"
    LARGE_SLUG = "large"
    """Python only, with ballast."""


class App:
    """A copy of an app in a folder. `page`: the path that is requested."""

    page = "/"
    note = ""
    """What the page shows when it comes from the newest edition."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.edits = 0

    def process(self, page: str) -> str | None:
        """What the page says of who answered; None where pages do not tell."""
        found = re.search(r"started (.+?)<", page)
        return found[1] if found else None

    def change_view(self) -> None:
        """Change one line of a program, so that the page shows another note."""
        raise NotImplementedError

    def replace(self, file: str, pattern: str, text: str) -> None:
        """Replace the one line that matches."""
        path = self.folder / file
        changed, count = re.subn(f"^{pattern}$", text, path.read_text(), flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{count} lines of {file} match {pattern}, not one")
        path.write_text(changed)


class Shelf(App):
    """A copy of `app/`. Each change is another one than all before, so that no cache knows it."""

    def __init__(self, folder: Path, bower: BowerWorld) -> None:
        super().__init__(folder)
        shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / ".bowerrc").write_text(bower.bowerrc(directory="assets/vendor"))
        self.note = "edition 0"
        self._pins = (folder / "requirements.txt").read_text()
        self._requirements = 0
        commit(folder, "first")

    def change_view(self) -> None:
        self.edits += 1
        self.note = f"edition {self.edits}"
        self.replace("shelf/views.py", "NOTE = .*", f'NOTE = "{self.note}"')

    def change_style(self) -> None:
        self.edits += 1
        self.replace("assets/shelf.css", "p { order: .* }", f"p {{ order: {self.edits}; }}")

    def change_template(self) -> None:
        self.edits += 1
        self.replace("shelf/templates/page.html", "<p>layout .*</p>", f"<p>layout {self.edits}</p>")

    def add_requirement(self) -> None:
        self._requirements += 1
        (self.folder / "requirements.txt").write_text(self._pins + additions.requirements(self._requirements))

    def add_package(self) -> None:
        for name in ("package.json", "package-lock.json"):
            file = self.folder / name
            file.write_text(json.dumps(additions.with_package(json.loads(file.read_text())), indent=2) + "\n")

    def add_build_script(self) -> None:
        """Give package.json a script that makes a minified style sheet of the others."""
        file = self.folder / "package.json"
        manifest = json.loads(file.read_text()) | {"scripts": {"build": f"node {SCRIPT.name}"}}
        file.write_text(json.dumps(manifest, indent=2) + "\n")
        shutil.copy(SCRIPT, self.folder)
        (self.folder / ".gitignore").open("a").write("assets/built/\n")
        commit(self.folder, "script")


class Ballast(App):
    """A small Python app with so many megabytes that no compression makes smaller."""

    def __init__(self, folder: Path, megabytes: int, seed: int = 0) -> None:
        super().__init__(folder)
        self.note = "edition 0"
        write_app(folder, {
            "Procfile": "web: gunicorn ballast\n",
            ".python-version": "3.13\n",
            "requirements.txt": "gunicorn==27.0.1\n",
            "ballast.py": 'NOTE = b"edition 0"\n\n\n'
                          'def application(environ, start):\n    start("200 OK", [])\n    return [NOTE]\n',
        })  # fmt: skip
        (folder / "data").mkdir()
        numbers = Random(seed)  # noqa: S311 - bytes without a pattern, nothing secret
        for number in range(megabytes):
            (folder / "data" / f"{number}.bin").write_bytes(numbers.randbytes(MEGABYTE))

    def change_view(self) -> None:
        self.edits += 1
        self.note = f"edition {self.edits}"
        self.replace("ballast.py", "NOTE = .*", f'NOTE = b"{self.note}"')
