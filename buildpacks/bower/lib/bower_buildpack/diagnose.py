"""Why `bower install` failed, read from what it printed (codes: bower's own, lib/core and lib/util)."""

from __future__ import annotations

import re

_OFFLINE = (
    "Not in the cache, and this build has no network: {what}\n"
    "Build once with a network; what is downloaded then is kept for builds without one."
)
_CAUSES = tuple(
    (re.compile(pattern, re.MULTILINE), advice)
    for pattern, advice in (
        (
            r"ECONFLICT\s+Unable to find suitable version for (\S+)",
            (
                "Components ask for versions of {what} that exclude each other; the lines above say who asks for\n"
                'which. Choose one in bower.json under "resolutions": {{ "{what}": "VERSION" }}.'
            ),
        ),
        (
            r"ENORESTARGET\s+(.+)",
            ("{what}\nThe component has no such version. The lines above list those it has: name one in bower.json."),
        ),
        (
            r"ENOTFOUND\s+Package (\S+) not found",
            "The registry does not know {what}. Check the name in bower.json and the registry in .bowerrc.",
        ),
        (
            r"(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT)\s+Request to (\S+) failed",
            (
                "The registry could not be reached: {what}\n"
                "Check the network and proxy of this machine, and the registry in .bowerrc."
            ),
        ),
        (
            r"ECMDERR\s+Failed to execute \"([^\"]+)\"",
            (
                "Git could not fetch a component: {what}\n"
                "The lines above are what git said. A firewall may block the port of git:// addresses:\n"
                "use the https:// address in bower.json."
            ),
        ),
        (
            r"EMALFORMED\s+(.+)",
            "{what}\nCorrect the file it names.",
        ),
        (
            r"ENOSPC",
            "The disk the build writes to is full. Free some space, then build again.",
        ),
    )
)
_MISSED = re.compile(
    r"^bower (\S+)\s+(?:ENOTFOUND|ENORESTARGET|ENOCACHE|ECMDERR|EAI_AGAIN|ECONNREFUSED)\b", re.MULTILINE
)


def diagnose(output: str, *, offline: bool) -> str | None:
    """Return what to tell the user about the cause; None when it is not a usual one."""
    missed = _MISSED.search(output)
    if offline and missed:
        return _OFFLINE.format(what=missed[1])
    for pattern, advice in _CAUSES:
        match = pattern.search(output)
        if match:
            return advice.format(what=match[1] if pattern.groups else "")
    return None


def failure(output: str, status: int, *, offline: bool) -> str:
    """Return the text for a failed `bower install`, whatever its cause."""
    return "Error: Unable to install components using bower.\n\n" + (
        diagnose(output, offline=offline)
        or f"`bower install` ended with status {status}. The lines above say why; run it in the app's folder to see "
        "the same."
    )
