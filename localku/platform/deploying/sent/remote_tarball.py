"""A source that is fetched from where a client says it is."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from localku.errors import Invalid, LocalkuError
from localku.project import addresses
from localku.project.sources import source_size

SECONDS = 90.0
"""Real seconds without a byte from the other side after which it is given up (own)."""

PIECE = 2**20
_CHECKSUM = re.compile(r"SHA256:[0-9a-f]{64}\Z", re.IGNORECASE)


def check_url(url: str) -> None:
    """Raises LocalkuError for what cannot be fetched from: a file of this machine, above all."""
    if not addresses.possible(url) or urlsplit(url).scheme.lower() not in {"http", "https"}:
        raise Invalid("The source's url must be an http or https URL.", resource="build")


def check_checksum(checksum: str) -> None:
    if not _CHECKSUM.match(checksum):
        raise Invalid("A checksum is written SHA256: and 64 hexadecimal digits.", resource="build")


def fetch(url: str, target: Path) -> None:
    """Save what is there. Raises LocalkuError where nobody can be reached, or for too large a source."""
    import http.client
    import urllib.request

    check_url(url)
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer, target.open("xb") as opened:  # noqa: S310
            left = source_size.LIMIT
            while piece := answer.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise Invalid(f"The source has more than {source_size.megabytes(source_size.LIMIT)}.")
                opened.write(piece)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise LocalkuError(
            f"The source cannot be fetched from {urlsplit(url).hostname}: {error}.",
            "Check source_blob.url, and that this machine reaches it.",
            resource="build",
        ) from error


def check(file: Path, checksum: str) -> None:
    """Raises LocalkuError where the file is not the one that was meant."""
    with file.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if checksum.partition(":")[2].lower() != found:
        raise Invalid(
            "The source is not what its checksum says.", f"What came has the checksum SHA256:{found}.", resource="build"
        )
