"""Whether what a spec expects is in an output. Blank lines are no part of either, nor what the platform itself prints.

The platform's lines are not the buildpack's; localku's own tests hold them to Heroku's words.
"""

from __future__ import annotations

import json
import re

from trials import Check

from localku.slugs import host_settings

_PREFIX = re.compile(r"^remote:[ ]?")
_PLATFORM = re.compile(
    r"Push rejected, failed|App not compatible with buildpack|#buildpack-auto-detection|Discovering process types|"
    r"-----> test command"
)
_NAMES = (*host_settings.CERTIFICATE_VARIABLES, *host_settings.PASSED, "LC_CTYPE")
"""LC_CTYPE comes from PEP 538: here a Python of its own runs bin/compile, in localku a copy of the build's driver."""
_HOST = re.compile(rf"^\W*'?({'|'.join(_NAMES)})'?[=:]")
_BARE = re.compile(r"\s*!?\s*")


def wanted(text: str) -> list[str]:
    """The lines of an expectation that are a buildpack's."""
    lines = (_PREFIX.sub("", line).rstrip() for line in text.splitlines())
    return [line for line in lines if not _BARE.fullmatch(line) and not _PLATFORM.search(line)]


def printed(output: str) -> list[str]:
    """The lines of an output, without variables that only this machine gives to builds."""
    lines = (line.rstrip() for line in output.splitlines())
    return [line for line in lines if not _BARE.fullmatch(line) and not _HOST.match(line)]


def holds(check: Check, output: str) -> bool:
    """Whether a check of a Hatchet spec holds; those of the shell suite were made where they ran."""
    ours, theirs = printed(output), wanted(check.expected)
    answers = {
        "lines": lambda: any(ours[at : at + len(theirs)] == theirs for at in range(len(ours) - len(theirs) + 1)),
        "equal": lambda: [line for line in ours if not line.startswith("[exit status")] == theirs,
        "pattern": lambda: matches("\n".join(theirs), "\n".join(ours), dot_all=check.dot_all),
        "text": lambda: not theirs or check.expected in output,
        "absent": lambda: check.expected not in output,
        "metric": lambda: _metric(check.expected, output),
    }
    return answers[check.kind]() if check.kind in answers else check.held


def matches(pattern: str, text: str, *, dot_all: bool = False) -> bool:
    """As Ruby's Regexp: ^ and $ are of lines. False too if Python does not know the pattern."""
    try:
        return re.search(pattern, text, re.MULTILINE | (re.DOTALL if dot_all else re.NOFLAG)) is not None
    except re.error:
        return False


def _metric(expected: str, output: str) -> bool:
    path, _, least = expected.partition(" >= ")
    try:
        value = json.loads(output.rpartition("[exit status")[0])
        for key in path.split("/"):
            value = value[key]
        return float(value) >= float(least)
    except (ValueError, KeyError, TypeError):
        return False
