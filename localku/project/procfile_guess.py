"""What a missing Procfile should probably say, from the files that are there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.project.app_files import is_file, read_bytes

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator
    from pathlib import Path

_MODULES = ("app", "main", "application", "wsgi", "asgi", "server", "run", "api")
_SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE['"]?\]?\s*[,=]\s*['"]([A-Za-z_][\w.]*)['"]""")
_FRAMEWORKS = {
    "Flask": "web: gunicorn {target}",
    "FastAPI": "web: uvicorn {target} --host 0.0.0.0 --port $PORT",
    "Starlette": "web: uvicorn {target} --host 0.0.0.0 --port $PORT",
}


@dataclass(frozen=True)
class Guess:
    """`lines` is a whole Procfile (no final line end), `reason` a clause naming the evidence."""

    lines: str
    reason: str


def guess(root: Path) -> Guess | None:
    """The Procfile this app most likely needs, or None without plain evidence. Never raises."""
    return _django(root) or _python_object(root) or _node(root)


def _peek(root: Path, name: str) -> str:
    try:
        raw = read_bytes(root, name)
    except LocalkuError:  # evidence we cannot read is no evidence
        return ""
    return (raw or b"").decode("utf-8", "replace")


def _folders(root: Path) -> list[str]:
    try:
        return sorted(e.name for e in root.iterdir() if e.name.isidentifier() and e.is_dir())
    except OSError:
        return []


def _django(root: Path) -> Guess | None:
    for folder in ("", *_folders(root)):
        manage = f"{folder}/manage.py" if folder else "manage.py"
        settings = _SETTINGS.search(_peek(root, manage))
        if settings is None:
            continue
        chdir = f"--chdir {folder} " if folder else ""
        for package in _parents(settings[1]):
            if is_file(root, f"{folder}/{package.replace('.', '/')}/wsgi.py".lstrip("/")):
                reason = f"{manage} names {settings[1]}, and {package}.wsgi is there"
                return Guess(f"web: gunicorn {chdir}{package}.wsgi", reason)
    for folder in _folders(root):
        if "get_wsgi_application" in _peek(root, f"{folder}/wsgi.py"):
            return Guess(f"web: gunicorn {folder}.wsgi", f"{folder}/wsgi.py is a Django entry point")
    return None


def _parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(len(parts) - 1, 0, -1):
        yield ".".join(parts[:length])


def _python_object(root: Path) -> Guess | None:
    for module in _MODULES:
        source = _peek(root, f"{module}.py")
        if not any(name in source for name in _FRAMEWORKS):
            continue
        for variable, framework in _assigned(source):
            line = _FRAMEWORKS[framework].format(target=f"{module}:{variable}")
            return Guess(line, f"{module}.py makes a {framework} app named {variable}")
    return None


def _assigned(source: str) -> Iterator[tuple[str, str]]:
    """(variable, framework) for each `variable = Framework(...)` at the top level of a module."""
    import ast

    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in body:
        if not (isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)):
            continue
        framework = _called(node.value.func)
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if framework in _FRAMEWORKS and isinstance(target, ast.Name):
            yield target.id, framework


def _called(function: ast.expr) -> str:
    name = getattr(function, "id", None) or getattr(function, "attr", None)
    return name if isinstance(name, str) else ""


def _node(root: Path) -> Guess | None:
    from localku.project import package_json

    try:
        package = package_json.read(root)
    except LocalkuError:
        return None
    if package is None:
        return None
    if "start" in package.scripts:
        return Guess("web: npm start", "package.json has a start script")
    if is_file(root, "server.js"):
        return Guess("web: node server.js", "server.js is there")
    return None
