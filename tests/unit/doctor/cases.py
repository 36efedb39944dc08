"""Evidence for each of the 30 causes, as it really looks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import captures as c

from localku.doctor.evidence import Listened, Written
from localku.doctor.sockets import Listening

SETTINGS = "import os\nMIDDLEWARE = ['django.middleware.csrf.CsrfViewMiddleware']\n"
PROXY = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")\n'
SUBDIR = "https://github.com/timanovsky/subdir-heroku-buildpack"
EXPRESS = '{"dependencies": {"express": "5"}, "devDependencies": {"typescript": "5"}}'


@dataclass
class Case:
    number: int
    files: dict[str, str] = field(default_factory=dict)
    log: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    git: bool = False


def gunicorn(**more: Any) -> dict[str, Any]:
    return {"types": {"web": "gunicorn app:app"}, "quantities": {"web": 1}, "sizes": {"web": ("basic", 512)}, **more}


CASES: dict[str, Case] = {
    "loopback": Case(
        1,
        facts=gunicorn(
            types={"web": "python -m http.server $PORT --bind 127.0.0.1"},
            listened=(Listened("web.1", 31195, (Listening("127.0.0.1", 31195, 7, "http.server"),)),),
        ),
    ),
    "another port": Case(
        1,
        {"app.py": "from flask import Flask\napp.run(host='0.0.0.0', port=8000)\n"},
        facts=gunicorn(
            types={"web": "python app.py"},
            listened=(Listened("web.1", 31195, (Listening("0.0.0.0", 8000, 7, "app.py"),)),),
        ),
    ),
    "no port": Case(1, facts=gunicorn(types={"web": "python bot.py"}, listened=(Listened("web.1", 31195, ()),))),
    "command": Case(2, {"requirements.txt": "flask\n"}, c.crash(c.GUNICORN_NOT_FOUND, 127), gunicorn()),
    "module": Case(
        2, {"requirements.txt": "gunicorn\n", "app.py": "import os\nimport yaml\n"}, c.crash(c.NO_MODULE, 3), gunicorn()
    ),
    "node module": Case(
        2,
        {"package.json": EXPRESS, "server.js": "const q = require('q');\n"},
        c.crash(c.NODE_NO_MODULE),
        {"types": {"web": "node server.js"}},
    ),
    "attribute": Case(
        2, {"main.py": "application = 1\n"}, c.crash(c.NO_ATTRIBUTE, 4), gunicorn(types={"web": "gunicorn main:app"})
    ),
    "attribute of another name": Case(
        2,
        {"main.py": "from flask import Flask\napplication = Flask(__name__)\n"},
        c.crash(c.NO_ATTRIBUTE, 4),
        gunicorn(types={"web": "gunicorn main:app"}),
    ),
    "module of the command": Case(
        2,
        {"requirements.txt": "flask\ngunicorn\n", "main.py": "from flask import Flask\napp = Flask(__name__)\n"},
        c.crash("ModuleNotFoundError: No module named 'app'", 3),
        gunicorn(),
    ),
    "own module": Case(
        2,
        {"backend/site/wsgi.py": ""},
        c.crash("ModuleNotFoundError: No module named 'site.wsgi'", 3),
        gunicorn(types={"web": "gunicorn site.wsgi"}),
    ),
    "standard library of old": Case(
        2,
        {"requirements.txt": "flask\n", "app.py": "from distutils.util import strtobool\n"},
        c.crash("ModuleNotFoundError: No module named 'distutils'", 3),
    ),
    "module that Python lost": Case(
        2, {"requirements.txt": "flask\n"}, c.crash("ModuleNotFoundError: No module named 'imp'", 3), gunicorn()
    ),
    "module of a newer Python": Case(2, {}, c.crash("ModuleNotFoundError: No module named 'tomllib'"), gunicorn()),
    "standard library": Case(
        2,
        {"requirements.txt": "flask\n", "app.py": "import tkinter\n"},
        c.crash("ModuleNotFoundError: No module named '_tkinter'", 3),
        gunicorn(),
    ),
    "module of Node": Case(
        2,
        {"package.json": EXPRESS},
        c.crash("Error: Cannot find module 'node:sqlite'"),
        {"types": {"web": "node server.js"}},
    ),
    "program of a buildpack": Case(
        2,
        {"package.json": EXPRESS},
        c.crash("bash: line 1: python: command not found", 127, command="python app.py"),
        {"types": {"web": "python app.py"}},
    ),
    "unknown program": Case(
        2,
        {"package.json": EXPRESS},
        c.crash("bash: line 1: ffmpeg: command not found", 127),
        {"types": {"web": "ffmpeg -version"}},
    ),
    "listed meanwhile": Case(
        2,
        {"requirements.txt": "PyYAML\n"},
        c.crash(c.NO_MODULE, 3),
        gunicorn(newer=frozenset({"requirements.txt"})),
    ),
    "listed": Case(2, {"requirements.txt": "PyYAML\n"}, c.crash(c.NO_MODULE, 3), gunicorn()),
    "optional package": Case(
        2,
        {"package.json": '{"dependencies": {"express": "5"}, "optionalDependencies": {"q": "1"}}'},
        c.crash(c.NODE_NO_MODULE),
        {"types": {"web": "node server.js"}},
    ),
    "driver of a database": Case(
        2,
        {"requirements.txt": "dj-database-url\n"},
        c.crash("ModuleNotFoundError: No module named 'psycopg2'", 3),
        gunicorn(has_database=True),
    ),
    "conda": Case(
        2,
        {"requirements.txt": "flask\ncertifi @ file:///opt/conda/conda-bld/certifi_1655968806487/work/certifi\n"},
        facts={"transcript": tuple(c.CONDA.splitlines())},
    ),
    "misnamed": Case(3, {"procfile": "web: x\n"}, facts={"types": {}}),
    "subfolder": Case(3, {"backend/Procfile": "web: x\n", "requirements.txt": ""}, facts={"types": {}}),
    "folder of a subdir buildpack": Case(
        3, {"backend/Procfile": "web: x\n", "requirements.txt": ""}, facts={"types": {}, "buildpacks": (SUBDIR,)}
    ),
    "path outside the app": Case(
        3,
        {"Procfile": "web: bash /data/start.sh\n"},
        c.crash("bash: /data/start.sh: No such file or directory", 127),
        {"types": {"web": "bash /data/start.sh"}},
    ),
    "broken": Case(3, {"Procfile": "web gunicorn app:app\n"}),
    "no web": Case(3, {"Procfile": "Web: gunicorn app:app\n"}),
    "none": Case(3, {"app.py": "from flask import Flask\napp = Flask(__name__)\n"}, facts={"types": {}}),
    "wrong path": Case(
        3,
        {"Procfile": "web: ./serve\n"},
        c.crash("bash: line 1: ./serve: No such file or directory", 127),
        {"types": {"web": "./serve"}},
    ),
    "wrong folder": Case(
        3,
        {"Procfile": "web: python src/app.py\n", "app.py": ""},
        c.crash("python: can't open file '/app/src/app.py': [Errno 2] No such file or directory", 2),
        {"types": {"web": "python src/app.py"}},
    ),
    "static root": Case(4, {"site/settings.py": "X = 1\n"}, facts={"transcript": tuple(c.COLLECTSTATIC.splitlines())}),
    "database of a build": Case(
        4,
        {"site/settings.py": 'X = os.environ["DATABASE_URL"]\n'},
        facts={"transcript": ("KeyError: 'DATABASE_URL'", c.NO_STATIC)},
    ),
    "port of a build": Case(
        4, {"site/settings.py": 'X = os.environ["PORT"]\n'}, facts={"transcript": ("KeyError: 'PORT'", c.NO_STATIC)}
    ),
    "disallowed": Case(5, {"site/settings.py": SETTINGS + "ALLOWED_HOSTS = ['example.com']\n"}, c.DISALLOWED),
    "bad request": Case(
        5, {"site/settings.py": SETTINGS + "ALLOWED_HOSTS = ['example.com']\n"}, c.served("status=400")
    ),
    "no hosts": Case(5, {"site/settings.py": SETTINGS + "DEBUG = True\n\nALLOWED_HOSTS = []\n"}),
    "local hosts": Case(5, {"site/settings.py": SETTINGS + "ALLOWED_HOSTS = ['localhost', '127.0.0.1']\n"}),
    "written": Case(
        6,
        facts={
            "written": (
                Written("web.1", "/app/media/a.png", "upload", gone=True),
                Written("web.1", "/app/media/a.png", "upload", gone=True),
                Written("web.1", "/app/db.sqlite3", "database", gone=True),
            )
        },
    ),
    "written again": Case(
        6,
        facts={
            "written": (
                Written("web.1", "/app/media/a.png", "upload", gone=False),
                Written("web.1", "/app/media/a.png", "upload", gone=True),
            )
        },
    ),
    "being written": Case(6, facts={"written": (Written("web.2", "/app/media/a.png", "upload", gone=False),)}),
    "scheme": Case(
        7,
        {
            "requirements.txt": "sqlalchemy\npsycopg[binary]\n",
            "app.py": "import os\nurl = os.environ['DATABASE_URL']\n",
        },
        c.crash(c.SQLALCHEMY),
    ),
    "eol": Case(8, {"runtime.txt": "python-3.8.2\n"}, facts={"transcript": tuple(c.PYTHON_EOL.splitlines())}),
    "no such version": Case(
        8, {".python-version": "3.13.99\n"}, facts={"transcript": tuple(c.NO_SUCH_PYTHON.splitlines())}
    ),
    "not downloaded": Case(
        8, {".python-version": "3.13\n"}, facts={"transcript": tuple(c.NOT_DOWNLOADED.splitlines())}
    ),
    "runtime.txt": Case(8, {"runtime.txt": "Python 3.12\n"}),
    "a misspelled .python-version": Case(8, {".python-version.txt": "3.13\n"}),
    "files that nothing serves": Case(
        4,
        {
            "site/settings.py": 'STATIC_URL = "static/"\nSTATIC_ROOT = BASE_DIR / "staticfiles"\n',
            "requirements.txt": "django\n",
        },
        c.served('status=404 path="/static/admin/css/base.css"'),
    ),
    "pointers of Git LFS": Case(
        24,
        {
            ".gitattributes": "*.h5 filter=lfs diff=lfs merge=lfs -text\n",
            "model.h5": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 262144000\n",
        },
    ),
    "no table in SQLite": Case(
        12,
        {"manage.py": "import django\n"},
        "app[web.1]: django.db.utils.OperationalError: no such table: polls_question\n" + c.served("status=500"),
        facts={"types": {"web": "gunicorn mysite.wsgi", "release": "python manage.py migrate"}},
    ),
    "no dependency file": Case(
        9, {"app.py": "", "Procfile": "web: x\n"}, facts={"transcript": tuple(c.NO_PYTHON_FILES.splitlines())}
    ),
    "no dependency file, and what the code imports": Case(
        9,
        {
            "manage.py": "import os\nimport sys\n\nfrom django.core import management\n",
            "polls/views.py": "import yaml, json\nfrom . import models\nfrom polls.models import Question\n",
            "polls/models.py": 'from django.db import models\n"""\nfrom the start\n"""\n',
            "Procfile": "web: gunicorn mysite.wsgi\nrelease: python manage.py migrate\n",
        },
        facts={"transcript": tuple(c.NO_PYTHON_FILES.splitlines())},
    ),
    "in a folder": Case(9, {"backend/requirements.txt": "flask\n"}, facts={"has_slug": False}),
    "in a folder of a subdir buildpack": Case(
        9,
        {"backend/requirements.txt": "flask\n"},
        facts={"buildpacks": (SUBDIR,), "transcript": tuple(c.NO_PYTHON_FILES.splitlines())},
    ),
    "nothing": Case(9, {"README": ""}, facts={"has_slug": False, "transcript": tuple(c.UNDETECTED.splitlines())}),
    "case of a module": Case(
        10,
        {"Models.py": "", "requirements.txt": ""},
        c.crash("ModuleNotFoundError: No module named 'models'"),
        gunicorn(),
    ),
    "case of an import": Case(
        10, {"src/App.jsx": "import Header from './components/header';\n", "src/components/Header.jsx": ""}
    ),
    "case of a template": Case(10, {"app.py": "x = render_template('Index.html')\n", "templates/index.html": ""}),
    "no tls": Case(
        11,
        {
            "package.json": '{"dependencies": {"pg": "8"}}',
            "db.js": "const pool = new Pool({ connectionString: url });\n",
        },
        c.crash(c.NO_PG_HBA),
        {"has_database": True},
    ),
    "scheme of the old driver": Case(7, {"requirements.txt": "sqlalchemy\npsycopg2-binary\n"}, c.crash(c.SQLALCHEMY)),
    "relation": Case(12, {"manage.py": ""}, c.NO_RELATION, gunicorn()),
    "loop": Case(
        13,
        {"site/settings.py": SETTINGS + "SECURE_SSL_REDIRECT = True\n"},
        c.served(*["status=301 protocol=https"] * 6),
    ),
    "loop of waitress": Case(
        13,
        {"site/settings.py": f"{SETTINGS}SECURE_SSL_REDIRECT = True\n{PROXY}"},
        c.served(*["status=301 protocol=https"] * 6),
        {"types": {"web": "waitress-serve --port=$PORT site.wsgi:application"}},
    ),
    "redirect setting": Case(13, {"site/settings.py": SETTINGS + "SECURE_SSL_REDIRECT = not DEBUG\n"}),
    "express loop": Case(
        13,
        {"app.js": "if (!req.secure) return res.redirect('https://' + req.headers.host + req.url);\n"},
        c.served(*["status=302 protocol=https"] * 6),
    ),
    "timeout": Case(14, {}, c.served('at=error code=H12 status=503 service=30000ms path="/report?q=1"')),
    "slow": Case(14, {}, c.served('service=12600ms path="/report"')),
    "key error": Case(
        15,
        {"app.py": 'import os\nurl = os.environ["MONGO_URI"]\n'},
        c.crash(c.KEY_ERROR),
        {"env_file": frozenset({"MONGO_URI"})},
    ),
    "says so": Case(15, {"db.js": "mongoose.connect(process.env.MONGO_URI)\n"}, c.crash(c.MONGOOSE)),
    "no secret": Case(
        15, {"site/settings.py": "import os\nSECRET_KEY = os.environ.get('SECRET_KEY')\n"}, c.served("status=500")
    ),
    "undefined": Case(
        15,
        {"server.js": "const m = require('mongoose');\n\nm.connect(process.env.MONGO_URI);\n"},
        c.crash(c.UNDEFINED),
    ),
    "read without default": Case(15, {"app.py": 'import os\na = os.environ["API_KEY"]\nb = os.environ["SECRET"]\n'}),
    "no database": Case(15, {"app.py": 'import os\na = os.environ["DATABASE_URL"]\n'}),
    "no Redis": Case(
        15,
        {"app.py": 'import os\na = os.environ["REDIS_URL"]\n'},
        c.crash(c.KEY_ERROR.replace("MONGO_URI", "REDIS_URL")),
    ),
    "sqlite settings": Case(
        16,
        {"site/settings.py": "DATABASES = {'default': {\n    'ENGINE': 'django.db.backends.sqlite3',\n}}\n"},
        facts={"config": frozenset({"DATABASE_URL"})},
    ),
    "sqlite without a database": Case(
        16, {"site/settings.py": "DATABASES = {'default': {\n    'ENGINE': 'django.db.backends.sqlite3',\n}}\n"}
    ),
    "sqlite dialect": Case(
        16,
        {"app.py": "import sqlite3\n"},
        "app[web.1]: psycopg.errors.UndefinedFunction: operator does not exist: character varying = integer\n",
    ),
    "pg_config": Case(
        17, {"requirements.txt": "psycopg2==2.9.9\n"}, facts={"transcript": tuple(c.PG_CONFIG.splitlines())}
    ),
    "development": Case(18, {"package.json": EXPRESS}, facts={"transcript": ("> build", "sh: 1: tsc: not found")}),
    "development of a folder": Case(
        18,
        {
            "package.json": '{"scripts": {"heroku-postbuild": "cd client && npm install && npm run build"}}',
            "client/package.json": '{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}',
        },
        facts={"transcript": ("> build", "sh: 1: vite: not found")},
    ),
    "development group": Case(
        18,
        {"Pipfile.lock": '{"default": {"flask": {}}, "develop": {"pyyaml": {}}}', "app.py": "import yaml\n"},
        c.crash(c.NO_MODULE, 3),
        gunicorn(),
    ),
    "swaps": Case(19, {}, c.R14, gunicorn()),
    "killed": Case(19, {}, c.R15.format(dyno="web.1"), gunicorn()),
    "worker": Case(
        20, facts=gunicorn(types={"web": "x", "worker": "celery -A app worker"}, quantities={"web": 1, "worker": 0})
    ),
    "several types": Case(20, facts=gunicorn(types={"web": "x", "worker": "y", "clock": "z"})),
    "own timeout": Case(
        21,
        {},
        c.WORKER_TIMEOUT + c.served('at=error code=H17 status=503 service=3056ms path="/hang"'),
        gunicorn(types={"web": "gunicorn --timeout 3 app:app"}),
    ),
    "worker timeout": Case(
        21, {}, c.WORKER_TIMEOUT + c.served('at=error code=H13 status=503 service=30012ms path="/slow"'), gunicorn()
    ),
    "keep-alive": Case(
        21,
        {"package.json": EXPRESS},
        c.served("at=error code=H13 status=503 service=3ms method=POST"),
        {"types": {"web": "node server.js"}},
    ),
    "origin": Case(22, {"site/settings.py": SETTINGS}, c.ORIGIN),
    "origin behind waitress": Case(
        22,
        {"site/settings.py": SETTINGS + PROXY},
        c.ORIGIN,
        {"types": {"web": "waitress-serve --port=$PORT site.wsgi:application"}},
    ),
    "403": Case(22, {"site/settings.py": SETTINGS}, c.served('status=403 protocol=https method=POST path="/login/"')),
    "memory store": Case(23, {}, c.MEMORY_STORE, gunicorn(quantities={"web": 2})),
    "local memory": Case(
        23,
        {
            "s.py": (
                "SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\nX = "
                "'django.core.cache.backends.locmem.LocMemCache'\n"
            )
        },
        facts=gunicorn(quantities={"web": 3}),
    ),
    "ignored": Case(
        24,
        {".gitignore": "data/\n", "data/model.pkl": "x", "app.py": ""},
        c.crash("FileNotFoundError: [Errno 2] No such file or directory: '/app/data/model.pkl'"),
        git=True,
    ),
    "ignored module": Case(
        24,
        {".gitignore": "local.py\n", "config/local.py": "X = 1\n", "config/__init__.py": "", "app.py": ""},
        c.crash("ImportError: cannot import name 'local' from 'config' (/app/config/__init__.py)", 3),
        git=True,
    ),
    "file of the release phase": Case(
        25,
        {"release.py": 'open("version.txt", "w").write("1")\n', "app.py": ""},
        "app[web.1]: FileNotFoundError: [Errno 2] No such file or directory: 'version.txt'\n",
        gunicorn(types={"web": "gunicorn app:app", "release": "python release.py"}),
    ),
    "release memory": Case(25, {}, c.R15.format(dyno="release.1234"), {"types": {"release": "python migrate.py"}}),
    "release writes": Case(25, facts={"types": {"release": "python manage.py collectstatic --noinput"}}),
    "two locks": Case(26, {"package-lock.json": "{}", "yarn.lock": "", "package.json": "{}"}),
    "refused locks": Case(
        26,
        {"package-lock.json": "{}", "yarn.lock": "", "package.json": "{}"},
        facts={"transcript": (" !     Error: Multiple lockfiles found.",)},
    ),
    "Pipfile alone": Case(
        26,
        {"Pipfile": "", "requirements.txt": ""},
        facts={"transcript": (" !     Error: No 'Pipfile.lock' found!",)},
    ),
    "npm ci": Case(
        26, {"package-lock.json": "{}", "package.json": "{}"}, facts={"transcript": tuple(c.NPM_CI.splitlines())}
    ),
    "large": Case(27, {"media/film.mp4": "x" * 2_000_000, "app.py": "x"}, facts={"slug_size": 400 * 1024 * 1024}),
    "locale": Case(
        28,
        {"app.py": 'import locale\nlocale.setlocale(locale.LC_ALL, "de_DE.UTF-8")\n'},
        c.crash("locale.Error: unsupported locale setting"),
    ),
    "local time": Case(
        28, {"app.py": "from datetime import datetime\nnow = datetime.now()\n"}, facts={"utc_offset": 120}
    ),
    "env file": Case(
        29,
        {"app.js": "require('env2')('.env');\n"},
        c.crash("/app/.env NOT FOUND! ERROR: Error: ENOENT: no such file or directory, open '/app/.env'"),
    ),
    "env file of node": Case(
        29, {}, c.crash("node: .env: not found", 9), {"types": {"web": "node --env-file=.env server.js"}}
    ),
    "env file in colours": Case(
        29,
        {"server.js": "require('env2')('.env');\n"},
        "app[web.1]: \x1b[46m\x1b[30m /app/.env \x1b[1m\x1b[43m NOT FOUND! \x1b[42m Please see: http://git.io/vG3UZ",
    ),
    "opens .env": Case(29, {"app.py": 'for line in open(".env"):\n    pass\n'}),
    "carriage return": Case(
        30,
        {"start*": "#!/bin/bash\r\necho\r\n", "Procfile": "web: ./start\n"},
        c.crash(c.CR, 127),
        {"types": {"web": "./start"}},
    ),
    "carriage return of an option": Case(
        30, {"start.sh": "#!/bin/bash\r\nset -e\r\n"}, "app[web.1]: start.sh: line 2: set: -\r\n: invalid option"
    ),
    "hook": Case(
        30,
        {"bin/post_compile": "#!/bin/bash\r\necho\r\n", "requirements.txt": ""},
        facts={"transcript": tuple(c.HOOK.splitlines())},
    ),
    "script that is not started": Case(
        30,
        {"start*": "#!/bin/bash\r\n"},
        c.crash("bash: line 1: ./start: cannot execute: required file not found", 127),
        {"types": {"web": "./start"}},
    ),
    "variable of cmd": Case(
        30,
        {},
        c.crash("Error: listen EACCES", command="node serve.js %PORT%"),
        {"types": {"web": "node serve.js %PORT%"}},
    ),
    "variable of PowerShell": Case(30, facts={"types": {"web": "serve $env:PORT"}}),
    "UTF-16": Case(
        30,
        {"requirements.txt": "flask\ng\0u\0n\0i\0c\0o\0r\0n\0"},
        facts={"transcript": tuple(c.UTF16.splitlines())},
    ),
    "crlf": Case(30, {"Procfile": "web: x\r\n"}, git=True),
    "not executable": Case(
        30,
        {"start": "#!/bin/bash\n", "Procfile": "web: ./start\n"},
        c.crash(c.DENIED, 126),
        {"types": {"web": "./start"}},
        git=True,
    ),
}
