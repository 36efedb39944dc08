"""Names and passwords of a database, in the shapes Heroku gives them."""

from __future__ import annotations

import secrets
import string
from dataclasses import replace
from datetime import datetime

from localku.records import Addon, Attachment

_LETTERS = string.ascii_lowercase + string.digits
_SHAPES = ("angular", "cubed", "curved", "globular", "rigid", "round", "shallow", "solid", "spherical", "tapered")


def new(app_id: int, plan: str, config_var: str, now: datetime) -> Addon:
    """Make up an add-on: role `u…`, database `d…` (14 characters), password `p` and 64 hex digits."""
    return Addon(
        id=0,
        app_id=app_id,
        name=f"postgresql-{secrets.choice(_SHAPES)}-{secrets.randbelow(90000) + 10000}",
        plan=plan,
        attachments=(Attachment(0, "", 0, app_id, config_var.removesuffix("_URL"), now),),
        role=f"u{_random(13)}",
        password=password(),
        database=f"d{_random(13)}",
        host="",
        port=0,
        created_at=now,
    )


def password() -> str:
    return f"p{secrets.token_hex(32)}"


def at(addon: Addon, host: str, port: int) -> Addon:
    return replace(addon, host=host, port=port)


def url(addon: Addon) -> str:
    """`postgres://USER:PASSWORD@HOST:PORT/DATABASE`: Heroku's scheme, not `postgresql`."""
    return f"postgres://{addon.role}:{addon.password}@{addon.host}:{addon.port}/{addon.database}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
