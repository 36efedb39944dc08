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
    from localku.context import Context
    from localku.records import App

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def app_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from localku.opening import open_context
    from localku.platform.app_facts import known_names

    try:
        return _beginning(known_names.apps(open_context()), incomplete)
    except LocalkuError:
        return []


def dynos(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from localku.platform.app_facts import known_names

    return _of_app(ctx, incomplete, known_names.dynos)


def dynos_and_types(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from localku.platform.app_facts import known_names

    return _of_app(ctx, incomplete, known_names.process_types, known_names.dynos)


def process_types(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from localku.platform.app_facts import known_names

    return _of_app(ctx, incomplete, known_names.process_types)


def config_vars(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from localku.platform.app_facts import known_names

    return _of_app(ctx, incomplete, known_names.config_vars)


def releases(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from localku.platform.app_facts import known_names

    return _of_app(ctx, incomplete, known_names.releases)


def databases(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    from localku.platform.app_facts import known_names

    return _of_app(ctx, incomplete, known_names.databases)


def _of_app(ctx: click.Context, incomplete: str, *kinds: Callable[[Context, App], list[str]]) -> list[str]:
    """Names of the app that the line names, or of this folder's."""
    from localku.opening import open_context
    from localku.platform import apps

    try:
        context = open_context()
        app = apps.find(context, here(), ctx.params.get("name"))
        return _beginning([name for kind in kinds for name in kind(context, app)], incomplete)
    except LocalkuError:
        return []


def _beginning(names: list[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
