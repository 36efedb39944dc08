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

def app(environ, start_response):
    with psycopg.connect(os.environ["DATABASE_URL"]) as database:
        database.execute("SELECT * FROM shop_item")
"""
SECURE = """\
def app(environ, start_response):
    if environ["wsgi.url_scheme"] == "http":
        host = environ["HTTP_HOST"]
        start_response("301 Moved Permanently", [("Location", f"https://{host}/"), ("Content-Length", "0")])
    return [b""]
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

CRASHES = {
    "1": ("python -m http.server $PORT --bind 127.0.0.1", "[#1 PORT] web.1 was started with PORT="),
    "2 command": ("uvicorn echo:app", "[#2 DEPENDENCY] web.1 found no command `uvicorn`: `uvicorn` is not in"),
    "2 module": ("gunicorn missing:app", "[#2 DEPENDENCY] web.1 found no module `yaml`: `PyYAML` is not in"),
    "2 attribute": ("gunicorn echo:application", "[#2 DEPENDENCY] web.1 looked for `application` in the module `echo`"),
    "7": ("python model.py", "[#7 POSTGRES://] web.1 gave SQLAlchemy a URL that begins with postgres://"),
    "15": ("python unset.py", "[#15 CONFIG VAR] web.1 needs the config var API_TOKEN"),
    "19": ("exec python eat.py 1200", "[#19 MEMORY] web.1 used more than the 512 MB of a basic dyno"),
    "30": ("bash windows.sh", "[#30 WINDOWS] windows.sh has Windows line ends"),
}


@pytest.fixture(scope="module")
def app(make_world: Callable[[str, dict[str, str]], World]) -> Iterator[Running]:
    world = make_world("doctor", SOURCE)
    with world.running(WEB="gunicorn echo:app") as running:
        yield running


def runs(app: Running, command: str) -> None:
    """Make the web dyno run another command."""
    app.ok("config:set", f"WEB={command}")


@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_has_its_reason_beside_it(app: Running, name: str) -> None:
    command, text = CRASHES[name]
    runs(app, command)
    line = app.wait_logged(text)
    assert line.startswith("localku[doctor]: ")
    assert " Fix: " in line
    number = int(name.split(maxsplit=1)[0])
    (found, *_) = [row for row in app.world.run("doctor", "--json").json if row["name"].startswith("#")]
    assert found["name"].startswith(f"#{number} ")
    assert found["state"] == "failed"


def test_a_host_that_django_refuses(app: Running) -> None:
    runs(app, "gunicorn strict:app")
    wait_for(lambda: app.request("/")[0] == 400, app.world.patience)
    assert "ALLOWED_HOSTS is ['example.com']. Where: strict.py:5." in app.wait_logged(
        "[#5 ALLOWED_HOSTS] web.1 answered 400"
    )


def test_a_table_that_no_migration_made(app: Running) -> None:
    runs(app, "gunicorn query:app")
    wait_for(lambda: app.request("/")[0] == 500, app.world.patience)
    app.wait_logged("[#12 MIGRATIONS] web.1 asked for `shop_item`, which the database does not have")


def test_a_redirect_to_itself(app: Running) -> None:
    runs(app, "gunicorn secure:app")
    wait_for(lambda: app.request("/")[0] == 301, app.world.patience)
    for _ in range(6):
        assert b" 301 " in _over_tls(app)
    assert "Where: secure.py:2." in app.wait_logged(
        f"[#13 REDIRECT LOOP] web.1 redirected https://{app.host}/ to itself"
    )


def _over_tls(app: Running) -> bytes:
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", app.port), timeout=app.world.patience) as plain,
        unverified.wrap_socket(plain, server_hostname=app.host) as secure,
    ):
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {app.host}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: secure.recv(65536), b""))


def test_an_app_that_works_has_neither_a_line_nor_a_failure(app: Running) -> None:
    runs(app, "gunicorn echo:app")
    wait_for(lambda: app.request("/")[0] == 200, app.world.patience)
    done = app.world.run("doctor", "--json")
    assert done.status == 0, done.out
    names = {row["name"]: row["state"] for row in done.json if row["name"].startswith("#")}
    assert names["#20 NOT SCALED"] == "risk"  # worker and other run no dyno
    assert "failed" not in names.values()


def test_a_procfile_of_the_wrong_name(home: Localku, tmp_path: Path) -> None:
    """A cause that needs no dyno: it is told of an app that cannot even start."""
    files = {("procfile" if name == "Procfile" else name): text for name, text in FILES.items()}
    folder = write_app(tmp_path / "misnamed", files)
    home.run("build", cwd=folder)
    done = home.run("doctor", cwd=folder)
    assert done.status == 1
    assert "#3 PROCFILE" in done.out
    assert "git mv -f procfile Procfile" in done.out
    assert "misnamed fails: #3 PROCFILE." in done.err
