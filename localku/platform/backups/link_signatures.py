"""The signed part of a backup's link, and what it leads to."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from localku.context import Context
from localku.errors import Kind, LocalkuError
from localku.platform.backups import backup_files
from localku.transfer_records import Transfer

HOUR = 3600.0
"""Platform seconds that a link is good for (Dev Center, "Heroku PGBackups")."""

KEY_BYTES = 32

_MOST = timedelta(seconds=2 * HOUR)
"""A link with more than that before it was made while this machine's clock was ahead."""

_PATH = re.compile(r"/backups/([0-9a-f-]{36})/[abcr]\d+\.dump", re.ASCII)


def path(context: Context, transfer: Transfer, until: datetime) -> str:
    """The path and query of its link, which leads nowhere after `until`."""
    place = f"/backups/{transfer.id}/{transfer.name}.dump"
    expires = str(int(until.timestamp()))
    return f"{place}?{urlencode({'expires': expires, 'signature': _signature(context.home, place, expires)})}"


def is_good(until: datetime, now: datetime) -> bool:
    """Whether a link leads somewhere still, whatever the clock has done since it was made."""
    return timedelta() <= until - now <= _MOST


def followed(context: Context, target: str) -> tuple[Transfer, Path]:
    """Return the backup that the path and query of a link lead to, and its file. Raises LocalkuError where to none."""
    parts = urlsplit(target)
    asked = parse_qs(parts.query)
    expires, signature = asked.get("expires", [""])[0], asked.get("signature", [""])[0]
    match = _PATH.fullmatch(parts.path)
    if match is None:
        raise LocalkuError("There is nothing here.", kind=Kind.NOT_FOUND)
    right = _signature(context.home, parts.path, expires)
    if not hmac.compare_digest(right.encode(), signature.encode(errors="replace")):
        raise LocalkuError("The signature is not the link's.", kind=Kind.FORBIDDEN)
    if not is_good(datetime.fromtimestamp(int(expires), UTC), context.clock.now()):
        raise LocalkuError("The link has expired.", kind=Kind.FORBIDDEN)
    one = context.store.transfers.get(match[1])
    app = context.store.apps.with_id(one.app_id) if one else None
    if one is None or app is None or not one.is_good_backup or not backup_files.is_whole(context, app, one):
        raise LocalkuError("The backup is gone.", kind=Kind.NOT_FOUND)
    return one, backup_files.file(context, app, one)


def _signature(home: Path, place: str, expires: str) -> str:
    return hmac.new(_key(home), f"{place}\n{expires}".encode(errors="replace"), hashlib.sha256).hexdigest()


def _key(home: Path) -> bytes:
    """The state folder's own, made once: whole, for two may make it at the same time."""
    file = home / "links.key"
    if not file.exists():
        fresh = file.with_name(f"links.key.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(secrets.token_bytes(KEY_BYTES))
        try:
            file.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_bytes()
