"""What became of one test of a suite: what was asked, what held, what the buildpacks printed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

_LONGEST = 150

NOT_RUN = "not run"
"""The fault of a trial that has no result yet."""

Kind = Literal["status", "warned", "text", "absent", "times", "lines", "pattern", "equal", "file", "metric"]
"""`text` is to be in the output and `absent` not; `lines` and `pattern` are lines of it, as they are or as Ruby's
regular expression; `warned` whether there is a warning; `metric` what Heroku's own build data say."""


@dataclass(frozen=True)
class Check:
    """`captured` counts the commands from 1; `asked` is the line of the suite, as far as it is known.

    `dot_all`: a dot of the pattern is any character.
    """

    kind: Kind
    held: bool
    captured: int
    expected: str
    asked: str = ""
    dot_all: bool = False


@dataclass(frozen=True)
class Trial:
    """`suite` is "python" or "nodejs", `file` a path in the checkout, `outputs` one for each command that was run.

    `fault` says why there is no result, if there is none: the time was over, or the spec asks for what is not here.
    """

    suite: str
    file: str
    name: str
    fixtures: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    outputs: tuple[str, ...] = ()
    fault: str = ""
    seconds: float = 0.0

    def output(self, check: Check) -> str:
        return self.outputs[check.captured - 1] if 0 < check.captured <= len(self.outputs) else ""


@dataclass(frozen=True)
class Results:
    """Trials in a folder, one file each, so that what was interrupted goes on."""

    folder: Path

    def path(self, suite: str, file: str, name: str) -> Path:
        plain = "".join(each if each.isalnum() or each in "-." else "_" for each in f"{file}-{name}")
        if len(plain) > _LONGEST:
            plain = f"{plain[:_LONGEST]}-{sha256(plain.encode()).hexdigest()[:8]}"
        return self.folder / suite / f"{plain}.json"

    def has(self, trial: Trial) -> bool:
        return self.path(trial.suite, trial.file, trial.name).is_file()

    def keep(self, trial: Trial) -> None:
        path = self.path(trial.suite, trial.file, trial.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_text(json.dumps(asdict(trial), indent=1))
        path.with_suffix(".new").rename(path)

    def of(self, trial: Trial) -> Trial | None:
        """What was kept of a trial that is planned; None if it was not run."""
        path = self.path(trial.suite, trial.file, trial.name)
        if not path.is_file():
            return None
        found = json.loads(path.read_text())
        checks = tuple(Check(**one) for one in found.pop("checks"))
        fixtures, outputs = tuple(found.pop("fixtures")), tuple(found.pop("outputs"))
        return Trial(**found, checks=checks, fixtures=fixtures, outputs=outputs)
