"""What the script in the dyno prints, and what it means."""

from __future__ import annotations

import subprocess
from pathlib import Path

from localku.ephemeral import walk

SHA = "5f92f188dc01a629a17932d719b7065efc618e89"
ROWS = (
    b"d 4096 12.5 11.5\0/app\0\0"
    b"\0/app/old\0\0"
    b"l 1 12.5 11.5\0/app/=\0=\0"
    b"f 0 12.5 11.5\0/app/empty\0\0"
    b"f 9 12.5 11.5\0/app/a\nb\0\0"
)
CONTENTS = SHA.encode() + b"  /app/a\nb\0==> /app/a\nb <==\nSQLite format 3\0\n==> /app/other <==\n"


def test_rows_digests_and_first_bytes() -> None:
    seen = walk.read(ROWS + b"\0=\x000\0\0", CONTENTS)
    assert seen.complete
    assert seen.old == {"/app/old"}
    assert [(one.path, one.type, one.link) for one in seen.new] == [
        ("/app", "d", ""),
        ("/app/=", "l", "="),
        ("/app/empty", "f", ""),
        ("/app/a\nb", "f", ""),
    ]
    *_, empty, file = seen.new
    assert empty.digest == walk.EMPTY
    assert (file.size, file.written, file.modified, file.digest) == (9, 12.5, 11.5, SHA)
    assert file.head == b"SQLite format 3\0"


def test_what_was_broken_off_counts_as_far_as_it_goes() -> None:
    assert not walk.read(ROWS + b"\0=\x00124\0\0", b"").complete
    assert not walk.read(ROWS, b"").complete
    for end in range(len(ROWS)):
        seen = walk.read(ROWS[:end], CONTENTS[:end])
        assert not seen.complete
        assert {one.type for one in seen.new} <= set("dlf")


def test_sigterm_goes_to_everything_else_before_anything_is_looked_at(tmp_path: Path) -> None:
    script = walk.STOP_AND_WALK[2]
    assert script.index("kill -TERM -1") < script.index(walk.TOLD.decode()) < script.index("find")
    checked = subprocess.run(["bash", "-n", "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
