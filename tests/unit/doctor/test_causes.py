"""Each of the 30 causes: evidence as it really looks, and the paragraph that comes of it, in paragraphs.txt."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from cases import CASES, Case
from diagnosis_kit import evidence, judge

from localku.doctor.causes import CAUSES, diagnose
from localku.doctor.evidence import Evidence
from localku.doctor.finding import Level


@cache
def paragraphs() -> dict[str, str]:
    text = (Path(__file__).parent / "paragraphs.txt").read_text()
    return dict(re.findall(r"(?m)^## (.+)\n(.+)$", text))


NO_PROCFILE = 3


def seen(case: Case, root: Path) -> Evidence:
    """The case's process types come from a Procfile, unless that is what the case is about."""
    types = {} if case.number == NO_PROCFILE or not case.files else case.facts.get("types", {})
    declared = {"Procfile": "".join(f"{kind}: {command}\n" for kind, command in types.items())} if types else {}
    return evidence(root, {**declared, **case.files}, case.log, git=case.git, **case.facts)


def test_a_process_type_that_the_procfile_does_not_name_is_the_slugs(tmp_path: Path) -> None:
    case = CASES["program of a buildpack"]
    (kind, command), *_ = case.facts["types"].items()
    own = evidence(tmp_path / "own", {**case.files, "Procfile": f"{kind}: {command}\n"}, case.log, **case.facts)
    default = evidence(tmp_path / "default", {**case.files, "Procfile": "worker: run\n"}, case.log, **case.facts)
    places = [found.where for found in (judge(case.number, own), judge(case.number, default)) if found is not None]
    assert places == [f"Procfile, `{kind}: {command}`", f"the slug, not the Procfile, `{kind}: {command}`"]


@pytest.mark.parametrize("name", CASES)
def test_evidence_gives_the_paragraph(name: str, tmp_path: Path) -> None:
    found = judge(CASES[name].number, seen(CASES[name], tmp_path))
    assert found is not None
    assert found.text() == paragraphs()[name]


@pytest.mark.parametrize("name", CASES)
def test_the_first_is_the_most_likely(name: str, tmp_path: Path) -> None:
    found = diagnose(seen(CASES[name], tmp_path))
    assert found[0].number == CASES[name].number, [one.text() for one in found]
    assert [one.number for one in found if one.level is Level.FAILED][1:] == []


def test_every_cause_has_a_case_and_every_paragraph_belongs_to_one() -> None:
    assert {case.number for case in CASES.values()} == {cause.number for cause in CAUSES} == set(range(1, 31))
    assert paragraphs().keys() == CASES.keys()
