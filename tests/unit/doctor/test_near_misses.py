"""What looks like one of the causes and is not: no guess without evidence."""

from __future__ import annotations

from pathlib import Path

import captures as c
import pytest
from cases import EXPRESS, PROXY, SETTINGS, Case, gunicorn
from diagnosis_kit import evidence, judge

from localku.doctor.causes import diagnose
from localku.doctor.evidence import Listened, Written
from localku.doctor.sockets import Listening

REDIRECTS = ["status=301 protocol=https"] * 6
DATABASE = {"config": frozenset({"DATABASE_URL"})}
REFUSED = "status=403 protocol=https method=POST"
START = {"types": {"web": "./start"}}
DROPPED = "at=error code=H13 status=503 service=3ms"
MOVED = {
    "types": {},
    "buildpacks": ("https://github.com/timanovsky/subdir-heroku-buildpack",),
    "config": frozenset({"PROJECT_PATH"}),
}
DEFAULTS = 'a = os.environ.get("A_KEY")\nos.environ["B_KEY"] = "1"\nc = os.environ["PORT"]\n'
URL_OR_SQLITE = """\
DATABASES = {
    'default': dj_database_url.config(default='sqlite:///db.sqlite3'),
    'archive': {'ENGINE': 'django.db.backends.sqlite3'},
}
"""


def listened(*sockets: Listening) -> dict[str, object]:
    return {"listened": (Listened("web.1", 31195, sockets),)}


