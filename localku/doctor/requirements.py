"""#2 too: a requirements.txt that names files of the machine it was written on, as conda's `pip freeze` does."""

from __future__ import annotations

import re

from localku.doctor.evidence import BUILD, Evidence
from localku.doctor.finding import Finding, Level, several

_NAME = "requirements.txt"
_PATH = re.compile(r"(?m)^([\w.-]+)(?:\[[^\]\n]{0,99}\])?[ \t]*@[ \t]*file://(/\S+)")


def paths(evidence: Evidence) -> Finding | None:
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
