"""What a trial comes to: as upstream, other words, other in substance, or not to be had here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal

from evidence import not_to_be_had
from matching import matches, printed, wanted
from trials import NOT_RUN, Check, Trial

Word = Literal["same", "wording", "substance", "not to be had here", "not run"]
ORDER: tuple[Word, ...] = ("same", "wording", "substance", "not to be had here", "not run")

_HATCHET = ("lines", "pattern", "equal")
_URL = re.compile(r"https?://\S+")
_FACT = re.compile(r"\d+\.[\dx]+(?:\.[\dx]+)*(?!\.?\d| ?[kM]?B\b|s\b)|\b[A-Z]+(?:_[A-Z0-9]+)+\b|[@\w.-]+@[\w.^~:-]+")
_VERSION = re.compile(r"\d+(?:\\?\.\d+){2}")
_BUILD_DATA = re.compile(r"""^ +(\\?")\w+\1: |^\\?[{}]$""")
_BLOCK = re.compile(r"\s*!\s+(.*)")
_TOOL = re.compile(r" {7,}")
_LARGE = 1 << 20
_RUNTIME = re.compile(r"python|node", re.IGNORECASE)


@dataclass(frozen=True)
class Difference:
    word: Word
    what: str


RECORDS = Difference("wording", "the buildpack's data about the build, which only Heroku reads")


@dataclass(frozen=True)
class Verdict:
    trial: Trial
    word: Word
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class Upstream:
    """A checkout, as far as it helps to judge."""

    folder: Path

    @cached_property
    def headings(self) -> str:
        """First lines of what the buildpack says in several: each behind a line that begins a heredoc or a string."""
        found: list[str] = []
        for path in sorted((self.folder / "lib").rglob("*.sh")):
            lines = path.read_text(errors="replace").splitlines()
            found += [line for before, line in pairwise(lines) if "<<" in before]
        return "\n".join(found)

    def prints(self, trial: Trial, text: str) -> bool:
        """Whether the app of a fixture has this text, and so prints it itself, or names it."""
        roots = [self.folder / root for root in ("test/fixtures", "spec/fixtures")]
        files = (path for root in roots for fixture in trial.fixtures for path in (root / fixture).rglob("*"))
        return any(text in path.read_text(errors="replace") for path in files if _is_small_text(path))


def _is_small_text(path: Path) -> bool:
    return path.is_file() and "node_modules" not in path.parts and path.stat().st_size < _LARGE


def judge(trial: Trial, upstream: Upstream) -> Verdict:
    if trial.fault:
        needs: Word = "not to be had here" if trial.fault.startswith("needs ") else "substance"
        word: Word = "not run" if trial.fault == NOT_RUN else needs
        return Verdict(trial, word, (Difference(word, trial.fault),))
    found: list[Difference] = []
    lacking = ""
    for check in trial.checks:
        if check.held:
            continue
        lacking = lacking or not_to_be_had(trial, check)
        found += [Difference("not to be had here", lacking)] if lacking else _differences(check, trial, upstream)
    found = list(dict.fromkeys(found))
    words = {each.word for each in found}
    worst: Word = next((word for word in ("substance", "not to be had here", "wording") if word in words), "same")
    return Verdict(trial, worst, tuple(found))


def _differences(check: Check, trial: Trial, upstream: Upstream) -> Iterable[Difference]:
    if check.kind == "text":
        return [_text(check.expected, trial.output(check), trial, upstream)]
    if check.kind in _HATCHET and trial.file.startswith("spec/"):
        return _lines(check, trial.output(check))
    return [_by_kind(check, trial)]


def _by_kind(check: Check, trial: Trial) -> Difference:
    if check.kind == "metric" and trial.file.startswith("test/"):
        return RECORDS
    if check.kind in {"equal", "file"} and "cache" in check.asked:
        return Difference("wording", "what lies in the build cache, which is each buildpack's own")
    said = {
        "status": f"upstream expects {check.expected}",
        "warned": f"upstream has {check.expected} here",
        "absent": f"`{check.expected}` is printed, though not by upstream",
        "times": f"not as often: {check.expected}",
        "metric": "no language metrics",
        "file": f"expected: {Path(check.expected).name}",
    }
    return Difference("substance", said.get(check.kind, f"expected: {check.expected}"))


def _text(text: str, output: str, trial: Trial, upstream: Upstream) -> Difference:
    """Judge a fragment that is not there: by what it names, by whether the app says it, by whether it is a heading."""
    plain = _URL.sub("", text)
    missing = [fact for fact in _FACT.findall(plain) if fact not in output]
    if missing:
        return Difference("substance", f"not named: {', '.join(missing)}")
    if plain.strip() and upstream.prints(trial, plain.strip()):
        return Difference("substance", f"`{text}`, which the app prints or names")
    if plain.strip() and plain.strip() in upstream.headings:
        return Difference("substance", f"the heading `{text}`")
    return Difference("wording", "prose")


def _lines(check: Check, output: str) -> Iterator[Difference]:
    """Judge several lines that are not there in one piece: each by itself."""
    text, before = "\n".join(printed(output)), ""
    some = False
    for line in wanted(check.expected):
        if not _found(line, text, check):
            some = True
            yield _line(line, before, text, check)
        before = line
    if not some:
        yield Difference("wording", "lines between, or in another order")


def _found(line: str, text: str, check: Check) -> bool:
    if check.kind == "pattern":
        return matches(line if check.dot_all else f"^{line}$", text, dot_all=check.dot_all)
    return line in text.splitlines()


def _line(line: str, before: str, text: str, check: Check) -> Difference:
    shown = line.strip().replace("\\", "")
    if _BUILD_DATA.match(line):
        return RECORDS
    if _VERSION.search(line) and _other_version(line, text, check):
        word: Word = "not to be had here" if _RUNTIME.search(line) else "substance"
        return Difference(word, f"another patch version: {_VERSION.search(shown)[0]}")  # type: ignore[index]
    if block := _BLOCK.match(line):
        return _block(block[1], before, text, check)
    if _TOOL.match(line) and not re.match(r" {7}'?[A-Z_]+'?[=:]", line):
        missing = [fact for fact in _FACT.findall(_URL.sub("", shown)) if fact not in text]
        return (
            Difference("substance", f"not named: {', '.join(missing)}") if missing else Difference("wording", "prose")
        )
    return Difference("substance", f"`{shown}`")


def _block(said: str, before: str, text: str, check: Check) -> Difference:
    """Judge a line behind `!`: the first of a block is its heading, of which the first sentence counts."""
    heading = re.match(r"(Error|Warning):", said) or (not _BLOCK.match(before) and not said.startswith("Note:"))
    sentence = re.split(r"\\?\. ", said)[0]
    there = matches(sentence, text) if check.kind == "pattern" else sentence in text
    if heading and not there:
        return Difference("substance", f"the heading `{said.replace(chr(92), '')}`")
    return Difference("wording", "prose")


def _other_version(line: str, text: str, check: Check) -> bool:
    literal = line if check.kind == "pattern" else re.escape(line)
    loose = _VERSION.sub(lambda found: re.sub(r"\d+$", r"\\d+", found[0]), literal)
    return matches(f"^{loose}$", text)
