"""Which npm a Node release shipped with.

nodejs.org's tarballs hold that npm; the registry's node-linux-* packages hold Node alone, but Node's own
CHANGELOG.md lies in them and names every npm upgrade of its line.
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


def by_major(node: Version) -> str:
    """Return a range of npm for a Node line: the table's, or anything for a line newer than the table."""
    return _BY_MAJOR.get(node.major, "*")
