"""The app's folder as a build would take it, and what its files say."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from localku.project.procfile_guess import Guess

CODE = (".py", ".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", ".vue", ".html", ".jinja", ".rb", ".sh")
MOST_LINE = 1000
"""Characters of a line that are shown."""
NOT_THE_APP = re.compile(
    r"(^|/)(tests?|spec|__tests__|node_modules|vendor|docs|migrations|\.github)/|(^|/)test_|conftest\.py$|\.min\.|\.(test|spec)\."
)
_NEVER_NEEDED = frozenset({"node_modules/", "venv/", ".venv/", "__pycache__/", "env/", ".env", "bower_components/"})


@dataclass(frozen=True)
class Blob:
    """A file as git keeps it, which is what `git push heroku` sends."""

    executable: bool
    crlf: bool


@dataclass(frozen=True)
class Spot:
    """A place in the source; `text` is the whole line."""

    path: str
    line: int
    text: str
    match: re.Match[str]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Tree:
    """`files` maps each path of the build to its mode, `texts` those worth reading to their text.

    `ignored` are paths in the folder that git ignores (folders end in `/`), `dirty` and `untracked` what
    `git push` would not send as it is here, `blobs` how git keeps scripts and the Procfile. `python_asked` is the
    version of Python that a file asks for, and what is wrong with how it is written; `guess` what a missing Procfile
    should probably say. Without any file nobody has seen the source.
    """

    files: Mapping[str, int] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    blobs: Mapping[str, Blob] = field(default_factory=dict)
    python: Mapping[str, str] = field(default_factory=dict)
    """Normalised distribution to the file that names it, of those that a build installs …"""
    python_left_out: Mapping[str, str] = field(default_factory=dict)
    """… and of those it does not: for development, optional, for another platform."""
    mixed_encoding: bool = False
    """Whether requirements.txt is UTF-16 in part."""
    node: Mapping[str, str] = field(default_factory=dict)
    dev: Mapping[str, str] = field(default_factory=dict)
    """`dependencies` (optional ones too) and `devDependencies` of package.json."""
    scripts: Mapping[str, str] = field(default_factory=dict)
    python_asked: tuple[str, str] = ("", "")
    guess: Guess | None = None
    commit: str | None = None
    dirty: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    """Sentences on what git calls unchanged and Heroku gets otherwise all the same."""
    pointers: tuple[str, ...] = ()
    """Files that are pointers of Git LFS in the folder itself."""
    ignored: tuple[str, ...] = ()
    slugignored: tuple[str, ...] = ()

    def has(self, path: str) -> bool:
        return path in self.files or any(name.startswith(f"{path}/") for name in self.files)

    def grep(self, pattern: str, suffixes: tuple[str, ...] = CODE) -> Iterator[Spot]:
        """Yield every place in the app's own code that matches; comment lines do not count."""
        wanted = re.compile(pattern)
        for path, text in self.texts.items():
            if not path.endswith(suffixes) or NOT_THE_APP.search(path):
                continue
            line, counted = 1, 0
            for match in wanted.finditer(text):
                line, counted = line + text.count("\n", counted, match.start()), match.start()
                end = text.find("\n", match.start())
                whole = text[text.rfind("\n", 0, match.start()) + 1 : end if end >= 0 else len(text)][:MOST_LINE]
                if not whole.lstrip().startswith(("#", "//", "*")):
                    yield Spot(path, line, whole.strip(), match)

    def first(self, pattern: str, suffixes: tuple[str, ...] = CODE) -> Spot | None:
        return next(self.grep(pattern, suffixes), None)

    def says(self, pattern: str, suffixes: tuple[str, ...] = CODE) -> bool:
        return self.first(pattern, suffixes) is not None

    def named(self, name: str) -> list[str]:
        """Paths of the files of this name, those nearest to the top first."""
        found = [path for path in self.files if PurePosixPath(path).name == name and not NOT_THE_APP.search(path)]
        return sorted(found, key=lambda path: (path.count("/"), path))

    def nested(self, package: str) -> str | None:
        """Say which package.json below the top has a package in its devDependencies."""
        for path in self.named("package.json"):
            if "/" in path and package in _dev_dependencies(self.texts.get(path, "")):
                return path
        return None

    def left_out(self, path: str) -> str | None:
        """Say which rule keeps `path` out of the build: the ignored path or folder, or None."""
        for name in (*self.ignored, *self.slugignored):
            if name not in _NEVER_NEEDED and (path == name or (name.endswith("/") and f"{path}/".startswith(name))):
                return name
        return None


def _dev_dependencies(package_json: str) -> Collection[str]:
    try:
        content = json.loads(package_json)
    except ValueError:
        return ()
    found = content.get("devDependencies") if isinstance(content, dict) else None
    return found if isinstance(found, dict) else ()
