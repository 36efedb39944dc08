"""`localku completion`."""

from __future__ import annotations

import os
import sys

import click

from localku.cli.terminal import hand_over, note


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), required=False)
def completion(shell: str | None) -> None:
    r"""Print what completes localku's commands, options and names in a shell; without SHELL, in this one.

    \b
    bash: eval "$(localku completion bash)"       in ~/.bashrc
    zsh:  eval "$(localku completion zsh)"        in ~/.zshrc, after compinit
    fish: localku completion fish | source        in ~/.config/fish/config.fish
    """
    from localku.cli.main import cli
    from localku.cli.shell import completion_scripts, user_shell

    chosen = user_shell.Shell(shell) if shell else user_shell.of_environment(os.environ)
    hand_over(completion_scripts.script(chosen, cli))
    if sys.stdout.isatty():
        note("\nNothing has changed yet. `localku completion --help` says where this goes.")
