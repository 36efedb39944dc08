"""Output as programs really print it, from runs here and from the issues the reference ranks causes by."""

from __future__ import annotations

CRASH = """
heroku[web.1]: Starting process with command `{command}`
{output}
heroku[web.1]: Process exited with status {status}
heroku[web.1]: State changed from starting to crashed
"""


def crash(output: str, status: int = 1, command: str = "gunicorn app:app", dyno: str = "web.1") -> str:
    """The log of a dyno that printed this and ended."""
    printed = "\n".join(f"app[{dyno}]: {line}" for line in output.strip("\n").splitlines())
    return CRASH.format(command=command, output=printed, status=status).replace("web.1", dyno)


def served(*lines: str) -> str:
    """Router lines; each argument replaces fields of a plain one, such as `status=400 path="/x"`."""
    return "\n".join(f"heroku[router]: {_router(line)}" for line in lines)


def _router(changes: str) -> str:
    fields = {
        "at": "info",
        "method": "GET",
        "path": '"/"',
        "host": "one.localhost:5000",
        "request_id": "1d3f1d3e-0a57-4a3c-93a1-1f2f8e6f9e11",
        "fwd": '"127.0.0.1"',
        "dyno": "web.1",
        "connect": "0ms",
        "service": "12ms",
        "status": "200",
        "bytes": "512",
        "protocol": "http",
    }
    head = ""
    for change in changes.split():
        name, _, value = change.partition("=")
        if name in {"code", "desc", "sock"}:
            head += f" {change}"
        else:
            fields[name] = value
    first = f"at={fields.pop('at')}"
    return " ".join([first + head, *(f"{name}={value}" for name, value in fields.items())])


GUNICORN_NOT_FOUND = "bash: line 1: gunicorn: command not found"

NO_MODULE = """\
[2024-06-05 11:12:36 +0000] [7] [INFO] Starting gunicorn 22.0.0
[2024-06-05 11:12:36 +0000] [9] [ERROR] Exception in worker process
Traceback (most recent call last):
  File "/app/.heroku/python/lib/python3.12/site-packages/gunicorn/arbiter.py", line 609, in spawn_worker
    worker.init_process()
  File "/app/app.py", line 2, in <module>
    import yaml
ModuleNotFoundError: No module named 'yaml'
[2024-06-05 11:12:36 +0000] [7] [ERROR] Worker (pid:9) exited with code 3
"""

NODE_NO_MODULE = """\
node:internal/modules/cjs/loader:1228
  throw err;
  ^

Error: Cannot find module 'q'
Require stack:
- /app/server.js
    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/app/server.js' ]
}
"""

NO_ATTRIBUTE = "Failed to find attribute 'app' in 'main'."

KEY_ERROR = """\
Traceback (most recent call last):
  File "/app/app.py", line 4, in <module>
    url = os.environ["MONGO_URI"]
          ~~~~~~~~~~^^^^^^^^^^^^^
  File "<frozen os>", line 714, in __getitem__
KeyError: 'MONGO_URI'
"""

MONGOOSE = """\
MongooseError: You must specify a URI or set the MONGO_URI
    at connect (/app/db.js:4:9)
"""

UNDEFINED = """\
MongooseError: The `uri` parameter to `openUri()` must be a string, got "undefined".
    at NativeConnection.openUri (/app/node_modules/mongoose/lib/connection.js:1075:34)
    at Mongoose.connect (/app/node_modules/mongoose/lib/mongoose.js:450:15)
    at Object.<anonymous> (/app/server.js:3:3)
    at Module._compile (node:internal/modules/cjs/loader:1929:14)
"""

DISALLOWED = """\
app[web.1]: Invalid HTTP_HOST header: 'one.localhost:5000'. You may need to add 'one.localhost' to ALLOWED_HOSTS.
app[web.1]: Bad Request: /
"""

SQLALCHEMY = """\
  File "/app/.heroku/python/lib/python3.12/site-packages/sqlalchemy/util/langhelpers.py", line 453, in load
    raise exc.NoSuchModuleError(
sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres
"""

