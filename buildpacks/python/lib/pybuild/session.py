"""What the steps of one build pass on to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pybuild import python_home
from pybuild.config_vars import BLACKLIST, prepend
from pybuild.context import Build


@dataclass(frozen=True)
class Tool:
    """An installed package manager.

    `variables` and `folders` (for PATH) are for this build and later buildpacks; `at_run_time` says whether
    dynos get them too.
    """

    version: str
    variables: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()
    at_run_time: bool = False


@dataclass(frozen=True)
class Session:
    """A build whose Python is in place.

    `home` is the path to run Python by, `env` the environment of programs without config vars, `config` the
    config vars. `restored` says that the tree came from the cache, `unchanged` that besides nothing that
    decides on dependencies has changed since it was saved; `has_pip` that pip is in the tree, ahead of its step.
    """

    build: Build
    home: Path
    env: Mapping[str, str]
    config: Mapping[str, str]
    restored: bool
    unchanged: bool
    has_pip: bool = False

    @property
    def python(self) -> Path:
        return self.home / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return self.home / python_home.site_packages(self.build.tree).relative_to(self.build.tree)

    def with_tool(self, tool: Tool) -> Session:
        path = self.env.get("PATH", "")
        for folder in tool.folders:
            path = prepend(str(folder), path)
        return replace(self, env={**self.env, **tool.variables, "PATH": path})

    @property
    def app_env(self) -> dict[str, str]:
        """The environment of the app's own programs: config vars win."""
        shown = {name: value for name, value in self.config.items() if name not in BLACKLIST}
        return {**self.env, **shown}
