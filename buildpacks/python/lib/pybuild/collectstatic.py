"""Django's static files, collected when the app is built."""

from __future__ import annotations

from pathlib import Path

from pybuild import output, programs
from pybuild.installed import importable
from pybuild.output import BuildpackError
from pybuild.session import Session

_DEPTH = 3
_DISABLED_FILE = ".heroku/collectstatic_disabled"


def run(session: Session) -> str:
    """Run collectstatic unless there is a reason not to; return what was done, for bin/report."""
    folder = session.build.build_dir
    if (folder / _DISABLED_FILE).exists():
        output.step(f"Skipping Django collectstatic since the file '{_DISABLED_FILE}' exists.")
        output.warning(
            f"Warning: The {_DISABLED_FILE} file is deprecated.\n\n"
            "Delete it and set a config var instead: DISABLE_COLLECTSTATIC=1"
        )
        return "disabled-file"
    if session.app_env.get("DISABLE_COLLECTSTATIC", "0") not in {"", "0"}:
        output.step("Skipping Django collectstatic since the env var DISABLE_COLLECTSTATIC is set.")
        return "disabled-env-var"
    if not importable("django", session.site_packages, folder):
        return "no-django"
    manage = find_manage_py(folder)
    if manage is None:
        output.step("Skipping Django collectstatic since no manage.py file found.")
        return "skipped-no-manage-py"
    _collect(session, manage)
    return "enabled"


def find_manage_py(folder: Path) -> str | None:
    """Return the manage.py nearest to the top, at most two folders down."""
    patterns = ("/".join(["*"] * depth + ["manage.py"]) for depth in range(_DEPTH))
    for pattern in patterns:
        found = sorted(path for path in folder.glob(pattern) if path.is_file() and not path.is_symlink())
        if found:
            return str(found[0].relative_to(folder))
    return None


def _collect(session: Session, manage: str) -> None:
    output.step(f"$ python {manage} collectstatic --noinput")
    config = session.app_env
    env = {**config, "PYTHONPATH": config.get("PYTHONPATH") or "."}
    # -B: a build that changes no dependency must leave no new bytecode beside them. Its variable, the app would see.
    command: programs.Command = [session.python, "-B", manage, "collectstatic", "--noinput", "--traceback"]
    finished = programs.stream(command, env=env, cwd=session.build.build_dir)
    output.blank()
    if finished.ok:
        return
    from pybuild import diagnosis

    output.error(_failed(manage, diagnosis.diagnose(finished.log)))
    if env.get("DEBUG_COLLECTSTATIC", "0") == "1":
        _show(env)
    raise BuildpackError(diagnosis.reason(finished.log), "", finished.log.strip().rpartition("\n")[2])


def _failed(manage: str, paragraphs: tuple[str, ...]) -> str:
    causes = "".join(f"{paragraph}\n\n" for paragraph in paragraphs)
    return (
        "Error: Unable to generate Django static files.\n\n"
        f"'python {manage} collectstatic --noinput' failed, and with it this\n"
        "build. Its traceback is above.\n\n"
        f"{causes}"
        "To build without static files:\n\n"
        "   $ heroku config:set DISABLE_COLLECTSTATIC=1\n\n"
        "https://devcenter.heroku.com/articles/django-assets"
    )


def _show(env: dict[str, str]) -> None:
    print("\n****** Collectstatic environment variables:\n", flush=True)
    for name, value in sorted(env.items()):
        output.indented(f"{name}={value}")
