"""Links that clients follow without a token: what they lead to stands in them, signed and for a limited time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from localku.api.json_values import Json
from localku.errors import Kind, LocalkuError


@dataclass(frozen=True)
class Links:
    """`key` is secret; links of before it was changed lead nowhere."""

    key: str

    def made(self, purpose: str, content: Mapping[str, Json], until: datetime) -> str:
        """One part of a path, of letters, digits, `-`, `_` and `.`."""
        text = json.dumps([purpose, int(until.timestamp()), content], separators=(",", ":"))
        body = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return f"{body}.{self._signature(body)}"

    def read(self, purpose: str, part: str, now: datetime) -> Mapping[str, Json]:
        """What a link says. Raises LocalkuError where it is none of ours, for something else, or too old."""
        body, _, signature = part.partition(".")
        if not hmac.compare_digest(signature.encode(errors="replace"), self._signature(body).encode()):
            raise _none()
        try:
            found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        except (ValueError, binascii.Error) as error:
            raise _none() from error
        its_purpose, until, content = found
        if its_purpose != purpose or now.timestamp() > until:
            raise _none()
        return dict(content)

    def _signature(self, body: str) -> str:
        return hmac.new(self.key.encode(), body.encode(errors="replace"), hashlib.sha256).hexdigest()


def _none() -> LocalkuError:
    return LocalkuError("This link leads nowhere, or no longer.", kind=Kind.NOT_FOUND)
