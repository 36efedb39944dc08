from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from localku import opening
from localku.__main__ import run
from localku.context import Context


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "one"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def localku(
    context: Context, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run one command line in this process, with an engine in memory."""
    for name in ("LOCALKU_APP", "HEROKU_APP", "LOCALKU_TRACEBACK", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(opening, "open_context", lambda: context)

    def command(*arguments: str) -> Done:
        capsys.readouterr()
        status = run(list(arguments))
        found = capsys.readouterr()
        return Done(status, found.out, found.err)

    return command
