"""What pg_restore says decides whether all rows are there."""

import pytest

from localku.services.postgres.moving.restoring import ignored
from localku.services.postgres.moving.tools import MOST_LINES, Lines, ToolFailed

IGNORED = "pg_restore: warning: errors ignored on restore: {}"


@pytest.mark.parametrize(
    ("status", "said", "count"),
    [
        (0, ("pg_restore: creating TABLE",), 0),
        (1, ('pg_restore: error: could not execute query: ERROR:  schema "x" already exists', IGNORED.format(1)), 1),
        (1, ('error: could not execute query: ERROR:  extension "plv8" is not available', IGNORED.format(2)), 2),
        (
            1,
            (
                'error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"',
                IGNORED.format(1),
            ),
            0,
        ),
        (
            1,
            (
                'pg_restore: error: ERROR:  permission denied to create event trigger "validate_extension"',
                'pg_restore: error: ERROR:  permission denied to create event trigger "mine"',
                IGNORED.format(2),
            ),
            1,
        ),
        (0, ('pg_restore: processing data for table "public.no space left"',), 0),
    ],
)
def test_without_an_object_all_rows_are_there(status: int, said: tuple[str, ...], count: int) -> None:
    assert ignored(status, said) == count


@pytest.mark.parametrize(
    "line",
    [
        'pg_restore: error: COPY failed for table "entry": ERROR:  value too long',
        'pg_restore: table "entry" could not be created, will not restore its data',
        'pg_restore: error: could not execute query: ERROR:  could not extend file "base/1": No space left on device',
        "pg_restore: error: could not execute query: server closed the connection unexpectedly",
        "pg_restore: error: could not execute query: FATAL:  terminating connection due to administrator command",
        "Command was: COPY public.entry (id, told) FROM stdin;",
        "pg_restore: error: could not write to large object: ERROR: x",
    ],
)
def test_where_rows_are_missing_it_has_failed_though_it_went_on(line: str) -> None:
    with pytest.raises(ToolFailed):
        ignored(1, (line, IGNORED.format(3)))


@pytest.mark.parametrize(
    "said",
    [
        ("pg_restore: error: could not read from input file: end of file",),
        ("pg_restore: error: unsupported version (1.17) in file header",),
        (),
    ],
)
def test_what_ends_it_is_a_failure(said: tuple[str, ...]) -> None:
    with pytest.raises(ToolFailed, match="pg_restore failed"):
        ignored(1, said)


def test_trouble_is_kept_however_much_is_said_after() -> None:
    lines = Lines()
    lines.add(b"pg_restore: fi")
    lines.add(b'rst\npg_restore: table "entry" could not be created, will not restore its data\n')
    for number in range(MOST_LINES + 10):
        lines.add(f'pg_restore: creating TABLE "t{number}"\n'.encode())
    lines.add(IGNORED.format(1).encode())
    assert lines.all[0] == 'pg_restore: table "entry" could not be created, will not restore its data'
    assert lines.all[-1] == IGNORED.format(1)
    assert len(lines.all) == MOST_LINES + 2
