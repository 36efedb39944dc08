"""Which npm a Node release shipped with.

nodejs.org's tarballs hold that npm; the registry's node-linux-* packages hold Node alone, but Node's own
CHANGELOG.md lies in them and names every npm upgrade of its line. Those of Node 7 to 15 lie beside another line's.
"""

from __future__ import annotations

import re

from .semver import Version

# The last npm of each line, from https://nodejs.org/dist/index.json (field `npm`): used where the changelog of the
# line does not say, which is a line that never changed its npm or one whose changelog was not packed.
_BY_MAJOR = {
    0: "2.15.x", 1: "2.x", 2: "2.x", 3: "2.x", 4: "2.15.x", 5: "3.8.x", 6: "3.10.x", 7: "4.2.x", 8: "6.13.x",
    9: "5.6.x", 10: "6.14.x", 11: "6.7.x", 12: "6.14.x", 13: "6.14.x", 14: "6.14.x", 15: "7.7.x", 16: "8.19.x",
    17: "8.11.x", 18: "10.8.x", 19: "9.6.x", 20: "10.8.x", 21: "10.5.x", 22: "10.9.x", 23: "10.9.x", 24: "11.x",
    25: "11.x", 26: "11.x",
}  # fmt: skip
# From the same list: with which releases, by minor and patch number, lines without a changelog here changed their npm.
_STEPS = {
    7: "0.0=3.10.8 1.0=3.10.9 2.1=3.10.10 4.0=4.0.5 5.0=4.1.2 8.0=4.2.0",
    8: "0.0=5.0.0 1.0=5.0.3 2.0=5.3.0 7.0=5.4.2 9.0=5.5.1 9.4=5.6.0 12.0=6.4.1 17.0=6.13.4",
    9: "0.0=5.5.1 4.0=5.6.0",
    10: (
        "0.0=5.6.0 3.0=6.1.0 8.0=6.2.0 10.0=6.4.1 16.0=6.9.0 17.0=6.11.3 18.0=6.13.4 20.0=6.14.4 22.0=6.14.6 "
        "23.0=6.14.8 23.1=6.14.10 23.3=6.14.11 24.1=6.14.12"
    ),
    11: "0.0=6.4.1 6.0=6.5.0-next.0 7.0=6.5.0 10.0=6.7.0",
    12: (
        "0.0=6.9.0 7.0=6.10.0 8.0=6.10.2 10.0=6.10.3 11.0=6.11.3 13.0=6.12.0 13.1=6.12.1 14.0=6.13.4 16.2=6.14.4 "
        "18.1=6.14.5 18.3=6.14.6 19.0=6.14.8 20.1=6.14.10 20.2=6.14.11 22.1=6.14.12 22.2=6.14.13 22.4=6.14.14 "
        "22.6=6.14.15 22.10=6.14.16"
    ),
    13: "0.0=6.12.0 1.0=6.12.1 2.0=6.13.1 4.0=6.13.4 7.0=6.13.6 9.0=6.13.7 12.0=6.14.4",
    14: (
        "0.0=6.14.4 3.0=6.14.5 6.0=6.14.6 7.0=6.14.7 9.0=6.14.8 15.2=6.14.9 15.4=6.14.10 15.5=6.14.11 "
        "16.1=6.14.12 17.0=6.14.13 17.4=6.14.14 17.6=6.14.15 19.0=6.14.16 19.2=6.14.17 21.3=6.14.18"
    ),
    15: (
        "0.0=7.0.2 0.1=7.0.3 1.0=7.0.8 3.0=7.0.14 4.0=7.0.15 5.0=7.3.0 6.0=7.4.0 7.0=7.4.3 8.0=7.5.1 9.0=7.5.3 "
        "11.0=7.6.0 12.0=7.6.3 13.0=7.7.6"
    ),
}
_SECTION = re.compile(r"^## .*?Version (\d+\.\d+\.\d+)", re.MULTILINE)
_UPGRADE = re.compile(
    r"^.*(?:npm\b.*?up(?:grad|dat)ed? .*?to|up(?:grad|dat)ed?(?: npm)? to(?: npm)?|update npm to) v?(\d+\.\d+\.\d+)",
    re.IGNORECASE | re.MULTILINE,
)


def from_changelog(changelog: str, node: Version) -> str | None:
    """Return the npm version in `node`, the newest upgrade named at or below its section; None if none is."""
    heads = list(_SECTION.finditer(changelog))
    for index, head in enumerate(heads):
        of = Version.parse(head[1])
        if of is None or of > node:
            continue
        end = heads[index + 1].start() if index + 1 < len(heads) else len(changelog)
        found = _highest_upgrade(changelog[head.end() : end])
        if found:
            return found
    return None


def _highest_upgrade(section: str) -> str | None:
    lines = [line for line in section.splitlines() if "npm" in line]
    named = [Version.parse(match[1]) for line in lines if (match := _UPGRADE.match(line))]
    return str(max(each for each in named if each is not None)) if any(named) else None


def from_table(node: Version) -> str | None:
    """Return the npm version in `node`, of a line that has no changelog here."""
    steps = (step.split("=") for step in _STEPS.get(node.major, "").split())
    known = [(Version.parse(f"{node.major}.{since}"), npm) for since, npm in steps]
    return next((npm for since, npm in reversed(known) if since is not None and since <= node), None)


def by_major(node: Version) -> str:
    """Return a range of npm for a Node line: the table's, or anything for a line newer than the table."""
    return _BY_MAJOR.get(node.major, "*")
