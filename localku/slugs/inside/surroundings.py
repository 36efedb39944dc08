"""What a buildpack's program finds around it: Heroku's environment variables, and where it starts.

Heroku's are those that the tests of its Python buildpack know of (heroku-buildpack-python, spec/hatchet/hooks_spec.rb
with spec/fixtures/hooks_pre_compile_pass_post_compile_fail/bin/pre_compile).

Standard library only: it runs on whatever python3 the build image has.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

ADDED = ("HOSTNAME", "LC_CTYPE", "TERM")
"""What the engine and this interpreter (PEP 538) have put in."""

OURS = "LOCALKU_"
"""How the names begin of what our own buildpacks alone are told."""


def take(environ: MutableMapping[str, str]) -> dict[str, str]:
    """Leave in `environ` what every buildpack gets; return what is for our own."""
    for name in ADDED:
        environ.pop(name, None)
    return {name: environ.pop(name) for name in list(environ) if name.startswith(OURS)}


def of(buildpack: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Return a buildpack's environment."""
    return {**environment, "PWD": place(buildpack)}


def place(buildpack: Mapping[str, Any]) -> str:
    """Return where its programs start: in its own folder.

    heroku-buildpack-nginx's bin/compile takes files beside itself by relative paths (its `cp bin/start-nginx`).
    """
    return str(Path(buildpack["dir"]))
