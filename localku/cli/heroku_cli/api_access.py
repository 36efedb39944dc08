"""What a client of the API has to know: where it answers, the token, and which certificates to trust."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localku import whole_file
from localku.errors import Kind, LocalkuError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localku.context import Context

FOLDER = "heroku"


@dataclass(frozen=True)
class Access:
    """`folder` is for what Heroku's CLI keeps; `bundle` has the certificates of this machine and of localku."""

    url: str
    token: str
    folder: Path
    bundle: Path


def opened(context: Context, environ: Mapping[str, str], *, held: bool = False) -> Access:
    """Make sure that the server runs, and say how its API is reached. Raises LocalkuError where it has none.

    `held`: it stays for as long as this process, or the program it becomes.
    """
    from localku.api import api_token
    from localku.control import api_port, starting
    from localku.router.tls import trust

    server = starting.server(context)
    if held:
        server.hold()
    else:
        server.close()
    url = api_port.url(context.home)
    if url is None:
        raise LocalkuError("The server has no API.", "`localku server:logs` says why.", kind=Kind.UNAVAILABLE)
    trust.refresh(context)
    folder = context.home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return Access(url, api_token.token(context.home), folder, _bundle(context, folder, environ))


def _bundle(context: Context, folder: Path, environ: Mapping[str, str]) -> Path:
    """One file of all that the environment and this machine trust, and of localku's own authorities."""
    from localku.router.tls import certificates
    from localku.slugs import host_settings

    file, ours = folder / "certificates.pem", certificates.ca_file(context.home / "tls").read_bytes()
    theirs = {name: value for name, value in environ.items() if value != str(file)}
    content = (host_settings.certificates(theirs) or b"").rstrip() + b"\n" + ours
    whole_file.keep(file, content)
    return file
