"""Asking before something is destroyed, in Heroku's way."""

from __future__ import annotations

import sys

import click

from localku.cli.terminal import note
from localku.errors import Invalid


def confirm(app_name: str, given: str | None, what: str) -> None:
    """Return when the user named the app; raise LocalkuError when not."""
    if given is None and sys.stdin.isatty():
        note(f" !     WARNING: {what}")
        given = click.prompt(f" !     To proceed, type {app_name} or re-run with --confirm {app_name}\n", err=True)
    if given != app_name:
        raise Invalid(
            f"Confirmation {given or '(none)'} did not match {app_name}. Nothing was done.",
            f"{what}\nTo proceed: --confirm {app_name}",
            resource="app",
        )
