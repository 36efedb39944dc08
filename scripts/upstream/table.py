"""The table of both suites, as Markdown for docs/upstream-suites.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import hatchet_suite
import shell_suite
from explained import EXPLAINED
from judging import ORDER, Upstream, Verdict, judge
from trials import NOT_RUN, Results, Trial

_REPOSITORIES = {
    "python": "https://github.com/heroku/heroku-buildpack-python",
    "nodejs": "https://github.com/heroku/heroku-buildpack-nodejs",
}
_RELEASE = re.compile(r"^## \[(v\d+)\] - ([\d-]+)", re.MULTILINE)
_TEMPORARY = re.compile(r"/tmp/test\w{5}")
_LONGEST = 160

INTRODUCTION = """\
# Heroku's own buildpack suites

Every test of the suites of Heroku's Python and Node.js buildpacks, with localku's buildpacks in their place. Made by

```
UPSTREAM_PYTHON=FOLDER UPSTREAM_NODEJS=FOLDER ./check upstream -- --write docs/upstream-suites.md
```

where each folder is a checkout of that buildpack. Nothing of them is in this repository. Each test builds its \
fixtures in the stack's build image, runs what it runs in the run image, and is judged by what it expects:

- **same**: all of it holds.
- **wording**: exit statuses, versions, headings, what the app itself prints and what it is given are the same. Other \
prose, another layout of the build cache or of the buildpack's own records about the build are wording.
- **substance**: anything else that differs.
- **not to be had here**: what a test needs could not be reached, by the words of its output or of the test: a \
repository on GitHub, a version that no registry has. Heroku's newest patch version of a Python or Node.js, where \
ours is another, is one of these too.

Left out: `test/unit` of the Node.js suite, which calls shell functions of that buildpack, what upstream itself skips, \
and lines that the platform prints and not the buildpack.
"""


def render(checkouts: dict[str, Path], results: Results) -> str:
    judged = {suite: list(verdicts(suite, checkout, results)) for suite, checkout in checkouts.items()}
    parts = [INTRODUCTION, _counts(checkouts, judged)]
    for suite, found in judged.items():
        parts += [f"## {_title(suite)}", *_sections(found)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def verdicts(suite: str, checkout: Path, results: Results) -> Iterator[Verdict]:
    """Judge every test of a suite, in its order."""
    upstream = Upstream(checkout)
    planned = [trial for trial, _ in hatchet_suite.planned(suite, checkout)]
    if suite == shell_suite.SUITE:
        planned += shell_suite.planned(checkout)
    known = (each if each.fault else results.of(each) or replace(each, fault=NOT_RUN) for each in planned)
    return (judge(each, upstream) for each in known)


def _title(suite: str) -> str:
    return {"python": "Python", "nodejs": "Node.js"}[suite]


def _counts(checkouts: dict[str, Path], judged: dict[str, list[Verdict]]) -> str:
    words = [
        word for word in ORDER if word != NOT_RUN or any(one.word == word for each in judged.values() for one in each)
    ]
    rows = ["| suite | tests | fixtures | " + " | ".join(words) + " |", "|---" * (3 + len(words)) + "|"]
    for suite, found in judged.items():
        release = _RELEASE.search((checkouts[suite] / "CHANGELOG.md").read_text())
        version = f"{release[1]} of {release[2]}" if release else "of unknown revision"
        fixtures = {fixture for verdict in found for fixture in verdict.trial.fixtures}
        numbers = [sum(verdict.word == word for verdict in found) for word in words]
        cells = [f"[{_title(suite)}]({_REPOSITORIES[suite]}) {version}", len(found), len(fixtures), *numbers]
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def _sections(found: Sequence[Verdict]) -> Iterator[str]:
    names = called([verdict.trial for verdict in found])
    for word in reversed(ORDER):
        chosen = [(name, verdict) for name, verdict in zip(names, found, strict=True) if verdict.word == word]
        if not chosen:
            continue
        yield f"### {word.capitalize()}: {len(chosen)}"
        if word == "substance":
            rows = [f"| {name} | {_what(verdict)} | {_why(name, verdict)} |" for name, verdict in chosen]
            yield "\n".join(["| test | difference | why |", "|---|---|---|", *rows])
        elif word == "not to be had here":
            yield "\n".join(["| test | reason |", "|---|---|", *(f"| {name} | {_what(one)} |" for name, one in chosen)])
        else:
            yield _listed([name for name, _ in chosen])


def _listed(names: Sequence[str]) -> str:
    by_file: dict[str, list[str]] = defaultdict(list)
    for name in names:
        file, _, rest = name.partition(" ")
        by_file[file].append(rest)
    return "\n".join(f"- {file}: {', '.join(rest)}" for file, rest in by_file.items())


def called(trials: Sequence[Trial]) -> list[str]:
    """Name tests shortly: file and function, or file and fixture with a number where there are several."""
    plain = [_plain(trial) for trial in trials]
    seen: dict[str, int] = defaultdict(int)
    names = []
    for name in plain:
        seen[name] += 1
        names.append(f"{name} ({seen[name]})" if plain.count(name) > 1 else name)
    return names


def _plain(trial: Trial) -> str:
    file = Path(trial.file).name.removesuffix("_spec.rb")
    if not trial.file.startswith("spec/"):
        return f"{file} {trial.name}"
    return f"{file} {Path(trial.fixtures[0]).name if trial.fixtures else 'no fixture'}"


def _what(verdict: Verdict) -> str:
    said = list(dict.fromkeys(each.what for each in verdict.differences if each.word == verdict.word))
    text = "; ".join(said)
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rsplit("; ", 1)[0] + f"; {len(said)} in all"
    return _cell(text)


def _why(name: str, verdict: Verdict) -> str:
    told = EXPLAINED.get((verdict.trial.suite, name))
    return _cell(told) if told else "not explained yet"


def _cell(text: str) -> str:
    text = _TEMPORARY.sub("…", text)
    return " ".join(text.split()).replace("|", "\\|")
