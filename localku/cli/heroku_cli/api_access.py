"""What a client of the API has to know: where it answers, the token, and which certificates to trust."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localku import whole_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localku.context import Context

FOLDER = "heroku"


@dataclass(frozen=True)
class Access:
    """`folder` is for what Heroku's CLI keeps; `bundle` has the certificates of this machine and of localku.

    `authority`: those of localku alone, for what may go to nobody else.
    """

    url: str
    token: str
    folder: Path
    bundle: Path
    authority: Path


def opened(context: Context, environ: Mapping[str, str], *, held: bool = False) -> Access:
    """Make sure that the server runs, and say how its API is reached.

    Raises LocalkuError where it has none: the port may be another program's, which then learns nothing.

    `held`: it stays for as long as this process, or the program it becomes.
    """
    from localku.api import api_token
    from localku.router.tls import certificates, trust

    url = reached(context, held=held)
    trust.refresh(context)
    folder = context.home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    authority = certificates.ca_file(context.home / "tls")
    return Access(url, api_token.token(context.home), folder, _bundle(authority, folder, environ), authority)


def reached(context: Context, *, held: bool = False) -> str:
    """Make sure that the server runs, and return where its API is; see `opened`."""
    from localku.control import starting
    from localku.platform import api_address

    server = starting.server(context)
    try:
        return api_address.of(context, server)
    finally:
        if held:
            server.hold()
        else:
            server.close()


def _bundle(authority: Path, folder: Path, environ: Mapping[str, str]) -> Path:
    """One file of all that the environment and this machine trust, and of localku's own authorities."""
    from localku.slugs import host_settings

    file, ours = folder / "certificates.pem", authority.read_bytes()
    theirs = {name: value for name, value in environ.items() if value != str(file)}
    content = (host_settings.certificates(theirs) or b"").rstrip() + b"\n" + ours
    whole_file.keep(file, content)
    return file
