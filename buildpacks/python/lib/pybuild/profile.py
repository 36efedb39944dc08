"""What dynos and later buildpacks get to know: .profile.d scripts and the `export` file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pybuild.context import Build
from pybuild.session import Tool

SCRIPTS = {"python.gunicorn.sh": "gunicorn.sh", "WEB_CONCURRENCY.sh": "WEB_CONCURRENCY.sh"}

_HOME = "${HOME}/.heroku/python"
_COMMON = """\
export PATH=${HOME}/.heroku/python/bin:${PATH}
export PYTHONUNBUFFERED=true
export PYTHONHOME=${HOME}/.heroku/python
export LIBRARY_PATH=${HOME}/.heroku/python/lib${LIBRARY_PATH:+:${LIBRARY_PATH}}
export LD_LIBRARY_PATH=${HOME}/.heroku/python/lib${LD_LIBRARY_PATH:+:${LD_LIBRARY_PATH}}
export LANG=${LANG:-en_US.UTF-8}
export PYTHONPATH=${PYTHONPATH:-${HOME}}
"""

_MOVED_HOME = """\
if [[ $HOME != "/app" ]]; then
    mkdir -p /app/.heroku
    ln -nsf "$HOME/.heroku/python" /app/.heroku/python
fi
"""

_SOURCE_PATHS = """\
find "${{HOME}}"/.heroku/python/lib/python*/site-packages/ -maxdepth 1 -type f \
-and \\( -name '*.pth' -or -name '*.egg-link' -or -name '__editable___*_finder.py' \\) \
-exec sed -i -e "s#{build_dir}#${{HOME}}#" {{}} \\+
"""


def write(build: Build, home: Path, tool: Tool, variables: Mapping[str, str], *, source_paths: bool) -> None:
    """Write python.sh, the two scripts for web servers, and `export` beside bin/.

    `home` is the path of Python while the build lasts, `variables` are further ones for dynos. `source_paths`
    says that files of the tree name places in the build folder: they are corrected when a dyno starts, as later
    buildpacks may still use them.
    """
    folder = build.build_dir / ".profile.d"
    folder.mkdir(exist_ok=True)
    at_run_time = _tool(tool) if tool.at_run_time else ""
    fix = _SOURCE_PATHS.format(build_dir=build.build_dir) if source_paths else ""
    more = _assignments(variables)
    (folder / "python.sh").write_text(f"{at_run_time}{more}{_COMMON}{_MOVED_HOME}{fix}", "utf-8")
    for name, source in SCRIPTS.items():
        (folder / name).write_bytes((build.buildpack_dir / "profile" / source).read_bytes())
    (build.buildpack_dir / "export").write_text(_tool(tool) + more + _COMMON.replace(_HOME, str(home)), "utf-8")


def _tool(tool: Tool) -> str:
    paths = "".join(f'export PATH="{folder}:${{PATH}}"\n' for folder in tool.folders)
    return paths + _assignments(tool.variables)


def _assignments(variables: Mapping[str, str]) -> str:
    return "".join(f'export {name}="{value}"\n' for name, value in variables.items())
