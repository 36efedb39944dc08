"""What a dyno knows about itself, without the value of a single config var."""

import os
import platform
import pwd
from typing import Any

from flask import Request

# Set by the platform, never secret. Everything else is listed by name only.
HARMLESS = ("DYNO", "PORT", "HOME", "PWD", "WEB_CONCURRENCY", "DYNO_RAM", "PYTHONHOME", "LANG", "TZ")
ROUTER = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Request-Id", "X-Request-Start", "Via")


def diagnosis(request: Request) -> dict[str, Any]:
    return {
        "environment": {name: os.environ[name] for name in HARMLESS if name in os.environ},
        "config_vars": sorted(name for name in os.environ if name not in HARMLESS),
        "router": {name: request.headers[name] for name in ROUTER if name in request.headers},
        "host": request.host,
        "python": platform.python_version(),
        "user": _user(),
        "hostname": platform.node(),
    }


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