NO_RELATION = """\
app[web.1]: django.db.utils.ProgrammingError: relation "books_book" does not exist
app[web.1]: LINE 1: SELECT COUNT(*) AS "__count" FROM "books_book"
"""

NO_PG_HBA = 'error: no pg_hba.conf entry for host "172.18.0.4", user "u1", database "d1", no encryption'

NO_STATIC_ROOT = (
    "django.core.exceptions.ImproperlyConfigured: You're using the staticfiles app "
    "without having set the STATIC_ROOT setting to a filesystem path."
)
COLLECTSTATIC = f"""\
-----> $ python manage.py collectstatic --noinput
       Traceback (most recent call last):
         File "/tmp/build_1/manage.py", line 22, in <module>
           main()
       {NO_STATIC_ROOT}

 !     Error: Unable to generate Django static files.
 !
 !     'python manage.py collectstatic --noinput' failed, and with it this
"""

PYTHON_EOL = """\
 !     Error: The requested Python version has reached end-of-life.
 !
 !     Python 3.8 no longer gets security fixes from its makers, and
 !     neither Heroku nor this buildpack supports it:
 !
 !     This machine can install 3.11.9, 3.12.4 and 3.13.5.
"""

NO_SUCH_PYTHON = """\
 !     Error: The requested Python version isn't available.
 !
 !     Your app asks for Python 3.13.99 (.python-version), which can't be
 !     had for the 'debian-14' stack on this machine.
 !
 !     Python versions available here (debian-14):
 !     3.14.6, 3.15.0
"""

NOT_DOWNLOADED = """\
       curl: (6) Could not resolve host: python.example
 !     Error: Unable to download/install Python.
 !
 !     Fetching Python 3.13.5 failed, see above. It was to come from:
 !     https://python.example/python-3.13.5-ubuntu-24.04-amd64.tar.zst
"""

HOOK = """\
-----> Running bin/post_compile hook
       bin/post_compile can't be started (No such file or directory). Its first line must name an interpreter
 !     Error: Failed to run the bin/post_compile script.
"""

CONDA = """\
       Processing /opt/conda/conda-bld/certifi_1655968806487/work/certifi (from -r requirements.txt (line 2))
       ERROR: Could not install packages due to an OSError: [Errno 2] No such file or directory: \
'/opt/conda/conda-bld/certifi_1655968806487/work/certifi'
"""

UTF16 = """\
       ERROR: Invalid requirement: '\u7567\u6e75\u6369\u726f\u6e0a'
 !     Error: Unable to install dependencies using pip.
"""

UNDETECTED = " !     No default language could be detected for this app.\n"

NO_PYTHON_FILES = """\
 !     Error: Couldn't find any supported Python package manager files.
 !
 !     An app without dependencies needs an empty 'requirements.txt'.
"""

PG_CONFIG = """\
       Collecting psycopg2==2.9.9
         Error: pg_config executable not found.

         pg_config is required to build psycopg2 from source.
"""

OUT_OF_STEP = (
    "`npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json "
    "are in sync."
)
NPM_CI = f"""\
       npm error code EUSAGE
       npm error {OUT_OF_STEP}
"""

R14 = """
heroku[web.1]: Process running mem=646M(126.2%)
heroku[web.1]: Error R14 (Memory quota exceeded)
"""

R15 = """
heroku[{dyno}]: Process running mem=1038M(202.8%)
heroku[{dyno}]: Error R15 (Memory quota vastly exceeded)
heroku[{dyno}]: Stopping process with SIGKILL
"""

WORKER_TIMEOUT = """\
app[web.1]: [2024-06-05 11:13:36 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:9)
"""

ORIGIN = """\
app[web.1]: Forbidden (Origin checking failed - https://one.localhost:5000 does not match any trusted origins.): /login/
"""

KILLED = """
app[web.1]: [2024-06-05 11:13:36 +0000] [7] [ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?
"""

NO_STATIC = " !     Error: Unable to generate Django static files."

MEMORY_STORE = """\
app[web.1]: Warning: connect.session() MemoryStore is not
app[web.1]: designed for a production environment, as it will leak
"""

CR = "./start: line 2: $'\\r': command not found"

DENIED = "bash: line 1: ./start: Permission denied"
