"""Print the address of the app in this folder once it answers `GET /` with status 200; exit status 1 when it does not.

`python first_answer.py LOCALKU`. The request goes to 127.0.0.1 with the app's name as its Host: a resolver
need not know `*.localhost`, browsers and curl do.
"""

# ruff: noqa: INP001 - a script, no package
from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 30.0


def main(localku: str) -> int:
    listed = subprocess.run([localku, "apps", "--json"], stdout=subprocess.PIPE, text=True, check=True)
    here = Path.cwd().resolve()
    app = next((one for one in json.loads(listed.stdout) if Path(one["root"] or "/").resolve() == here), None)
    if app is None:
        return fail(f"There is no app in {here}.", "`localku up` makes one.")
    host = f"{app['name']}.localhost:{app['port']}"
    deadline = time.monotonic() + PATIENCE
    answer = status(app["port"], host)
    while answer != http.client.OK and time.monotonic() < deadline:
        time.sleep(0.5)
        answer = status(app["port"], host)
    if answer != http.client.OK:
        what = f"answers with status {answer}" if answer else "does not answer"
        return fail(f"http://{host} {what}.", f"Why: localku logs -a {app['name']}")
    print(f"http://{host}")
    return 0


def status(port: int, host: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def fail(*lines: str) -> int:
    for line in lines:
        print(f" !     {line}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
