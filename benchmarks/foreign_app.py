"""Somebody's own app: a copy of its folder, so that nothing in theirs changes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.samples import App
from tests.support.localku import commit

LEFT_OUT = ("node_modules", "__pycache__", ".venv", "venv", ".git", "staticfiles")
COMMENTS = {".py": "#", ".rb": "#", ".sh": "#", ".js": "//", ".mjs": "//", ".ts": "//", ".go": "//", ".php": "//"}
"""How a line begins that changes nothing."""
LIKELY = ("views.py", "wsgi.py", "app.py", "main.py", "server.js", "index.js")
"""Names of files that are changed often, before any others."""


class ForeignApp(App):
    """A change of its program is a comment at the end of one file."""

    def __init__(self, folder: Path, original: Path, page: str, changed: str | None) -> None:
        super().__init__(folder)
        self.page = page
        shutil.copytree(original, folder, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
        self._file = folder / (changed or chosen(original))
        self._text = self._file.read_text()
        commit(folder, "as it was")

    def process(self, page: str) -> None:  # noqa: ARG002 - what their page holds means nothing here
        return None

    def change_view(self) -> None:
        self.edits += 1
        start = COMMENTS.get(self._file.suffix, "#")
        self._file.write_text(f"{self._text.rstrip()}\n{start} edit {self.edits}\n")


def chosen(folder: Path) -> str:
    """Return the path of a program in the folder, of those git knows where it is a checkout."""
    found = sorted(path for path in _files(folder) if Path(path).suffix in COMMENTS)
    if not found:
        raise ValueError(f"{folder} has no file that a comment can be added to; name one with --change")
    likely = [path for name in LIKELY for path in found if Path(path).name == name]
    return (likely or found)[0]


def _files(folder: Path) -> list[str]:
    listed = subprocess.run(["git", "-C", str(folder), "ls-files"], capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return listed.stdout.splitlines()
    kept = [path for path in folder.rglob("*") if path.is_file() and not set(path.parts) & set(LEFT_OUT)]
    return [str(path.relative_to(folder)) for path in kept]
