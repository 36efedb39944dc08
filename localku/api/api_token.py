"""The token that lets a client in: made once for a state folder, and taken in each form that clients send it in."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from localku.errors import Kind, LocalkuError, kind_of

NAME = "api-token"
BYTES = 32


def token(home: Path) -> str:
    """Return the state folder's token, a new one at first; letters and digits, in a file of mode 0600.

    Raises LocalkuError where it cannot be kept.
    """
    file = home / NAME
    try:
        with suppress(FileNotFoundError):
            return _checked(file)
        return _made(file)
    except OSError as error:
        raise LocalkuError(
            f"The API's token in {file} cannot be used: {error.strerror}.", kind=kind_of(error)
        ) from error


def admits(header: str | None, wanted: str) -> bool:
    """Whether an Authorization header carries the token.

    As clients of Heroku's API send it: `Bearer TOKEN` (Heroku's CLI), and `Basic` with the token as the password of
    any user (`:TOKEN` heroku3, `heroku:TOKEN` git, `_:TOKEN` docker, `EMAIL:TOKEN` Terraform).
    """
    scheme, _, rest = (header or "").partition(" ")
    given = {"bearer": rest.strip, "basic": lambda: _password(rest.strip())}.get(scheme.lower(), str)()
    return hmac.compare_digest(given.encode(errors="replace"), wanted.encode())


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _checked(file: Path) -> str:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor) as stream:
        if os.fstat(stream.fileno()).st_mode & 0o077:
            raise LocalkuError(
                f"Others can read {file}, the API's token.",
                f"Remove it: `rm {file}`. The next command makes another.",
                kind=Kind.FORBIDDEN,
            )
        found = stream.read().strip()
    if not found:
        raise FileNotFoundError(file)  # whoever made it was killed before it was written
    return found


def _made(file: Path) -> str:
    """Make one; where two do so at once, that of the first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{NAME}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f"{secrets.token_hex(BYTES)}\n")
        stream.flush()
        os.fsync(stream.fileno())
    try:
        if file.exists() and file.stat().st_size == 0:
            file.unlink()
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
    return _checked(file)
