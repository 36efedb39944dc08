"""Keeps what is PUT to it in a file of the dyno and says whether it is there: `gunicorn upload:app`."""

import os
import pathlib
from collections.abc import Callable
from typing import Any

MEDIA = pathlib.Path("/app/media")


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    file = MEDIA / environ["PATH_INFO"].strip("/")
    if environ["REQUEST_METHOD"] == "PUT":
        MEDIA.mkdir(exist_ok=True)
        file.write_bytes(environ["wsgi.input"].read())
    there = file.is_file()
    start_response("200 OK" if there else "404 Not Found", [("X-Dyno", os.environ["DYNO"]), ("Content-Length", "0")])
    return [b""]
