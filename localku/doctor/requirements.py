"""What a requirements.txt says that it should not (#2 too), and what it should say where there is none (#9)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from localku.doctor.evidence import BUILD, Evidence
from localku.doctor.finding import Finding, Level, several
from localku.doctor.missing import PYTHON_COMMANDS, own_file, package_of
from localku.doctor.standard_library import is_part
from localku.project import procfile

_NAME = "requirements.txt"
_PATH = re.compile(r"(?m)^([\w.-]+)(?:\[[^\]\n]{0,99}\])?[ \t]*@[ \t]*file://(/\S+)")


def paths(evidence: Evidence) -> Finding | None:
    """Files of the machine that it was written on, as conda's `pip freeze` does."""
    found = list(_PATH.finditer(evidence.tree.texts.get(_NAME, "")))
    missed = [match for match in found if match[2] in evidence.output]
    if not missed:
        return None
    first = missed[0]
    line = evidence.tree.texts[_NAME].count("\n", 0, first.start()) + 1
    what = (
        f"{_NAME} names files of the machine that it was written on ({several([one[1] for one in found])}), "
        "as `pip freeze` does in a conda environment: no build has them"
    )
    fix = (
        f"write versions instead of paths: `pip list --format=freeze > {_NAME}` does, then remove what the "
        "app does not import"
    )
    return Finding(2, "DEPENDENCY", Level.FAILED, what, fix, f"{_NAME}:{line}", (first[0],), _NAME, BUILD)


_IMPORT = (
    r"(?m)^(?:from[ \t]+([A-Za-z_]\w*)(?:\.\w+)*[ \t]+import\b"
    r"|import[ \t]+([A-Za-z_]\w*)(?:\.\w+)*[ \t]*(?:as\b|[,;#]|$))"
)
_COMMAND = re.compile(r"(?m)^\w+:[ \t]*([\w-]+)")
_MOST = 12
"""That are named; who has more than these knows `pip freeze`."""


def distributions(evidence: Evidence) -> tuple[str, ...]:
    """Distributions that the code imports, and the program that the Procfile starts, or should."""
    tree = evidence.tree
    tops = {spot.match[1] or spot.match[2] for spot in tree.grep(_IMPORT, (".py",))}
    others = {top for top in tops if not is_part("python", top) and not own_file(tree, top)}
    return tuple(sorted({*(package_of("python", top) for top in others), *_programs(evidence)}, key=str.lower))[:_MOST]


def _programs(evidence: Evidence) -> Iterator[str]:
    guess = evidence.tree.guess
    text = evidence.tree.texts.get(procfile.NAME, guess.lines if guess else "")
    for word in _COMMAND.findall(text):
        if word in PYTHON_COMMANDS:
            yield package_of("command", word)
