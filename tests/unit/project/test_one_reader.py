"""Whoever looks at an app's files does so through `files`, `source` or `beneath`, which follow no link out of it."""

from __future__ import annotations

import ast
from pathlib import Path

import localku

PACKAGE = Path(localku.__file__).parent
LOOKING = ("project", "local", "doctor", "ephemeral")
"""Folders whose modules are about an app's files."""
READING = frozenset(
    {"open", "read_text", "read_bytes", "is_file", "is_dir", "exists", "iterdir", "scandir", "glob", "rglob", "walk"}
)
THROUGH = frozenset({"app_files", "files", "below", "beneath"})
ALLOWED = {
    "project/app_files.py: open",
    "project/git/beneath.py: open",
    "ephemeral/slug_files.py: open",  # a tar archive
    "ephemeral/slug_listing.py: iterdir",  # of our own in the state folder
    "ephemeral/slug_listing.py: read_text",
    "project/sources/seen_files.py: read_text",  # of our own in the state folder
    "project/sources/source.py: scandir",  # names only
    "project/procfile.py: iterdir",  # names only
    "project/procfile.py: is_file",
    "project/procfile_guess.py: iterdir",  # names only
    "project/procfile_guess.py: is_dir",
    "project/sources/source.py: is_dir",  # through no link
    "local/environment.py: exists",
    "local/environment.py: is_file",
    "local/sessions.py: iterdir",  # /proc
    "local/sessions.py: read_text",
}


def _calls(file: Path) -> set[str]:
    """Direct looks at the disk, by the name of the method or of the built-in `open`."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READING:
            of = node.func.value
            if not (isinstance(of, ast.Name) and of.id in THROUGH) and not ast.unparse(of).endswith("_below"):
                found.add(node.func.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            found.add("open")
    return found


def test_nobody_else_opens_a_file() -> None:
    modules = [file for folder in LOOKING for file in (PACKAGE / folder).rglob("*.py")]
    modules = [file for file in modules if not file.name.startswith("git")]  # those look at a repository
    assert len(modules) > 40
    assert {f"{file.relative_to(PACKAGE)}: {name}" for file in modules for name in _calls(file)} <= ALLOWED
