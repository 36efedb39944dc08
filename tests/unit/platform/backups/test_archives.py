"""What can be restored: backups, URLs and files, and only archives."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from transfers_kit import kept

from localku.context import Context
from localku.errors import LocalkuError
from localku.platform.backups import archives
from localku.records import App

ANSWERS = {
    "/whole": (200, {"Content-Length": "10"}, b"PGDMP12345"),
    "/short": (200, {"Content-Length": "20"}, b"PGDMP12345"),
    "/endless": (200, {}, b"PGDMP12345"),
    "/moved": (302, {"Location": "/whole"}, b""),
    "/elsewhere": (302, {"Location": "file:///etc/passwd"}, b""),
    "/gone": (404, {}, b"PGDMP no"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = ANSWERS[self.path.partition("?")[0]]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def read(context: Context, app: App, asked: str | None) -> bytes:
    return b"".join(archives.opened(archives.find(context, app, asked)))


@pytest.mark.parametrize("path", ["/whole", "/endless", "/moved"])
def test_what_a_url_leads_to_is_read(context: Context, app: App, server: str, path: str) -> None:
    assert read(context, app, server + path) == b"PGDMP12345"


@pytest.mark.parametrize(
    ("path", "why"), [("/short", "ended after 10 of 20 bytes"), ("/gone", "404"), ("/elsewhere", "cannot be fetched")]
)
def test_what_does_not_come_whole_is_refused(context: Context, app: App, server: str, path: str, why: str) -> None:
    with pytest.raises(LocalkuError, match=why):
        read(context, app, server + path)


def test_nobody_there_is_said(context: Context, app: App) -> None:
    with pytest.raises(LocalkuError, match="cannot be fetched"):
        read(context, app, "http://127.0.0.1:1/some.dump")


def test_a_backup_is_found_by_its_name_also_another_apps(context: Context, app: App, tmp_path: Path) -> None:
    kept(context, app, 1, b"PGDMP one")
    kept(context, app, 2, b"PGDMP two")
    other = context.store.apps.create("other", tmp_path, context.clock.now())
    assert read(context, app, None) == b"PGDMP two"
    assert read(context, other, f"{app.name}::b001") == b"PGDMP one"
    with pytest.raises(LocalkuError, match="Backup b001 not found for other"):
        read(context, other, "b001")
    with pytest.raises(LocalkuError, match="Couldn't find that app: nobody"):
        read(context, app, "nobody::b001")


def test_a_file_is_read_and_what_is_none_is_refused(context: Context, app: App, tmp_path: Path) -> None:
    file = tmp_path / "latest.dump"
    file.write_bytes(b"PGDMP of mine")
    assert read(context, app, str(file)) == b"PGDMP of mine"
    with pytest.raises(LocalkuError, match="neither a backup, nor a URL, nor a file"):
        read(context, app, str(tmp_path))


@pytest.mark.parametrize("data", [b"", b"PGD", b"DROP TABLE entry;\n", b"\x1f\x8b\x08"])
def test_what_is_no_archive_is_refused_before_anything_is_done(
    context: Context, app: App, tmp_path: Path, data: bytes
) -> None:
    file = tmp_path / "dump.sql"
    file.write_bytes(data)
    with pytest.raises(LocalkuError, match="no dump in PostgreSQL's custom format"):
        archives.opened(archives.find(context, app, str(file)))


def test_what_is_secret_in_a_url_is_not_shown(context: Context, app: App) -> None:
    asked = "https://user:secret@s3.example.com/b/x.dump?Signature=secret#secret"
    assert archives.find(context, app, asked).name == "https://s3.example.com/b/x.dump"
