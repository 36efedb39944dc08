"""How far a transfer is: drawn on a terminal, one line in a pipe."""

import io
import sys

import pytest

from localku.cli import transfer_line
from localku.cli.transfer_line import TransferLine
from localku.errors import LocalkuError


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def shown(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode(stream.encoding)


def terminal(monkeypatch: pytest.MonkeyPatch, encoding: str) -> Terminal:
    made = Terminal(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setattr(transfer_line, "EVERY", 0.0)
    return made


def test_a_pipe_gets_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    line = TransferLine("Pulling", 100)
    with line.shown():
        line.count(50)
        line.count(100)
    assert capsys.readouterr().err == "Pulling... done\n"


def test_what_failed_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    line = TransferLine("Pulling")

    def fail() -> None:
        with line.shown():
            line.count(1)
            raise LocalkuError("no")

    with pytest.raises(LocalkuError):
        fail()
    assert capsys.readouterr().err == "Pulling... !\n"


def test_a_terminal_sees_a_bar_that_is_not_full_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch, "utf-8")
    line = TransferLine("Pushing")
    line.expect(1000)
    with line.shown():
        line.count(500)
        line.count(5000)
    drawn = shown(stream).split("\r\x1b[K")
    assert drawn[1] == f"Pushing... |{'█' * 15}{'░' * 15}|  50% 500.00B"
    assert " 99% 4.88KB" in drawn[2]
    assert drawn[-1] == "Pushing... done\n"


def test_a_terminal_without_those_characters_is_written_to_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = terminal(monkeypatch, "ascii")
    line = TransferLine("Pushing", 1000)
    with line.shown():
        line.count(500)
    assert "50% 500.00B" in shown(stream)
