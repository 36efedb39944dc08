"""A database by its name or URL, found as psql finds it."""

import socket
import threading
from pathlib import Path

import pytest

from localku.errors import LocalkuError
from localku.platform.backups import foreign_database
from localku.platform.backups.foreign_database import Foreign, parsed


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(foreign_database, "FOLDERS", (str(tmp_path / "a"), str(tmp_path)))
    monkeypatch.setattr("getpass.getuser", lambda: "me")
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("shop", Foreign("localhost", 5432, "me", "", "shop")),
        ("postgres://h.example.com/shop", Foreign("h.example.com", 5432, "me", "", "shop")),
        ("postgresql://u:p%40ss@h:5439/s%20x", Foreign("h", 5439, "u", "p@ss", "s x")),
        ("postgres://u@h/d?sslmode=verify-full", Foreign("h", 5432, "u", "", "d", "verify-full")),
        ("postgres:///shop", Foreign("localhost", 5432, "me", "", "shop")),
        ("postgres://u@h", Foreign("h", 5432, "u", "", "u")),
    ],
)
def test_names_and_urls(asked: str, found: Foreign) -> None:
    assert parsed(asked, {}) == found


@pytest.mark.parametrize("asked", ["", "mysql://h/d", "https://h/d"])
def test_what_is_neither_is_refused(asked: str) -> None:
    with pytest.raises(LocalkuError, match="is neither"):
        parsed(asked, {})


def test_variables_say_what_the_name_does_not() -> None:
    environ = {"PGHOST": "h", "PGPORT": "5439", "PGUSER": "u", "PGPASSWORD": "p", "PGSSLMODE": "require"}
    assert parsed("shop", environ) == Foreign("h", 5439, "u", "p", "shop", "require")
    assert parsed("postgres://v:q@i:1/d", environ) == Foreign("i", 1, "v", "q", "d", "require")


def test_a_server_that_listens_at_its_socket_is_preferred(nobody_listens: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(nobody_listens / ".s.PGSQL.5433"))
        assert parsed("shop", {}).host == "localhost"
        assert parsed("shop", {"PGPORT": "5433"}).host == str(nobody_listens)


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("h:5432:shop:u:right", "right"),
        ("# a comment\nh:5432:other:u:wrong\nh:*:*:*:first\nh:5432:shop:u:second\n", "first"),
        (r"h:5432:shop:u:a\:b\\c", r"a:b\c"),
        ("h:5432:shop:u", ""),
        ("", ""),
        ("i:5432:shop:u:wrong\n\n:::", ""),
    ],
)
def test_the_password_file_is_read_as_by_libpq(text: str, password: str) -> None:
    assert parsed("postgres://u@h/shop", {}, text).password == password


def test_a_socket_is_localhost_in_the_password_file() -> None:
    assert parsed("shop", {"PGHOST": "/run"}, "localhost:5432:shop:me:right").password == "right"


def test_no_secret_is_in_its_name() -> None:
    assert parsed("postgres://u:secret@h.example.com:1/d", {}).name == "database d on h.example.com:1"
    assert parsed("shop", {"PGPASSWORD": "secret"}).name == "shop"


def test_tools_connect_where_they_are_told_and_know_whom_they_talk_with() -> None:
    environment = parsed("postgres://u:p@h/d?sslmode=verify-full", {}).environment("127.0.0.1", 4711)
    assert (environment["PGHOSTADDR"], environment["PGPORT"]) == ("127.0.0.1", "4711")
    assert (environment["PGHOST"], environment["PGSSLMODE"], environment["PGDATABASE"]) == ("h", "verify-full", "d")
    socketed = parsed("shop", {"PGHOST": "/run"}).environment("127.0.0.1", 4711, "postgres")
    assert "PGHOST" not in socketed
    assert (socketed["PGSSLMODE"], socketed["PGDATABASE"]) == ("disable", "postgres")


def test_nobody_there_is_said_with_where_it_was_looked_for(nobody_listens: Path) -> None:
    with pytest.raises(LocalkuError, match=r"No PostgreSQL server answers at 127\.0\.0\.1:1"):
        parsed("postgres://127.0.0.1:1/d", {}).connected()
    with pytest.raises(LocalkuError, match="No PostgreSQL server answers at /"):
        parsed("shop", {"PGHOST": str(nobody_listens)}).connected()


def test_a_socket_is_connected_to(nobody_listens: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(nobody_listens / ".s.PGSQL.5432"))
        listening.listen()
        threading.Thread(target=lambda: listening.accept()[0].sendall(b"hi"), daemon=True).start()
        with parsed("shop", {}).connected() as made:
            assert made.recv(2) == b"hi"
