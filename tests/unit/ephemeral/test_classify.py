import pytest
from hypothesis import given
from hypothesis import strategies as st

from localku.ephemeral.change import Change, How, place
from localku.ephemeral.classify import kind_of
from localku.ephemeral.kinds import ADVICE, Kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/app/db.sqlite3", Kind.DATABASE),
        ("/app/DB.SQLITE3-wal", Kind.DATABASE),
        ("/app/instance/site.db", Kind.DATABASE),
        ("/app/celerybeat-schedule", Kind.DATABASE),
        ("/tmp/test.db", Kind.DATABASE),
        ("/app/media/covers/1.jpg", Kind.UPLOAD),
        ("/app/static/uploads/a", Kind.UPLOAD),
        ("/tmp/uploads/a.bin", Kind.UPLOAD),
        ("/app/cat.JPG", Kind.UPLOAD),
        ("/app/flask_session/2029240f", Kind.SESSION),
        ("/tmp/sessionidk3v9", Kind.SESSION),
        ("/app/debug.log", Kind.LOG),
        ("/app/debug.log.1", Kind.LOG),
        ("/app/log/production.txt", Kind.LOG),
        ("/app/.cache/pip/x", Kind.CACHE),
        ("/app/node_modules/.cache/babel.json", Kind.CACHE),
        ("/app/shop/__pycache__/views.cpython-313.pyc", Kind.BYTECODE),
        ("/app/tmp/pids/server.pid", Kind.PID),
        ("/tmp/gunicorn.sock", Kind.PID),
        ("/app/.gunicorn/gunicorn.ctl", Kind.PID),
        ("/app/staticfiles/admin/base.css", Kind.STATIC),
        ("/app/dist/bundle.js", Kind.STATIC),
        ("/app/.bash_history", Kind.HISTORY),
        ("/app/.heroku/python/lib/python3.13/site-packages/x.py", Kind.PACKAGE),
        ("/app/node_modules/left-pad/index.js", Kind.PACKAGE),
        ("/app/.env", Kind.CONFIG),
        ("/tmp/tmpab12.jpg", Kind.TEMPORARY),
        ("/app/notes.txt~", Kind.TEMPORARY),
        ("/app/visits", Kind.OTHER),
        ("/etc/cron.d/backup", Kind.READ_ONLY),
        ("/application", Kind.READ_ONLY),
    ],
)
def test_a_new_file_is_known_by_its_path(path: str, kind: Kind) -> None:
    assert kind_of(Change(path, "added", 1)) is kind


@pytest.mark.parametrize(
    ("path", "how", "kind"),
    [
        ("/app/shop/views.py", "changed", Kind.SOURCE),
        ("/app/shop/views.py", "deleted", Kind.DELETED),
        ("/app/static/logo.js", "changed", Kind.SOURCE),
        ("/app/logs/models.py", "deleted", Kind.DELETED),
        ("/app/logo.png", "changed", Kind.SOURCE),
        ("/app/db.sqlite3", "changed", Kind.DATABASE),
        ("/app/media/a.jpg", "deleted", Kind.UPLOAD),
        ("/app/x/__pycache__/y.pyc", "changed", Kind.BYTECODE),
    ],
)
def test_what_came_with_the_slug_is_source_unless_it_is_data(path: str, how: How, kind: Kind) -> None:
    assert kind_of(Change(path, how)) is kind


@pytest.mark.parametrize(
    ("path", "head", "kind"),
    [
        ("/app/state", b"SQLite format 3\0\x10\0", Kind.DATABASE),
        ("/app/cache/state", b"SQLite format 3\0", Kind.DATABASE),
        ("/app/picture", b"\xff\xd8\xff\xe0", Kind.UPLOAD),
        ("/app/cache/picture", b"\x89PNG\r\n\x1a\n", Kind.CACHE),
        ("/app/text", b"hello", Kind.OTHER),
    ],
)
def test_the_first_bytes_settle_what_the_name_leaves_open(path: str, head: bytes, kind: Kind) -> None:
    assert kind_of(Change(path, "added", len(head), head=head)) is kind


@given(st.text().map(lambda text: "/" + text), st.sampled_from(["added", "changed", "deleted"]), st.binary(max_size=20))
def test_every_path_has_a_kind(path: str, how: How, head: bytes) -> None:
    assert kind_of(Change(path, how, head=head)) in Kind


def test_every_kind_has_advice() -> None:
    assert set(ADVICE) == set(Kind)
    assert all(advice.instead for advice in ADVICE.values() if advice.keep)


def test_a_path_has_a_place() -> None:
    assert [place(path) for path in ("/app/a/b", "/tmp/x", "/x", "/")] == [
        ("/app", "a/b"),
        ("/tmp", "x"),
        ("/", "x"),
        ("/", ""),
    ]
