"""Which buildpacks build an app: who decides, and where each one is found on this machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from localku.errors import CLIENT, Kind, LocalkuError
from localku.project import addresses
from localku.slugs import own_buildpacks
from localku.slugs.own_buildpacks import OWN
from localku.slugs.values import Buildpack, Chain, Plan

REGISTRY = "https://buildpack-registry.s3.amazonaws.com/buildpacks/{name}.tgz"
"""Where Heroku keeps the buildpacks of its shorthand names (Dev Center, "Buildpack Registry")."""

BY_USER = f"{CLIENT} buildpacks"
"""Who decides before all others: paths that the user sets may be anywhere, those of the app's files not."""

Listed = Callable[[], tuple[str, ...]]


def plan(sources: tuple[tuple[str, Listed], ...]) -> Plan:
    """Take the first of `sources` (who, what it lists) that lists anything; else detection over our own."""
    for who, listed in sources:
        references = listed()
        if references:
            return Plan(references, auto=False, decided_by=who)
    return Plan(tuple(OWN), auto=True, decided_by="detection")


def key(wanted: Plan) -> str:
    """Text that changes when the chain, or one of our own buildpacks, does; needs no network."""
    parts = [f"{name}@{own(name).fingerprint if name in OWN else ''}" for name in wanted.references]
    return f"{'auto' if wanted.auto else 'set'}:{','.join(parts)}"


def resolve(wanted: Plan, root: Path, *, offline: bool) -> Chain:
    """Find or fetch every buildpack of the plan."""
    for reference in wanted.references if wanted.decided_by != BY_USER else ():
        _refuse_outside(reference, root, wanted.decided_by)
    found = tuple(locate(reference, root, offline=offline) for reference in wanted.references)
    return Chain(found, auto=wanted.auto)


def locate(reference: str, root: Path, *, offline: bool) -> Buildpack:
    """Find or fetch one buildpack: our own, a path, a tarball, a git URL, or a name of Heroku's registry."""
    if reference in OWN:
        return own(reference)
    check(reference)
    if _is_tarball(reference):
        return _folder(reference, _tarball(reference, offline=offline))
    local = None if _is_remote(reference) else _local(reference, root)
    if local is not None:
        return _folder(reference, local)
    if _is_url(reference):
        return _from_git(reference, offline=offline)
    if reference.count("/") == 1:
        return _folder(reference, _tarball(REGISTRY.format(name=reference), offline=offline))
    raise LocalkuError(
        f"'{reference}' is not a buildpack that localku can find.",
        "A buildpack is a name such as heroku/python, a git URL, a .tgz URL, or a path that exists.",
        kind=Kind.INVALID,
        resource="buildpack-installation",
    )


def _tarball(url: str, *, offline: bool) -> Path:
    from localku.slugs.fetch import fetch_tarball  # few chains have one, and it takes long to import

    return fetch_tarball(url, offline=offline)


def _from_git(reference: str, *, offline: bool) -> Buildpack:
    try:
        from localku.slugs.fetch import fetch_git

        return _folder(reference, fetch_git(reference, offline=offline))
    except LocalkuError:
        ours = own_buildpacks.instead_of(reference)
        if ours is None:
            raise
        return replace(own(ours), reference=reference, instead=ours)


def check(reference: str) -> None:
    """Raise LocalkuError for an address that nothing can be fetched from."""
    if reference.startswith(("https://", "http://")) and not addresses.possible(reference):
        raise LocalkuError(
            f"'{reference}' is not a URL.",
            "Write it as https://HOST/PATH.git or https://HOST/PATH.tgz.",
            kind=Kind.INVALID,
            resource="buildpack-installation",
        )


def own(reference: str) -> Buildpack:
    return _folder(reference, own_buildpacks.folder(reference))


def _refuse_outside(reference: str, root: Path, listed_in: str) -> None:
    """Raise LocalkuError where the app's own files name a path on this machine that is not the app's."""
    plain = reference.removeprefix("file://").partition("#")[0]
    candidate = root / _expanded(plain)
    if reference in OWN or _is_url(plain):
        return
    if not os.path.lexists(candidate) and not reference.startswith("file:"):  # git reads %2e where we do not
        return
    if not Path(os.path.realpath(candidate)).is_relative_to(os.path.realpath(root)):
        raise LocalkuError(
            f"{reference} in {listed_in} leads out of the app's folder.",
            "The app's files may only name buildpacks in its folder. "
            f"If you trust this one: {CLIENT} buildpacks:set {reference}",
            kind=Kind.INVALID,
            resource="buildpack-installation",
        )


def _local(reference: str, root: Path) -> Path | None:
    plain = reference.removeprefix("file://")
    candidate = root / _expanded(plain)
    named_as_path = plain.startswith((".", "/", "~")) or reference.startswith("file://")
    if os.path.isfile(candidate) and plain.endswith((".tgz", ".tar.gz")):  # noqa: PTH113 (Path's raises)
        return _tarball(candidate.resolve().as_uri(), offline=False)
    if os.path.isdir(candidate) and (named_as_path or (candidate / "bin").is_dir()):  # noqa: PTH112
        return candidate
    if named_as_path:
        raise LocalkuError(
            f"There is no buildpack at {candidate}.",
            "The path is relative to the app's folder.",
            kind=Kind.NOT_FOUND,
            resource="buildpack-installation",
        )
    return None


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:  # there is no such user
        return Path(path)


def _is_remote(reference: str) -> bool:
    """Whether only git can get it: a URL, but not the `file://` of a folder that is a buildpack as it stands."""
    if reference.startswith("file://"):
        plain, _, ref = reference.removeprefix("file://").partition("#")
        return bool(ref) or plain.endswith(".git") or os.path.isfile(Path(plain, "HEAD"))  # noqa: PTH113 (a bare repository)
    return _is_url(reference)


def _is_tarball(reference: str) -> bool:
    return reference.startswith(("https://", "http://")) and reference.partition("?")[0].endswith((".tgz", ".tar.gz"))


def _is_url(reference: str) -> bool:
    return "://" in reference or reference.startswith("git@")


def _folder(reference: str, folder: Path) -> Buildpack:
    if not (folder / "bin" / "compile").is_file():
        raise LocalkuError(
            f"{reference} is not a classic buildpack: it has no bin/compile.",
            "Cloud Native Buildpacks (with a buildpack.toml only) do not work on Heroku's Cedar stacks either.",
            kind=Kind.INVALID,
            resource="buildpack-installation",
        )
    shared = own_buildpacks.shared(folder)
    return Buildpack(reference, folder, _fingerprint(folder, *shared), shared, own_buildpacks.is_own(folder))


def _fingerprint(*folders: Path) -> str:
    digest = hashlib.blake2b(digest_size=8)
    found = [(top, file) for top in folders for file in sorted(top.rglob("*"))]
    for top, file in found:
        parts = file.relative_to(top).parts
        linked = file.is_symlink()
        if ".git" in parts or "__pycache__" in parts or not (linked or file.is_file()):
            continue
        digest.update(os.fsencode("/".join(parts)) + b"\0")
        digest.update(os.fsencode(file.readlink()) if linked else file.read_bytes())
    return digest.hexdigest()
