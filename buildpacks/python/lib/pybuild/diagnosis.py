"""Why collectstatic failed: the usual causes, read off its traceback, and what to do about each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Explain = Callable[["re.Match[str]"], str]


@dataclass(frozen=True)
class Pattern:
    """A text in a traceback and what it means. A pattern counts only if no earlier one of its `topic` did."""

    topic: str
    text: re.Pattern[str]
    explain: Explain


def diagnose(log: str) -> tuple[str, ...]:
    """Return a paragraph for each cause found in the output of collectstatic, the likeliest first."""
    found: dict[str, str] = {}
    for pattern in PATTERNS:
        match = pattern.text.search(log)
        if match and pattern.topic not in found:
            found[pattern.topic] = pattern.explain(match)
    return tuple(found.values())


def reason(log: str) -> str:
    """Return Heroku's name for the kind of failure."""
    for text, name in _REASONS:
        if text in log:
            return f"collectstatic-{name}"
    return "collectstatic-other"


_REASONS = (
    ("SyntaxError", "syntax-error"),
    ("ImproperlyConfigured", "improper-configuration"),
    ("The CSS file", "fancy-references"),
    ("OSError", "missing-file"),
)


def _static_root(_: re.Match[str]) -> str:
    return """\
STATIC_ROOT isn't set: Django doesn't know where to put the files. Add
to your settings:
STATIC_ROOT = BASE_DIR / "staticfiles\""""


def _variable(match: re.Match[str]) -> str:
    name = match[1]
    return f"""\
Your settings need the env var {name}, which isn't set. Builds see
config vars only, no '.env' file. Set it:

   $ heroku config:set {name}=...

or give it a default: os.environ.get("{name}", "...")"""


def _secret_key(_: re.Match[str]) -> str:
    return """\
SECRET_KEY is empty. If your settings read it from the environment, the
config var isn't set:

   $ heroku config:set SECRET_KEY=..."""


def _manifest_entry(match: re.Match[str]) -> str:
    return f"""\
A file that CSS, JavaScript or a template mentions doesn't exist:
{match[1]}
Add it or correct its name: capital letters count here, though not on
macOS and Windows. See that '.gitignore' doesn't name it."""


def _database(_: re.Match[str]) -> str:
    return """\
Your code used the database, or another service, while it was imported.
There is none while an app is built. Move that into a function that
runs later: a view, AppConfig.ready() or a 'release' process."""


def _driver(_: re.Match[str]) -> str:
    return """\
The PostgreSQL driver isn't installed. Add 'psycopg[binary]' to your
dependencies."""


def _module(match: re.Match[str]) -> str:
    name = match[1]
    return f"""\
The module '{name}' isn't installed.
If it is a package, add it to your dependencies (its name there may
differ; packages for development only aren't installed). If it is your
own code, see that it is committed, and that DJANGO_SETTINGS_MODULE is
right."""


def _not_enabled(_: re.Match[str]) -> str:
    return """\
The app django.contrib.staticfiles isn't in your INSTALLED_APPS: add it,
or disable collectstatic as below."""


def _missing_folder(match: re.Match[str]) -> str:
    return f"""\
This file or folder doesn't exist: {match[1]}
Git doesn't keep empty folders. Put a file into it and commit that, or
take it out of STATICFILES_DIRS."""


def _syntax(_: re.Match[str]) -> str:
    return """\
A Python file has a syntax error, see above. If it runs on your machine,
your app's Python here is another version: see .python-version."""


def _pattern(topic: str, text: str, explain: Explain) -> Pattern:
    return Pattern(topic, re.compile(text, re.MULTILINE), explain)


PATTERNS = (
    _pattern("STATIC_ROOT", r"without having set the STATIC_ROOT setting", _static_root),
    _pattern("SECRET_KEY", r"The SECRET_KEY setting must not be empty", _secret_key),
    _pattern("variable", r"os\.py[\s\S]*^KeyError: '([A-Za-z_]\w*)'", _variable),
    _pattern("variable", r"os\.environ\[[\s\S]*^KeyError: '([A-Za-z_]\w*)'", _variable),
    _pattern("variable", r"ImproperlyConfigured: Set the (\w+) environment variable", _variable),
    _pattern("variable", r"UndefinedValueError: (\w+) not found", _variable),
    _pattern("variable", r'EnvError: Environment variable "(\w+)" not set', _variable),
    _pattern("manifest", r"Missing staticfiles manifest entry for '([^']+)'", _manifest_entry),
    _pattern("manifest", r"(?:MissingFileError|ValueError): The file '([^']+)' could not be found", _manifest_entry),
    _pattern("manifest", r"references a file which could not be found:\s+(\S+)", _manifest_entry),
    _pattern("driver", r"Error loading psycopg2? (?:or psycopg )?module|No module named 'psycopg2?'", _driver),
    _pattern(
        "database",
        r"OperationalError|ProgrammingError: relation |UndefinedTable|no such table"
        r"|redis\.exceptions\.ConnectionError|ConnectionRefusedError|could not translate host name",
        _database,
    ),
    _pattern("module", r"ModuleNotFoundError: No module named '(?!psycopg)([^']+)'", _module),
    _pattern("staticfiles", r"Unknown command: '?collectstatic'?", _not_enabled),
    _pattern(
        "folder",
        r"(?:FileNotFoundError|OSError): \[Errno 2\] No such file or directory: '([^']+)'",
        _missing_folder,
    ),
    _pattern("syntax", r"^(?:\s*)(?:SyntaxError|IndentationError|TabError): ", _syntax),
)
