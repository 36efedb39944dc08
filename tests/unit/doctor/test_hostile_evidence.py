"""Whatever an app's folder and its log hold, the doctor answers, and quickly."""

from __future__ import annotations

from pathlib import Path

import captures as c
import pytest
from diagnosis_kit import evidence
from hypothesis import given, settings
from hypothesis import strategies as st

from localku.doctor.causes import diagnose
from localku.doctor.evidence import Evidence
from localku.platform import folder_tree

FOLDERS = {
    "broken": {
        "package.json": "{",
        "Procfile": "web\0: x",
        "runtime.txt": "\0",
        "requirements.txt": "===\n-r ../x\n",
        "app.json": "[]",
        "settings.py": "ALLOWED_HOSTS = [unknown(]\nDATABASES\n",
        ".env": "\0",
    },
    "folders for files": {"Procfile/x": "", "package.json/y": "", "requirements.txt/z": "", ".env/a": ""},
    "nothing": {},
}
WORDS = st.sampled_from(
    [
        "heroku[router]: at=error code=H13 method=",
        'heroku[router]: service=xms status=y path="\\',
        "heroku[web.1]: Process running mem=9M(",
        "heroku[web.1]: Process exited with status 99999999999",
        "app[web.1]: Traceback (most recent call last):",
        "app[web.1]: KeyError: 'A_B'",
        "app[web.1]: ModuleNotFoundError: No module named '...'",
        "app[web.1]: Error: Cannot find module '/'",
        "app[web.1]: Error: Cannot find module '@'",
        "app[release.1]: ENOENT: no such file or directory, open ''",
        "app[web.1]: bash: line 1: ./: No such file or directory",
        "app[web.1]: Invalid HTTP_HOST header: ''",
        "heroku[web.1]: Starting process with command ``",
        "heroku[web.1]: State changed from starting to crashed",
    ]
)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_nobody_can_read_is_no_reason_to_fail(name: str, tmp_path: Path) -> None:
    for git in (False, True):
        diagnose(evidence(tmp_path, FOLDERS[name], c.crash(c.NO_MODULE), git=git and name != "nothing"))


def test_a_folder_that_is_gone_has_no_files(tmp_path: Path) -> None:
    assert diagnose(Evidence(app="one", tree=folder_tree.read(tmp_path / "gone"), has_slug=True)) == ()


@settings(max_examples=150, deadline=None)
@given(log=st.lists(st.one_of(WORDS, st.text(max_size=80)), max_size=30), output=st.lists(WORDS, max_size=5))
def test_no_log_and_no_transcript_makes_it_fail(log: list[str], output: list[str]) -> None:
    made = evidence(Path("/nonexistent"), {}, "\n".join(log), transcript=tuple(output))
    for finding in diagnose(made):
        assert finding.text()
        assert finding.as_json()["number"] == finding.number


def test_long_lines_take_no_long_time(tmp_path: Path) -> None:
    """Some 15 MB: all that the log of an app can hold."""
    long = "ERROR set A_B " * 700
    log = "\n".join(f"app[web.1]: {long}" for _ in range(1500))
    seen = evidence(tmp_path, {"app.py": "x = 1\n" * 5000, "Procfile": "web: x\n"}, log)
    assert diagnose(seen) == ()  # a pattern that goes back and forth over a line outlasts the suite's timeout
