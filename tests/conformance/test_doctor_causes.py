"""More of the doctor's causes on real dynos, all in one app; `test_doctor.py` has the others."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from support.localku import wait_for, write_app

if TYPE_CHECKING:
    from pathlib import Path

    from support.localku import Localku
    from world import Running, World

SITE = """\
import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.urls import path

MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"]


def database():
    _, _, rest = os.environ["DATABASE_URL"].partition("://")
    login, _, place = rest.rpartition("@")
    user, _, password = login.partition(":")
    address, _, name = place.partition("/")
    host, _, port = address.partition(":")
    return {"ENGINE": "django.db.backends.postgresql", "USER": user, "PASSWORD": password, "HOST": host, "PORT": port,
            "NAME": name.partition("?")[0]}


settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x", MIDDLEWARE=MIDDLEWARE,
                   DATABASES={"default": database()})


def books(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM books_book")
        return HttpResponse(str(cursor.fetchone()[0]))


urlpatterns = [path("books/", books), path("token/", lambda request: HttpResponse(get_token(request))),
               path("", lambda request: HttpResponse())]
application = get_wsgi_application()

if __name__ == "__main__":
    from wsgiref.simple_server import make_server
    make_server("0.0.0.0", int(os.environ["PORT"]), application).serve_forever()
"""
SOURCE = {
    ".gitignore": "data/\n__pycache__/\n",
    "requirements.txt": "gunicorn==27.0.1\nDjango\npsycopg[binary]\n",
    "site_of_ours.py": SITE,
    "manage.py": "",
    "data/model.json": "{}",
    "model.py": 'import json\njson.load(open("data/model.json"))\n',
    "models/item.py": "",
    "case.py": "from Models import item\n",
    "plain.py": (
        'import os\nimport psycopg\npsycopg.connect(os.environ["DATABASE_URL"], sslmode="disable", connect_timeout=9)\n'
    ),
    "dialect.py": (
        "import os\nimport sqlite3\nimport psycopg\n"
        'psycopg.connect(os.environ["DATABASE_URL"]).execute("SELECT strftime(\'%Y\', 1)")\n'
    ),
    "german.py": 'import locale\nlocale.setlocale(locale.LC_ALL, "de_DE.UTF-8")\n',
    "dotenv.py": 'print(open(".env").read())\n',
    "writes.py": 'import time\nopen("photo.jpg", "w").write("x")\nprint("written", flush=True)\ntime.sleep(600)\n',
    "nags.py": (
        "import time\nwhile True:\n"
        "    print(\"ModuleNotFoundError: No module named 'yaml'\", flush=True)\n    time.sleep(0.05)\n"
    ),
    "hang.py": "import time\n\n\ndef app(environ, start_response):\n    time.sleep(600)\n",
}
BROKEN = {
    "module": ("gunicorn app:app", "[#2 DEPENDENCY] module.1 found no module `app`; the app has no app.py"),
    "path": ("python nowhere/app.py", "[#3 PROCFILE] path.1 was to run nowhere/app.py"),
    "case": ("python case.py", "[#10 LETTER CASE] case.1 found no `Models`: git has `models/item.py`"),
    "plain": ("python plain.py", "[#11 DATABASE TLS] plain.1 was refused by the database"),
    "dialect": (
        "python dialect.py",
        "[#16 SQLITE] dialect.1 sent Postgres what only SQLite accepts: function strftime(",
    ),
    "ignored": ("python model.py", "[#24 NOT COMMITTED] ignored.1 found no `data/model.json`"),
    "german": ("python german.py", "[#28 LOCALE] german.1 asked for a locale that Heroku's stack does not have"),
    "dotenv": ("python dotenv.py", "[#29 .ENV FILE] dotenv.1 looked for the file .env, which is in no slug"),
}
"""Process types whose dynos fail, and what the doctor says of each."""

COMMANDS = {"web": 'eval "$WEB"', "writes": "python writes.py", "nags": 'eval "$NAGS"'}
COMMANDS |= {name: command for name, (command, _) in BROKEN.items()}
SOURCE["Procfile"] = "".join(f"{name}: {command}\n" for name, command in COMMANDS.items())
IDLE = {"WEB": "gunicorn echo:app", "NAGS": "sleep 600"}


@pytest.fixture(scope="module")
def app(make_world: Callable[[str, dict[str, str]], World]) -> Iterator[Running]:
    with make_world("causes", SOURCE).running(**IDLE) as running:
        yield running


def findings(app: Running) -> dict[str, str]:
    """What `localku doctor` says of the app: the state of each cause, and what happened."""
    rows = app.world.run("doctor", "--json").json
    return {f"[{row['name']}] {row['found']}": row["state"] for row in rows if row["name"].startswith("#")}


def failed(app: Running) -> list[str]:
    return [text for text, state in findings(app).items() if state == "failed"]


def runs(app: Running, **commands: str) -> None:
    """Make a release whose dynos run other commands."""
    app.ok("config:set", *(f"{name}={command}" for name, command in {**IDLE, **commands}.items()))


def test_process_types_fail_each_for_its_own_reason(app: Running) -> None:
    assert "[#20 NOT SCALED] No dyno runs " in str(findings(app))
    app.ok("ps:scale", *(f"{name}=1" for name in COMMANDS))
    expected = sorted(text for _, text in BROKEN.values())

    def seen() -> list[str]:
        return sorted(text for text in expected if any(one.startswith(text) for one in failed(app)))

    wait_for(lambda: seen() == expected, app.world.patience)
    assert len(failed(app)) == len(BROKEN)
    assert "[#20 NOT SCALED]" not in str(findings(app))
    app.wait_logged("app[writes.1]: written")
    app.ok("ps:restart", "writes")
    text = "[#6 EPHEMERAL FILES] writes.1 wrote photo.jpg (upload), and they are gone with it"
    wait_for(lambda: text in str(findings(app)), app.world.patience)
    app.ok("ps:scale", *(f"{name}=0" for name in [*BROKEN, "writes"]))


def test_what_an_old_dyno_prints_is_not_the_new_releases(app: Running) -> None:
    app.ok("ps:scale", "nags=1")
    runs(app, NAGS="python nags.py")
    nagging = "[#2 DEPENDENCY] nags.1 found no module `yaml`"
    wait_for(lambda: nagging in str(findings(app)), app.world.patience)
    assert failed(app) == [], "it prints what it likes, and lives"
    runs(app, NAGS="echo quiet; sleep 600")
    app.wait_logged("app[nags.1]: quiet")
    assert nagging not in str(findings(app))


def test_a_crash_nobody_knows_the_cause_of_is_no_calm(app: Running) -> None:
    runs(app, NAGS="echo \"FileNotFoundError: [Errno 2] No such file or directory: '/data/c'\"; exit 3")
    app.wait_logged("heroku[nags.1]: State changed from up to crashed")
    done = app.world.run("doctor", "--json")
    assert done.status == 1
    assert done.err.endswith("fails: NO KNOWN CAUSE.\n")
    (row,) = (row for row in done.json if row["state"] == "failed")
    assert row["found"].startswith("nags.1 crashed")


def test_requests_that_go_wrong(app: Running) -> None:
    """Django tells nobody of an exception where DEBUG is off: what the database said then is the evidence."""
    runs(app, WEB="python site_of_ours.py", NAGS="sleep 600")
    wait_for(lambda: app.request("/books/")[0] == 500, app.world.patience)
    app.wait_logged("[#12 MIGRATIONS] web.1 asked for `books_book`, which the database does not have")
    assert _form_over_tls(app) == 403
    app.wait_logged("[#22 CSRF] web.1 answered 403 to POST /token/ over https; the settings have neither")


def _form_over_tls(app: Running) -> int:
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", app.port, context=unverified, timeout=app.world.patience)
    try:
        connection.request("GET", "/token/", headers={"Host": app.host})
        answer = connection.getresponse()
        token = answer.read().decode()
        cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]
        asked = {"Host": app.host, "Origin": f"https://{app.host}", "Cookie": cookie, "X-CSRFToken": token}
        connection.request("POST", "/token/", headers=asked)
        answer = connection.getresponse()
        answer.read()  # who leaves before the body has come interrupts the request: H27
        return answer.status
    finally:
        connection.close()


def test_servers_that_do_not_answer_in_time(app: Running) -> None:
    """The first is cut off by the router, the second by itself."""
    runs(app, WEB="gunicorn --timeout 600 hang:app")
    wait_for(lambda: app.request("/slow")[0] == 503, app.world.patience)
    app.wait_logged("[#14 TIMEOUT] GET /slow did not start to respond within 30 seconds")
    runs(app, WEB="gunicorn --timeout 1 hang:app")
    text = "[#21 SERVER TIMEOUT] gunicorn in web.1 killed worker"
    wait_for(lambda: app.request("/") and text in str(app.new_lines("doctor")), app.world.patience)


def test_a_one_off_dyno_with_too_little_memory(app: Running) -> None:
    assert app.world.run("run", "python", "eat.py", "1100").status == 137
    app.wait_logged("[#25 ONE-OFF DYNO] run.")


REFUSED = {
    "unlocked": ({"Pipfile": "", "requirements.txt": ""}, "#26 LOCK FILES"),
    "ancient": ({"requirements.txt": "", "runtime.txt": "python-3.6.9\n"}, "#8 PYTHON VERSION"),
    "inside": ({"Procfile": "web: x\n", "backend/requirements.txt": ""}, "#9 BUILDPACK"),
    "unread": ({"Procfile": "web gunicorn app:app\n", "requirements.txt": ""}, "#3 PROCFILE"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_build_that_fails_says_why_and_so_does_the_doctor(name: str, home: Localku, tmp_path: Path) -> None:
    files, cause = REFUSED[name]
    folder = write_app(tmp_path / name, files)
    assert home.run("build", cwd=folder).status == 1
    done = home.run("doctor", cwd=folder)
    assert done.status == 1
    assert f"failed   {cause}\n" in done.out
    assert f"{name} fails: {cause}." in done.err