NEAR_MISSES = {
    "bound": Case(1, facts=listened(Listening("0.0.0.0", 31195), Listening("127.0.0.1", 9000))),
    "bound to both families": Case(1, facts=listened(Listening("::", 31195))),
    "command of a script": Case(2, {}, "app[web.1]: ./start: line 3: notify: command not found", gunicorn()),
    "module for development": Case(2, {"package.json": EXPRESS}, facts={"transcript": ("sh: 1: tsc: not found",)}),
    "worker class of gunicorn": Case(
        3,
        {"Procfile": "web: x\n"},
        c.crash("ModuleNotFoundError: No module named 'uvicorn'"),
        gunicorn(types={"web": "gunicorn -k uvicorn.workers.UvicornWorker app:app"}),
    ),
    "module in another case": Case(2, {"Models.py": ""}, c.crash("ModuleNotFoundError: No module named 'models'")),
    "key error": Case(2, {}, c.crash(c.KEY_ERROR)),
    "path of another build failure": Case(
        2, {"requirements.txt": "a @ file:///opt/a\n"}, facts={"transcript": tuple(c.NOT_DOWNLOADED.splitlines())}
    ),
    "default types": Case(3, {"package.json": EXPRESS}, facts={"types": {"web": "npm start"}}),
    "Procfile": Case(3, {"Procfile": "web: x\nWorker: y\n", "docs/procfile": ""}),
    "folder that a buildpack makes the app": Case(3, {"backend/Procfile": "web: x\n"}, facts=MOVED),
    "no web at all": Case(3, {"Procfile": "worker: x\nwebhooks: y\n"}),
    "other failure": Case(4, facts={"transcript": tuple(c.PG_CONFIG.splitlines())}),
    "a missing file beside whitenoise": Case(
        4,
        {"settings.py": "STATIC_URL = 'static/'\nM = ['whitenoise.middleware.X']\n", "requirements.txt": "django\n"},
        c.served("status=404 path=/static/a.map"),
    ),
    "another address": Case(
        4,
        {"settings.py": "STATIC_URL = 'static/'\n", "requirements.txt": "django\n"},
        c.served("status=404 path=/favicon.ico", "status=200 path=/static/a.css"),
    ),
    "about Git LFS": Case(24, {".gitattributes": "*.h5 filter=lfs\n", "a.md": "see git-lfs.github.com/spec/v1\n"}),
    "no table of SQLite in a one-off dyno": Case(12, {}, "app[run.1]: sqlite3.OperationalError: no such table: a"),
    "any host": Case(5, {"settings.py": "ALLOWED_HOSTS = ['*']\n"}, c.served("status=400")),
    "hosts of the environment": Case(5, {"settings.py": "ALLOWED_HOSTS = env.list('HOSTS')\n"}, c.served("status=400")),
    "allowed host": Case(
        5, {"settings.py": "ALLOWED_HOSTS = ['.localhost', '.herokuapp.com']\n"}, c.served("status=400")
    ),
    "no hosts, not Django's": Case(5, {"proxy.py": "ALLOWED_HOSTS = []\n"}),
    "no hosts, settings that import the rest": Case(5, {"settings.py": "ALLOWED_HOSTS = []\nfrom .here import *\n"}),
    "no hosts, django_heroku": Case(
        5, {"settings.py": "ALLOWED_HOSTS = []\nimport django_heroku\ndjango_heroku.settings(locals())\n"}
    ),
    "refused by the router": Case(5, {"settings.py": "ALLOWED_HOSTS = ['a.com']\n"}, c.served("status=400 dyno=")),
    "extended hosts": Case(5, {"settings.py": "ALLOWED_HOSTS = ['localhost']\nALLOWED_HOSTS += H\n"}),
    "release dyno": Case(6, facts={"written": (Written("release.1", "/app/a.png", "upload", gone=True),)}),
    "postgresql": Case(7, {}, c.crash("NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgresql.foo")),
    "mysql": Case(7, {}, c.crash("sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:mysqli")),
    "comments in runtime.txt": Case(8, {"runtime.txt": "# why\n\npython-3.13\n"}),
    "comments in .python-version": Case(8, {".python-version": "# why\n\n3.13\n"}),
    "a misspelled .python-version beside runtime.txt": Case(8, {"python-version": "", "runtime.txt": "python-3.13\n"}),
    "a Procfile in the folder that is the app": Case(
        3, {"site/requirements.txt": "", "site/Procfile": "web: x\n"}, facts={"has_slug": False}
    ),
    "version": Case(8, {".python-version": "3.13\n"}, facts={"transcript": ("-----> Using Python 3.13.5",)}),
    "at the top": Case(9, {"requirements.txt": "", "tools/package.json": "{}"}, facts={"has_slug": False}),
    "folder that a buildpack makes the app's": Case(
        9,
        {"backend/requirements.txt": "flask\n"},
        facts={**MOVED, "has_slug": False, "transcript": tuple(c.NO_PYTHON_FILES.splitlines())},
    ),
    "buildpacks are set": Case(9, {"src/go.mod": ""}, facts={"has_slug": False, "buildpacks": ("heroku/go",)}),
    "same name": Case(10, {"src/a.js": "import b from './b';\n", "src/b.js": "", "lib/B.js": ""}),
    "a package": Case(10, {"a.js": "import React from 'react';\n", "React.js": ""}),
    "a template of the framework": Case(10, {"a.html": '{% extends "admin/base_site.html" %}'}),
    "somebody else's database": Case(11, {}, c.crash(c.NO_PG_HBA)),
    "release phase": Case(12, {}, c.NO_RELATION, {"types": {"release": "python manage.py migrate"}}),
    "one-off dyno": Case(12, {}, c.NO_RELATION.replace("web.1", "run.1234")),
    "proxy header": Case(13, {"settings.py": f"SECURE_SSL_REDIRECT = True\n{PROXY}"}, c.served(*REDIRECTS)),
    "waitress that trusts the router": Case(
        13,
        {"s.py": "SECURE_SSL_REDIRECT = True\n"},
        facts={"types": {"web": "waitress-serve --trusted-proxy='*' --trusted-proxy-headers=x-forwarded-proto s:app"}},
    ),
    "redirects over http": Case(13, {"a.py": "if request.scheme:\n"}, c.served(*["status=301"] * 6)),
    "redirects of a load test": Case(13, {"app.py": "redirect('/login')\n"}, c.served(*REDIRECTS)),
    "two addresses": Case(13, {"a.py": "if request.scheme:\n"}, c.served(*[*REDIRECTS[:2], "status=200"] * 3)),
    "redirect of a server that heeds the router": Case(13, {"s.py": "SECURE_SSL_REDIRECT = True\n"}, facts=gunicorn()),
    "redirect is off": Case(13, {"settings.py": "SECURE_SSL_REDIRECT = False\n"}),
    "nine seconds": Case(14, {}, c.served("service=9000ms")),
    "websocket": Case(14, {}, c.served("service=600000ms status=101")),
    "key of a dict": Case(15, {}, c.crash("  File '/app/app.py', line 3\n    d['user_id']\nKeyError: 'USER_ID'")),
    "set meanwhile": Case(15, {}, c.crash(c.KEY_ERROR), {"config": frozenset({"MONGO_URI"})}),
    "line with another default": Case(
        15, {"server.js": "\n\nm.connect(process.env.MONGO_URI || 'x');\n"}, c.crash(c.UNDEFINED)
    ),
    "secret with a default": Case(
        15, {"s.py": "SECRET_KEY = os.environ.get('SECRET_KEY', 'x')\n"}, c.served("status=500")
    ),
    "key of a collectstatic": Case(
        15, {"s.py": 'k = os.environ.get("A_KEY")\n'}, facts={"transcript": ("KeyError: 'A_KEY'", c.NO_STATIC)}
    ),
    "default": Case(15, {"app.py": DEFAULTS}),
    "in tests": Case(15, {"tests/test_a.py": 'a = os.environ["A_KEY"]\n'}),
    "url or sqlite": Case(16, {"site/settings.py": URL_OR_SQLITE}, facts=DATABASE),
    "url or sqlite without a database": Case(16, {"site/settings.py": URL_OR_SQLITE}),
    "sqlite for one machine": Case(
        16, {"site/settings/dev.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n"}
    ),
    "sqlite in memory": Case(
        16, {"settings.py": "DATABASES = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}\n"}
    ),
    "binary": Case(17, {"requirements.txt": "psycopg2-binary\n"}, facts={"transcript": ("Using psycopg2-binary",)}),
    "dependency too": Case(
        18,
        {"package.json": '{"dependencies": {"typescript": "5"}, "devDependencies": {"typescript": "5"}}'},
        facts={"transcript": ("sh: 1: tsc: not found",)},
    ),
    "for development and for the app": Case(
        18, {"Pipfile.lock": '{"default": {"pyyaml": {}}, "develop": {"pyyaml": {}}}'}, c.crash(c.NO_MODULE, 3)
    ),
    "below the quota": Case(19, {}, "heroku[web.1]: Process running mem=300M(58.6%)", gunicorn()),
    "memory of a release": Case(19, {}, c.R15.format(dyno="release.1"), gunicorn()),
    "scaled": Case(20, facts={"types": {"web": "x", "worker": "y"}, "quantities": {"web": 1, "worker": 1}}),
    "Web": Case(20, facts={"types": {"Web": "x"}}),
    "release and console": Case(20, facts={"types": {"web": "x", "release": "y", "console": "z"}}),
    "run before": Case(20, {}, "app[worker.1]: hi", {"types": {"worker": "y"}, "quantities": {"worker": 0}}),
    "safe request": Case(21, {}, c.served("at=error code=H13 status=503 service=3ms"), gunicorn()),
    "process that ended": Case(21, {}, c.crash("") + c.served(f"{DROPPED} method=POST"), gunicorn()),
    "memory": Case(21, {}, c.R15.format(dyno="web.1") + c.KILLED + c.served(DROPPED), gunicorn()),
    "timeout of the router": Case(21, {}, c.WORKER_TIMEOUT + c.served("at=error code=H12 status=503"), gunicorn()),
    "fresh connection": Case(21, {}, c.served("at=error code=H13 status=503 connect=3ms service=40ms"), gunicorn()),
    "trusted": Case(22, {"s.py": SETTINGS + "CSRF_TRUSTED_ORIGINS = []\n"}, c.served(REFUSED)),
    "403 of a server that heeds the router": Case(22, {"s.py": SETTINGS}, c.served(REFUSED), gunicorn()),
    "403 over http": Case(22, {"s.py": SETTINGS}, c.served("status=403 method=POST")),
    "403 to a GET": Case(22, {"s.py": SETTINGS}, c.served("status=403 protocol=https")),
    "one dyno": Case(23, {}, c.MEMORY_STORE, gunicorn()),
    "clean": Case(24, {"app.py": "", ".gitignore": "node_modules/\n", "node_modules/a.js": ""}, git=True),
    "name that is not there": Case(
        24,
        {"a.py": "", ".gitignore": "x\n"},
        c.crash("ImportError: cannot import name 'b' from 'a' (/app/a.py)"),
        git=True,
    ),
    "not in git": Case(24, {"app.py": ""}),
    "other file": Case(
        25,
        {"release.py": 'open("version.txt", "w")\n'},
        "app[web.1]: FileNotFoundError: [Errno 2] No such file or directory: 'data.txt'\n",
        {"types": {"release": "python release.py"}},
    ),
    "migrate": Case(25, facts={"types": {"release": "python manage.py migrate >/dev/null 2>&1"}}),
    "memory of web": Case(25, {}, c.R15.format(dyno="web.1")),
    "two languages": Case(26, {"package-lock.json": "{}", "package.json": "{}", "requirements.txt": ""}),
    "small": Case(27, {"app.py": ""}, facts={"slug_size": 100 * 1024 * 1024}),
    "zone is set": Case(28, {"app.py": "datetime.now()\n"}, facts={"utc_offset": 60, "config": frozenset({"TZ"})}),
    "aware": Case(28, {"app.py": "datetime.now(UTC)\n"}, facts={"utc_offset": 60}),
    "machine in UTC": Case(28, {"app.py": "datetime.now()\n"}),
    "locale there is": Case(28, {"app.py": 'locale.setlocale(locale.LC_ALL, "en_US.UTF-8")\n'}),
    "load_dotenv": Case(29, {"app.py": "load_dotenv()\nload_dotenv('.env')\n"}),
    "committed": Case(29, {".env": "A=1\n", "app.py": "open('.env')\n"}, git=True),
    "mended": Case(30, {"start.sh": "#!/bin/bash\n"}, "app[web.1]: start.sh: line 2: set: -\r\n: invalid option"),
    "hook that fails by itself": Case(
        30, {"bin/post_compile": "#!/bin/sh\nfalse\n"}, facts={"transcript": tuple(c.HOOK.splitlines())}
    ),
    "format of a date": Case(30, facts={"types": {"web": "serve --log $(date +%Y%m%d_%H%M%S).log --width 50% A%"}}),
    "unix": Case(30, {"Procfile": "web: ./start\n", "start*": "#!/bin/sh\n"}, facts=START, git=True),
    "no script": Case(30, {"app.py": "import os\r\n", "notes.txt": "a\r\n"}, git=True),
    "interpreter": Case(30, {"start.py": ""}, facts={"types": {"web": "python start.py"}}, git=True),
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_near_miss_says_nothing(name: str, tmp_path: Path) -> None:
    case = NEAR_MISSES[name]
    found = judge(case.number, evidence(tmp_path, case.files, case.log, git=case.git, **case.facts))
    assert found is None, found and found.text()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_requirements_in_one_encoding_are_no_mixture(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("flask\r\ngunicorn  # Grüße\r\n".encode(encoding))
    assert judge(30, evidence(tmp_path)) is None


def test_every_cause_has_a_near_miss() -> None:
    assert {case.number for case in NEAR_MISSES.values()} == set(range(1, 31))


def test_an_app_that_works_has_no_findings(tmp_path: Path) -> None:
    files = {
        "Procfile": "web: gunicorn site.wsgi\nrelease: python manage.py migrate\n",
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n",
        "requirements.txt": "django\ngunicorn\n",
        "site/settings.py": SETTINGS + PROXY + URL_OR_SQLITE + "ALLOWED_HOSTS = ['.herokuapp.com', '.localhost']\n",
    }
    log = "heroku[web.1]: State changed from starting to up\n" + c.served("status=200", "status=404", "status=302")
    seen = evidence(tmp_path, files, log, git=True, **gunicorn(config=frozenset({"DATABASE_URL"}), has_database=True))
    assert diagnose(seen) == ()
