"""`localku pg:backups capture`, as Heroku's articles have it."""

import click
import pytest

from localku.cli.main import cli


@pytest.mark.parametrize(
    ("typed", "name", "rest"),
    [
        (["pg:backups", "capture", "RED"], "pg:backups:capture", ["RED"]),
        (["pg:backups", "info", "b001"], "pg:backups:info", ["b001"]),
        (["pg:backups"], "pg:backups", []),
        (["pg:backups", "--json"], "pg:backups", ["--json"]),
        (["pg:backups:capture", "RED"], "pg:backups:capture", ["RED"]),
        (["ps", "stop"], "ps", ["stop"]),
    ],
)
def test_the_word_after_pg_backups_belongs_to_the_name(typed: list[str], name: str, rest: list[str]) -> None:
    found, command, left = cli.resolve_command(click.Context(cli), typed)
    assert (found, left) == (name, rest)
    assert command is not None


def test_what_is_no_command_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli(["pg:backups", "captur"])
    assert ended.value.code == 2
    assert "captur" in capsys.readouterr().err
