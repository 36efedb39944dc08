"""What comments and docstrings say can be followed up: public sources, and a sentence for each cause."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("localku", "buildpacks", "scripts", "tests", "benchmarks", "docs")
ELSEWHERE = re.compile(r"reference" + r"/heroku|\(reference \u00a7|heroku-(runtime|build)\.md")
"""Citations of a folder that is not in the repository."""


def test_nothing_cites_what_is_not_in_the_repository() -> None:
    files = [file for folder in FOLDERS for kind in ("*.py", "*.md") for file in (ROOT / folder).rglob(kind)]
    assert [str(file.relative_to(ROOT)) for file in files if ELSEWHERE.search(file.read_text(errors="replace"))] == []


def test_every_cause_of_the_doctor_says_what_it_is() -> None:
    bare = [
        f"{file.name}:{node.lineno}"
        for file in (ROOT / "localku" / "doctor").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef) and re.fullmatch(r"#\d+\.?", ast.get_docstring(node) or "")
    ]
    assert bare == []
