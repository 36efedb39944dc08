"""Modules, commands and files that were not found at run time or in the build, and why each was not there."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from localku.doctor.evidence import BUILD, Evidence
from localku.doctor.standard_library import is_part

if TYPE_CHECKING:
    from localku.doctor.tree import Tree


class Reason(Enum):
    CASE = "the name is written otherwise in git"
    LEFT_OUT = "the file is there and no build takes it"
    DEVELOPMENT = "the package is for development only"
    OWN = "the app has no such module or file where it is looked for"
    STANDARD = "no package has it: it is a part of the language, or a buildpack brings it"
    DEPENDENCY = "no dependency file names the package"
    LISTED = "a dependency file names the package"


@dataclass(frozen=True)
class Missing:
    """`name` as the program said it, `language` `python`, `name` (of a module), `node`, `command` or `file`.

    `actual` is what there is instead: the path in git's spelling, the rule that leaves it out, the package.
    """

    voice: str
    name: str
    language: str
    reason: Reason
    actual: str
    line: str


_PATTERNS = (
    ("python", r"(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?"),
    ("python", r"^(?:\S{0,200}?python[\d.]*: )?No module named '?([\w.]+)'?"),
    ("python", r"Error while finding module specification for '?([\w.]+)'?"),
    ("python", r"Could not import module \"([\w.]+)\""),
    ("name", r"ImportError: cannot import name '(\w+)' from '([\w.]+)'"),
    ("node", r"Error: Cannot find module '([^']+)'"),
    ("node", r"Cannot find (?:package|module) '([^']+)' imported from"),
    ("node", r"Module not found: Error: Can't resolve '([^']+)' in"),
    ("command", r"(?:bash|sh|line \d{1,7}|\b\d{1,7}): ([\w.@+-]+): (?:command )?not found$"),
    ("file", r"(?:FileNotFoundError|OSError): \[Errno 2\] No such file or directory: '([^']+)'"),
    ("file", r"ENOENT: no such file or directory, \w+ '([^']+)'"),
    ("file", r"(?:bash|sh|line \d{1,7}|\b\d{1,7}): (\.?/?[\w.@+/-]+): No such file or directory$"),
    ("file", r"can't open file '([^']+)': \[Errno 2\]"),
    ("file", r"Template(?:DoesNotExist|NotFound): ([\w./-]+)$"),
)

DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "decouple": "python-decouple",
    "dj_database_url": "dj-database-url",
    "django_heroku": "django-on-heroku",
    "dotenv": "python-dotenv",
    "environ": "django-environ",
    "fitz": "PyMuPDF",
    "flask_sqlalchemy": "Flask-SQLAlchemy",
    "google": "google-api-python-client",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "rest_framework": "djangorestframework",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "socks": "PySocks",
    "storages": "django-storages",
    "telegram": "python-telegram-bot",
    "yaml": "PyYAML",
}
"""Import name to distribution, where the two differ."""

COMMANDS = {
    "tsc": "typescript",
    "ng": "@angular/cli",
    "vue-cli-service": "@vue/cli-service",
    "nest": "@nestjs/cli",
    "babel": "@babel/cli",
    "babel-node": "@babel/node",
    "webpack": "webpack-cli",
    "gulp": "gulp-cli",
    "celery": "celery",
    "django-admin": "Django",
}
"""Command to the package that has it, where the names differ."""

PYTHON_COMMANDS = frozenset(
    {"gunicorn", "uvicorn", "hypercorn", "daphne", "waitress-serve", "celery", "flask", "streamlit", "uwsgi", "rq",
     "alembic", "django-admin", "honcho", "fastapi", "pytest", "dramatiq", "huey_consumer"}
)  # fmt: skip

_SERVERS = frozenset({"gunicorn", "uvicorn", "hypercorn", "daphne", "waitress-serve", "celery"})


def missing(evidence: Evidence) -> tuple[Missing, ...]:
    """Return everything that was not found, the newest voice first."""
    return tuple(dict.fromkeys(_all(evidence)))


def _all(evidence: Evidence) -> Iterator[Missing]:
    ended = {run.dyno for run in evidence.runs if run.status == 127}  # noqa: PLR2004 - the shell's: not found
    for language, pattern in _PATTERNS:
        for voice, match, line in evidence.search(pattern):
            if language == "command" and voice != BUILD and voice not in ended:
                continue
            name = f"{match[2]}.{match[1]}" if language == "name" else match[1]
            reason, actual = _reason(evidence, "python" if language == "name" else language, name)
            if language == "name" and reason not in {Reason.CASE, Reason.LEFT_OUT}:
                continue  # a name in a module, which may be missing for many reasons
            guessed = reason in {Reason.DEPENDENCY, Reason.STANDARD} and language == "python"
            if guessed and _commanded(evidence, voice, name):
                reason, actual = Reason.OWN, f"{name.replace('.', '/')}.py"
            yield Missing(voice, name, language, reason, actual, line)


def _commanded(evidence: Evidence, voice: str, module: str) -> bool:
    """Whether the dyno's command names the module as the app's own: `gunicorn MODULE:app`, `celery -A MODULE`."""
    words = evidence.types.get(voice.partition(".")[0], "").split()
    top = module.partition(".")[0]
    for before, word in itertools.pairwise(words):
        own = ":" in word or before in {"-A", "--app"} or words[0] in _SERVERS
        if re.split(r"[.:]", word, maxsplit=1)[0] == top and own and before not in {"-k", "--worker-class", "-m"}:
            return top not in PYTHON_COMMANDS
    return False


def _reason(evidence: Evidence, language: str, name: str) -> tuple[Reason, str]:
    tree = evidence.tree
    paths = _paths(language, name)
    for path in paths:
        if actual := other_case(tree, path, ".py" if language == "python" else ""):
            return Reason.CASE, actual
    for path in paths:
        if rule := tree.left_out(path):
            return Reason.LEFT_OUT, rule if not rule.endswith("/") else f"{path} (in {rule})"
    if language == "file" or (language == "node" and name.startswith((".", "/"))):
        return Reason.OWN, paths[0] if paths else name
    if language == "python" and own_file(tree, name):
        return Reason.OWN, own_file(tree, name)
    return _of_package(evidence, language, name)


def _of_package(evidence: Evidence, language: str, name: str) -> tuple[Reason, str]:
    if is_part(language, name):
        return Reason.STANDARD, name
    package = package_of(language, name)
    if evidence.uses(package.partition("[")[0]):
        return Reason.LISTED, package
    left_out = package in evidence.tree.dev or dependency_name(package) in evidence.tree.python_left_out
    left_out = left_out or (language != "python" and evidence.tree.nested(package) is not None)
    return (Reason.DEVELOPMENT if left_out else Reason.DEPENDENCY), package


def dependency_name(package: str) -> str:
    """The distribution as dependency files are compared: `psycopg` for `Psycopg[binary]`."""
    return package.partition("[")[0].lower().replace("_", "-")


def package_of(language: str, name: str) -> str:
    """The package that has the module or command."""
    if language == "python":
        top = name.partition(".")[0]
        return DISTRIBUTIONS.get(top, top.replace("_", "-") if top.islower() else top)
    if language == "command":
        return COMMANDS.get(name, name)
    parts = name.split("/")
    return "/".join(parts[:2]) if name.startswith("@") else parts[0]


def _paths(language: str, name: str) -> list[str]:
    """Where in the app the thing would be, relative to /app."""
    if language == "python":
        base = name.replace(".", "/")
        return [f"{base}.py", base]
    if language == "command":
        return []
    path = posixpath.normpath(re.sub(r"^/(app|tmp/build_[0-9a-f]+)(/|$)", "", name)).removeprefix("./")
    if language == "node":
        if not name.startswith((".", "/")):
            return []
        return [path.lstrip("./"), *(f"{path.lstrip('./')}{end}" for end in (".js", ".ts", ".json", "/index.js"))]
    outside = path in {".", ".."} or path.startswith(("/", "../"))
    return [] if outside else [path]


def other_case(tree: Tree, path: str, suffix: str = "") -> str | None:
    """A file of the app that is meant but for upper and lower case; None where `path` is there, or nothing is.

    Only files that end in `suffix` count.
    """
    wanted = f"/{path}/".lower()
    alike = [name for name in tree.files if name.endswith(suffix) and wanted in f"/{name}/".lower()]
    if not path or any(f"/{path}/" in f"/{name}/" for name in alike):
        return None
    return min(alike, key=len) if alike else None


def own_file(tree: Tree, module: str) -> str:
    """The app's own file or folder a module's first part means, "" where it is somebody else's."""
    top = module.partition(".")[0]
    for name in tree.files:
        parts = name.split("/")
        if f"{top}.py" == parts[-1]:
            return name
        if top in parts[:-1] and name.endswith(".py"):
            return "/".join(parts[: parts.index(top) + 1])
    return ""
