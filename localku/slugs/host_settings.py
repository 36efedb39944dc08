"""What the build may take over from this machine: certificates, proxies, registries. Never into the slug."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from localku.control.registries import REGISTRIES

CONTAINER_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Where Debian, Ubuntu and Heroku's images keep the CA bundle."""

CERTIFICATE_VARIABLES = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
    "NPM_CONFIG_CAFILE",
)
"""Each tool's own name for the bundle; all point at the one file in the container."""

PASSED = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    *REGISTRIES,
)

_NAMED_BUNDLES = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "CURL_CA_BUNDLE",
)
_SYSTEM_BUNDLES = (
    CONTAINER_BUNDLE,
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def certificates(environ: Mapping[str, str] = os.environ) -> bytes | None:
    """Return the CA bundle this machine trusts: the system store and every bundle a variable names."""
    files = [environ[name] for name in _NAMED_BUNDLES if environ.get(name)]
    files += [name for name in _SYSTEM_BUNDLES if Path(name).is_file()][:1]
    parts: list[bytes] = []
    for name in dict.fromkeys(str(Path(file).resolve()) for file in files):
        path = Path(name)
        if path.is_file() and os.access(path, os.R_OK):
            parts.append(path.read_bytes().rstrip() + b"\n")
    return b"".join(parts) or None


def variables(environ: Mapping[str, str], *, bundle: bool, offline: bool) -> dict[str, str]:
    """Environment of the build beyond Heroku's own: proxies, registries, where the certificates are."""
    passed = {name: environ[name] for name in PASSED if environ.get(name)}
    if bundle:
        passed.update(dict.fromkeys(CERTIFICATE_VARIABLES, CONTAINER_BUNDLE))
    if offline:
        passed["LOCALKU_OFFLINE"] = "1"
    return passed
