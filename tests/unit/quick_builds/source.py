"""The source of an app that is built again and again, as a value that changes act on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ALL = ("heroku/nodejs", "localku/bower", "heroku/python")

MANAGE = """\
import pathlib, sys
sys.path.insert(0, ".")
import settings
out = pathlib.Path("staticfiles")
for file in sorted(pathlib.Path("static").rglob("*")):
    if file.is_file():
        target = out / file.relative_to("static")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
settings.collected(out)
"""
SETTINGS = "def collected(out):\n    pass\n"


@dataclass
class Text:
    content: bytes
    mode: int = 0o644


@dataclass
class Source:
    """`files`: path → content and mode, or the target of a link. Manifests are kept apart, for changes to work on."""

    files: dict[str, Text | str] = field(default_factory=dict)
    config: dict[str, str] = field(default_factory=dict)
    buildpacks: tuple[str, ...] = ALL
    auto: bool = True
    package: dict[str, Any] = field(default_factory=dict)
    bower: dict[str, str] = field(default_factory=dict)
    bowerrc: dict[str, Any] = field(default_factory=dict)
    requirements: list[str] = field(default_factory=list)

    @classmethod
    def first(cls) -> Source:
        source = cls(
            package={
                "name": "app",
                "engines": {"node": "24.x"},
                "dependencies": {"left": "1.0.0", "right": "1.0.0"},
                "devDependencies": {"dev": "1.0.0"},
                "scripts": {},
            },
            bower={"jquery": "3.7.1", "bootstrap": "5.3.8"},
            requirements=["django==5.2", "left_pad==1.0"],
        )
        source.put("manage.py", MANAGE, 0o755)
        source.put("settings.py", SETTINGS)
        source.put("app/views.py", "def view(): return 1\n")
        source.put("app/templates/index.html", "<p>1</p>\n")
        source.put("static/site.css", "body {}\n")
        source.put("static/js/site.js", "1\n")
        source.put("Procfile", "web: python app/views.py\n")
        source.files["current"] = "app/views.py"
        return source

    @property
    def components_folder(self) -> str | None:
        found = self.bowerrc.get("directory")
        return str(found) if found else None

    def put(self, path: str, text: str | bytes, mode: int = 0o644) -> None:
        self.files[path] = Text(text.encode() if isinstance(text, str) else text, mode)

    def settle(self) -> None:
        """Write the manifests into `files`; those that ask for nothing go."""
        texts = {
            "package.json": json.dumps(self.package) if self.package else None,
            "bower.json": json.dumps({"name": "app", "dependencies": self.bower}) if self.bower else None,
            ".bowerrc": json.dumps(self.bowerrc) if self.bowerrc else None,
            "requirements.txt": "".join(f"{line}\n" for line in self.requirements) if self.requirements else None,
        }
        for path, text in texts.items():
            self.files.pop(path, None)
            if text is not None:
                self.put(path, text)

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        for path, entry in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(entry, str):
                target.symlink_to(entry)
            else:
                target.write_bytes(entry.content)
                target.chmod(entry.mode)
