"""Third-party buildpacks from a git URL or a tarball, kept so that they work offline next time."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from localku import paths
from localku.errors import CLIENT, LocalkuError
from localku.project.git import git_process
from localku.slugs.untar import extract, single_root

FETCH_SECONDS = 90
"""Heroku's limit for fetching a buildpack (its build system's BUILDPACK_FETCH_TIMEOUT)."""


_UNREACHABLE = (OSError, ValueError, EOFError, tarfile.TarError)
"""All that opening a user's URL and unpacking what is there can raise."""


def fetch_git(url: str, *, offline: bool) -> Path:
    """Clone `URL` or `URL#ref`, or bring the kept clone up to date; without network the kept one serves."""
    address, _, ref = url.partition("#")
    kept = _kept(url)
    if offline:
        return _needed(kept, url)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        target = Path(scratch) / "clone"
        failure = _clone(address, ref, target)
        if failure is None:
            return _replace(kept, target)
    if kept.is_dir():
        return kept
    raise LocalkuError(
        f"error fetching custom buildpack {url}", f"git says: {failure}\nCheck the address, and that git can reach it."
    )


def fetch_tarball(url: str, *, offline: bool) -> Path:
    """Download and unpack a .tgz; without network the kept one serves."""
    kept = _kept(url)
    if offline and not url.startswith("file:"):
        return _needed(kept, url)
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        target = Path(scratch) / "unpacked"
        try:
            _download(url, target)
        except _UNREACHABLE as error:
            if kept.is_dir():
                return kept
            raise LocalkuError(
                f"error fetching custom buildpack {url}",
                f"{error}\nCheck the address and the network. "
                "`heroku/nodejs` and `heroku/python` are part of localku and need neither.",
            ) from error
        return _replace(kept, single_root(target))


def _clone(address: str, ref: str, target: Path) -> str | None:
    """Clone, check out and fill submodules, with the user's configuration and away from any repository of theirs."""
    if ref.startswith("-"):
        return f"{ref} is not a ref"
    failure = _git("clone", "--quiet", "--template=", "--", address, str(target), cwd=target.parent)
    if failure is None and ref:
        failure = _git("checkout", "--quiet", ref, cwd=target)
    if failure is None and (target / ".gitmodules").is_file():
        failure = _git("submodule", "--quiet", "update", "--init", "--recursive", cwd=target)
    return failure


def _git(*arguments: str, cwd: Path) -> str | None:
    environment, program = git_process.users_environment(), git_process.program()
    if program is None:
        return "git is not installed"
    command = [program, "-c", "protocol.ext.allow=never", *arguments]
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, env=environment, timeout=FETCH_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {FETCH_SECONDS} seconds"
    return None if done.returncode == 0 else done.stderr.strip() or f"exit status {done.returncode}"


def _download(url: str, target: Path) -> None:
    import http.client  # not at the start, TLS comes with it: few builds open a URL
    import urllib.request

    target.mkdir()
    try:
        with (
            urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer,  # noqa: S310 (http, https and file are meant)
            tarfile.open(fileobj=answer, mode="r|gz") as archive,
        ):
            extract(archive, target)
    except http.client.HTTPException as error:
        raise OSError(str(error) or type(error).__name__) from error


def _kept(url: str) -> Path:
    folder = paths.cache() / "buildpacks"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / hashlib.sha256(url.encode()).hexdigest()[:20]


def _needed(kept: Path, url: str) -> Path:
    if not kept.is_dir():
        raise LocalkuError(
            f"The buildpack {url} is not in the cache.", f"Run one `{CLIENT} build` with network access first."
        )
    return kept


def _replace(kept: Path, fresh: Path) -> Path:
    if kept.exists():
        shutil.rmtree(kept)
    fresh.rename(kept)
    return kept
