"""The scripts that make bash, zsh and fish ask localku how a line goes on.

zsh's and fish's are click's own. In bash, readline takes words apart at colons, and so `pg:backups:ca`: the script
hands over the line as it is, and takes off what is on it already.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from click.shell_completion import (
    BashComplete,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from localku.cli.shell.user_shell import Shell

if TYPE_CHECKING:
    import click

ASKED = "_LOCALKU_COMPLETE"
"""The variable that makes localku complete a line instead of running it."""

BASH = """\
_localku_completion() {
    local line=${COMP_LINE:0:COMP_POINT} type value
    local word=${line##*[[:space:]]} before=""
    if [[ $COMP_WORDBREAKS == *:* && $word == *:* ]]; then
        before=${word%%"${word##*:}"}
    fi
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            plain) COMPREPLY+=("${value#"$before"}") ;;
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
        esac
    done < <(COMP_WORDS=$line %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F _localku_completion %(prog_name)s
"""


class Bash(BashComplete):
    """Reads the line itself: COMP_WORDS is what stands before the cursor."""

    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        incomplete = words.pop() if words[1:] and not line[-1:].isspace() else ""
        return words[1:], incomplete


KINDS: dict[Shell, type[ShellComplete]] = {Shell.BASH: Bash, Shell.ZSH: ZshComplete, Shell.FISH: FishComplete}


def register() -> None:
    """Make click use the above."""
    for shell, kind in KINDS.items():
        add_completion_class(kind, shell.value)


def script(shell: Shell, command: click.Command) -> str:
    """Return what the shell's own configuration is to evaluate."""
    register()
    return KINDS[shell](command, {}, "localku", ASKED).source()
