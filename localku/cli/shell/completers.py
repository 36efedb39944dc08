"""What click asks for the names that begin with what was typed: of apps, dynos, config vars and their like.

A state folder that cannot be read completes nothing: a shell has no place for an error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from localku.cli.shell.user_shell import here
from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.platform.app_facts.known_names import Names

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def app_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from localku.opening import open_context
    from localku.platform.app_facts import known_names

    try:
        return _beginning(known_names.apps(open_context()), incomplete)
    except LocalkuError:
        return []


def _of_app(*kinds: Names) -> Completer:
    """Names of the app that the line names, or of this folder's."""

    def found(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        from localku.opening import open_context
        from localku.platform import apps
        from localku.platform.app_facts import known_names

        try:
            context = open_context()
            app = apps.find(context, here(), ctx.params.get("name"))
            return _beginning([name for kind in kinds for name in known_names.of(context, app, kind)], incomplete)
        except LocalkuError:
            return []

    return found


dynos = _of_app("dynos")
dynos_and_types = _of_app("process types", "dynos")
process_types = _of_app("process types")
config_vars = _of_app("config vars")
releases = _of_app("releases")
databases = _of_app("databases")


def _beginning(names: list[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
