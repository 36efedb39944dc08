"""No line, path or output makes the doctor fail, or slow: 10,000 lines of real captures, each spoilt a little."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import captures
import pytest
from cases import CASES, Case
from diagnosis_kit import START, lines

from localku.doctor import sockets
from localku.doctor.belonging import of_release
from localku.doctor.causes import diagnose, unexplained
from localku.doctor.evidence import Evidence
from localku.doctor.finding import Level
from localku.doctor.tree import Tree
from localku.logs.line import LogLine
from localku.platform.addons.database_log import overheard
from localku.records import Release

LINES = 10_000
SPOILERS = (
    *("../", "/", "//", "..", ".", "'", '"', "`", "\\", "[", "(", "\n", "\r", "\t", " ", "%", "\0", "\x1b[2J", "\x9b"),
    *("\u2028", "\ud800", "\udcff", "\u0661", "\u00b2", "9" * 5000, "-1", "0", "1e999", "A" * 12_000, "a." * 5000),
    *("/app/", "/app", "/app/..", "/etc/passwd", "/data/c", "./", "@/", "node:", "is not", "web.1", "heroku[router]: "),
)


def spoilt(text: str, chance: random.Random) -> str:
    """The text with up to three pieces cut out, doubled or put in."""
    for _ in range(chance.randint(1, 3)):
        begin = chance.randint(0, len(text))
        end = min(len(text), begin + chance.choice((0, 0, 1, 5, 50)))
        text = text[:begin] + chance.choice((*SPOILERS, text[begin:end] * 2, "")) + text[end:]
    return text


@cache
def known() -> tuple[LogLine, ...]:
    """Every line of the cases and captures, in its dyno's mouth."""
    plain = [text for name, text in vars(captures).items() if name.isupper() and isinstance(text, str)]
    return tuple(line for text in (*(case.log for case in CASES.values()), *plain) for line in lines(text)) + tuple(
        line for text in plain for line in lines("\n".join(f"app[web.1]: {row}" for row in text.splitlines()))
    )


def tree(case: Case, chance: random.Random) -> Tree:
    texts = {spoilt(path, chance) if chance.random() < 0.2 else path: text for path, text in case.files.items()}
    return Tree(
        files=dict.fromkeys(texts, 0o644),
        sizes={path: len(text) for path, text in texts.items()},
        texts={path: spoilt(text, chance) if chance.random() < 0.3 else text for path, text in texts.items()},
        ignored=("data/", spoilt("data/", chance)),
        commit="0123456789",
        untracked=(spoilt("a.txt", chance),),
    )


def spoilt_evidence(case: Case, chance: random.Random) -> Iterator[Evidence]:
    log = [
        replace(line, message=spoilt(line.message, chance), time=START + timedelta(seconds=number))
        for number, line in enumerate(chance.choices(known(), k=40))
    ]
    release = Release(1, 4, 1, {}, "Deploy", "succeeded", START)
    kept = of_release(tuple(log), release)
    heard = overheard(kept, [(START, spoilt('ERROR:  relation "a" does not exist', chance))], 1.0)
    facts: dict[str, Any] = {"types": {"web": "run"}, "has_slug": chance.random() < 0.9, **case.facts}
    if "transcript" in facts:
        facts["transcript"] = tuple(spoilt(line, chance) for line in facts["transcript"])
    facts["types"] = {kind: spoilt(command, chance) for kind, command in facts["types"].items()}
    made = Evidence(app="one", tree=tree(case, chance), log=(*kept, *heard))
    yield replace(made, **facts)
    yield replace(made, log=tuple(log), transcript=tuple(line.message for line in log))


def test_spoilt_lines_paths_and_outputs() -> None:
    chance = random.Random(20240605)  # noqa: S311 - the same lines each time
    read = 0
    while read < LINES:
        for case in CASES.values():
            for seen in spoilt_evidence(case, chance):
                read += len(seen.log)
                found = diagnose(seen)
                told = (*unexplained(seen, found), *found)
                for one in told:
                    assert one.text().isprintable()
                    assert one.as_json()["number"] == one.number
                troubled = bool(seen.transcript or seen.ailing or seen.refused)
                assert not troubled or any(one.level is Level.FAILED for one in told), "falsely calm"


def test_spoilt_output_of_a_dynos_proc() -> None:
    chance = random.Random(7)  # noqa: S311
    text = "   0: 0100007F:1F40 00000000:0000 0A 0:0 00:0 0 10000 0 9002 1 0\nprocess 7 python app.py\nsocket:[9002]\n"
    for _ in range(500):
        command = spoilt("python -m http.server", chance).replace("\n", " ").replace("\0", " ")
        assert sockets.parse(text.replace("python app.py", command))[0].port == 8000


REPEATED = (
    "\n",
    "ALLOWED_HOSTS:",
    "setlocale(",
    "SECRET_KEY = ",
    "from './b'\n",
    "os.environ['A_B']\n",
    "1",
    "set",
    "a",
)
"""What a pattern may go back and forth over."""


def examined(text: str) -> float:
    """Seconds of the processor it takes to look at an app whose files, output and log are that text."""
    texts = {"settings.py": text, "app.js": text, "requirements.txt": text}
    rows = [LogLine(START, source, proc, text) for source, proc in (("app", "web.1"), ("heroku", "router"))]
    rows += [LogLine(START, "app", "web.1", text[begin : begin + 999]) for begin in range(0, len(text), 999)]
    rows += lines("heroku[web.1]: Process exited with status 1\nheroku[web.1]: State changed from up to crashed")
    made = Evidence(
        app="one",
        tree=Tree(files=dict.fromkeys(texts, 0o644), texts=texts),
        types={"web": "run"},
        has_slug=True,
        log=tuple(rows),
        transcript=tuple(text.split("\n")),
    )
    began = time.process_time()
    unexplained(made, diagnose(made))
    return time.process_time() - began


@pytest.mark.parametrize("unit", REPEATED)
def test_eight_times_the_text_takes_eight_times_as_long(unit: str) -> None:
    """Sixty-four times where a pattern looks at every rest of a text anew."""
    small, large = (unit * (size // len(unit)) for size in (15_000, 120_000))
    assert min(examined(large) for _ in range(2)) < 24 * min(examined(small) for _ in range(3))
