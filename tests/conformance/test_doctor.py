"""The doctor on real dynos: programs fail as they really do, and the log says why beside it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from support.localku import wait_for, write_app
from support.tiny import FILES

if TYPE_CHECKING:
    from pathlib import Path

    from support.localku import Localku
    from world import Running, World

QUERY = """\
import os
import psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as database:
    database.execute("SELECT * FROM shop_item")
"""
SECURE = """\
def app(environ, start_response):
    if environ["wsgi.url_scheme"] == "http":
        host = environ["HTTP_HOST"]
        start_response("301 Moved Permanently", [("Location", f"https://{host}/"), ("Content-Length", "0")])
    return [b""]

if __name__ == "__main__":
    import os
    from wsgiref.simple_server import make_server
    make_server("0.0.0.0", int(os.environ["PORT"]), app).serve_forever()
"""
STRICT = """\
import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

ALLOWED_HOSTS = ["example.com"]
settings.configure(ROOT_URLCONF="strict", MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
                   SECRET_KEY="x", **{name: globals()[name] for name in ["ALLOWED_HOSTS"]})
urlpatterns = []
app = get_wsgi_application()
"""
SOURCE = {
    "requirements.txt": "gunicorn==27.0.1\nDjango\nSQLAlchemy\npsycopg[binary]\n",
    "query.py": QUERY,
    "secure.py": SECURE,
    "strict.py": STRICT,
    "model.py": 'import os\nimport sqlalchemy\nsqlalchemy.create_engine(os.environ["DATABASE_URL"])\n',
    "missing.py": "import yaml\n",
    "unset.py": 'import os\ntoken = os.environ["API_TOKEN"]\n',
    "windows.sh": "#!/bin/bash\r\necho hello\r\n\r\n",
}

TOGETHER = {
    "at boot": {
        "WEB": ("python -m http.server $PORT --bind 127.0.0.1", "[#1 PORT] web.1 was started with PORT="),
        "WORKER": ("python model.py", "[#7 POSTGRES://] worker.1 gave SQLAlchemy a URL that begins with postgres://"),
        "OTHER": ("python unset.py", "[#15 CONFIG VAR] other.1 needs the config var API_TOKEN"),
    },
    "later": {
        "WEB": ("uvicorn echo:app", "[#2 DEPENDENCY] web.1 found no command `uvicorn`: `uvicorn` is not in"),
        "WORKER": ("bash windows.sh", "[#30 WINDOWS] windows.sh has Windows line endings"),
        "OTHER": (
            "python query.py",
            "[#12 MIGRATIONS] other.1 asked for `shop_item`, which the database",
        ),
    },
    "in requests": {
        "WEB": ("gunicorn strict:app", "[#5 ALLOWED_HOSTS] web.1 answered 400 to the host"),
        "WORKER": ("python eat.py 700", "[#19 MEMORY] worker.1 used more than the 512 MB of a basic dyno"),
    },
}
"""What web, worker and other do in one release, and what the doctor says of each."""


@pytest.fixture(scope="module")
def app(make_world: Callable[[str, dict[str, str]], World]) -> Iterator[Running]:
    world = make_world("doctor", SOURCE)
    with world.running("-f", "worker=1", "-f", "other=1", wait=None, **IDLE) as running:
        yield running


IDLE = {"WEB": "gunicorn echo:app", "WORKER": "sleep 600", "OTHER": "sleep 600"}


def runs(app: Running, **commands: str) -> None:
    """Make the dynos run other commands."""
    app.ok("config:set", *(f"{name}={command}" for name, command in {**IDLE, **commands}.items()))


@pytest.mark.parametrize("when", TOGETHER)
def test_each_failure_has_its_reason_beside_it(app: Running, when: str) -> None:
    runs(app, **{name: command for name, (command, _) in TOGETHER[when].items()})
    if when == "in requests":
        wait_for(lambda: app.request("/")[0] == 400, app.world.patience)
    for _, text in TOGETHER[when].values():
        line = app.wait_logged(text)
        assert line.startswith("localku[doctor]: ")
        assert " Fix: " in line


def test_a_redirect_to_itself_and_then_an_app_that_works(app: Running) -> None:
    runs(app, WEB="python secure.py")
    wait_for(lambda: app.request("/")[0] == 301, app.world.patience)
    for _ in range(6):
        assert b" 301 " in _over_tls(app)
    line = app.wait_logged(f"[#13 REDIRECT LOOP] web.1 redirected https://{app.host}/ to itself")
    assert "Where: secure.py:2." in line
    done = app.world.run("doctor", "--json")
    assert done.status == 1
    assert "#13 REDIRECT LOOP" in done.err

    runs(app)
    wait_for(lambda: app.request("/")[0] == 200, app.world.patience)
    done = app.world.run("doctor", "--json")
    assert done.status == 0, done.out
    assert "failed" not in {row["state"] for row in done.json}


def _over_tls(app: Running) -> bytes:
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", app.port), timeout=app.world.patience) as plain,
        unverified.wrap_socket(plain, server_hostname=app.host) as secure,
    ):
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {app.host}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: secure.recv(65536), b""))


def test_a_procfile_of_the_wrong_name(home: Localku, tmp_path: Path) -> None:
    """A cause that needs no dyno: it is told of an app that cannot even start."""
    files = {("procfile" if name == "Procfile" else name): text for name, text in FILES.items()}
    folder = write_app(tmp_path / "misnamed", files)
    home.run("build", cwd=folder)
    done = home.run("doctor", cwd=folder)
    assert done.status == 1
    assert "failed   #3 PROCFILE" in done.out
    assert "git mv -f procfile Procfile" in done.out
    assert "misnamed fails: #3 PROCFILE." in done.err
