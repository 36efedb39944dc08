"""Whether this is a Python app."""

from __future__ import annotations

from pathlib import Path

from pybuild.output import BuildpackError

KNOWN_NAMES = (
    ".python-version", "__init__.py", "app.py", "main.py", "manage.py", "pdm.lock", "Pipfile", "Pipfile.lock",
    "poetry.lock", "pyproject.toml", "requirements.txt", "runtime.txt", "server.py", "setup.cfg", "setup.py",
    "uv.lock",
    # Misspelled requirements.txt: detected, so that the build can say so.
    "requeriments.txt", "requirement.txt", "requirements", "requirements.text", "Requirements.txt",
    "requirements.txt.txt", "requirments.txt",
)  # fmt: skip
"""Names that make a folder a Python app, as in heroku-buildpack-python v351, bin/detect."""

KNOWN_FOLDERS = ("__pycache__", ".venv", "venv")


def is_python_app(build_dir: Path) -> bool:
    return any((build_dir / name).exists() for name in KNOWN_NAMES) or any(
        (build_dir / name).is_dir() for name in KNOWN_FOLDERS
    )


def undetected(build_dir: Path) -> BuildpackError:
    text = f"""\
Error: Your app is configured to use the Python buildpack,
but we couldn't find any supported Python project files.

{MISSING_FILE_HELP.format(listing=listing(build_dir))}"""
    return BuildpackError("detect::none-found", text)


MISSING_FILE_HELP = """\
A Python app needs one of these files in the top folder of its source:

requirements.txt  (pip)
uv.lock           (uv)
poetry.lock       (Poetry)
Pipfile.lock      (Pipenv)

The top folder of your app contains:

{listing}

If you have such a file already, see that it:

1. Lies in the top folder, not in a folder below it.
2. Is spelled like that: capital letters count.
3. Isn't named in '.gitignore' or '.slugignore'.
4. Is in the Git repository: 'git add --all', then 'git commit'.

An app without dependencies needs an empty 'requirements.txt'.

https://devcenter.heroku.com/articles/python-support"""


def listing(folder: Path) -> str:
    """Return the names in `folder`, one a line, folders with a slash behind them."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return "\n".join(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
