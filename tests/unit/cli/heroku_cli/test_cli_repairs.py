import pytest

from localku.cli.heroku_cli.cli_repairs import repaired


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ("pg:backups capture", "pg:backups:capture"),
        ("pg:backups capture -a shelf", "pg:backups:capture -a shelf"),
        ("pg:backups public-url b001", "pg:backups:url b001"),
        ("pg:backups:public-url", "pg:backups:url"),
        ("pg:backups", "pg:backups"),
        ("pg:backups -a shelf", "pg:backups -a shelf"),
        ("pg:backups b001", "pg:backups b001"),
        ("config capture", "config capture"),
    ],
)
def test_commands_of_old_are_those_of_today_and_each_change_is_said(typed: str, run: str) -> None:
    found = repaired(typed.split(), has_input=False)
    assert found.arguments == tuple(run.split())
    assert bool(found.notes) == (typed != run)


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ("pg:psql", "pg:psql DATABASE_URL"),
        ("psql -a shelf", "psql DATABASE_URL -a shelf"),
        ("pg:psql --app=shelf", "pg:psql DATABASE_URL --app=shelf"),
        ("pg:psql HEROKU_POSTGRESQL_RED", "pg:psql HEROKU_POSTGRESQL_RED"),
        ("pg:psql -a shelf OTHER_URL", "pg:psql -a shelf OTHER_URL"),
        ("pg:psql -c select", "pg:psql -c select"),
        ("run psql", "run psql"),
    ],
)
def test_psql_keeps_what_is_piped_into_it(typed: str, run: str) -> None:
    assert repaired(typed.split(), has_input=True).arguments == tuple(run.split())
    assert repaired(typed.split(), has_input=False).arguments == tuple(typed.split())
