"""Makes the image of a database server: from Debian packages, or on the official one where a registry answers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from localku import paths
from localku.debian import debian_stack as debian
from localku.debian import recipe
from localku.debian.apt import Apt
from localku.debian.layer import add_layer
from localku.debian.sources import sources
from localku.engine import labels, registry
from localku.errors import LocalkuError
from localku.services.postgres.postgres_versions import DEBIAN, OFFICIAL, POSTGIS, REPOSITORY, found_image
from localku.telling import Progress

if TYPE_CHECKING:
    from localku.engine.client import Engine


_FILES = (
    "entrypoint.sh", "make-server.sh", "extensions", "packages", "postgis-extensions", "absent.sql",
    "topology-grants.sql",
)  # fmt: skip
_PACKAGES = {DEBIAN: ("packages",), POSTGIS: ("packages", "postgis.packages")}
"""The lists of what is installed, of the versions that are made of Debian's packages."""


def ensure(engine: Engine, progress: Progress, version: str = "") -> str:
    """The tag of an image that is there, made first where none is, or where its recipe has changed.

    Of a named version that is not Debian's, the image is made on the official one. Where an image of a former recipe
    cannot be made anew, as without a network, it stays in use: nobody's database is down for that.
    """
    found = found_image(engine, version)
    if found is not None and _current(engine, found):
        return found
    try:
        return _make(engine, progress, version, found)
    except LocalkuError as error:
        if found is None or engine.images.find(found) is None:
            raise
        progress(f"PostgreSQL stays as it is, for it could not be made anew: {error.message}", 1.0)
        return found


def _make(engine: Engine, progress: Progress, version: str, found: str | None) -> str:
    if version:
        make = _from_debian if version in _PACKAGES else _on_official
        return make(engine, progress, version)
    if found == f"{REPOSITORY}:{OFFICIAL}" or (found is None and registry.answers()):
        return _on_official(engine, progress)
    return _from_debian(engine, progress)


def _recipe(version: str) -> str:
    here = recipe.folder("postgres")
    lists = _PACKAGES.get(version, ())
    base = debian.run_recipe() if lists else version
    return recipe.fingerprint([here / name for name in dict.fromkeys((*_FILES, *lists))], base)


def _current(engine: Engine, tag: str) -> bool:
    image = engine.images.find(tag)
    return image is not None and image.labels.get(labels.RECIPE) == _recipe(tag.rpartition(":")[2])


def _from_debian(engine: Engine, progress: Progress, version: str = DEBIAN) -> str:
    base = debian.ensure_run(engine, progress)
    with tempfile.TemporaryDirectory(dir=paths.cache(), prefix="postgres-") as scratch:
        progress("Downloading PostgreSQL", None)
        apt = Apt(Path(scratch) / "apt", sources())
        apt.update()
        files = Path(scratch) / "files"
        shutil.copytree(recipe.folder("postgres"), files)
        shutil.copy(recipe.folder(debian.NAME) / "add-packages.sh", files)
        wanted = [word for name in _PACKAGES[version] for word in recipe.words(files / name)]
        debian.stage_packages(apt, wanted, files / "debs")
        return _add(engine, base, files, version, progress)


def _on_official(engine: Engine, progress: Progress, version: str = OFFICIAL) -> str:
    if engine.images.find(f"postgres:{version}") is None:
        engine.images.pull("postgres", version, progress)
    return _add(engine, f"postgres:{version}", recipe.folder("postgres"), version, progress)


def _add(engine: Engine, base: str, files: Path, version: str, progress: Progress) -> str:
    progress("Installing PostgreSQL", None)

    def config(_: list[str]) -> Mapping[str, object]:
        return {
            "Labels": {labels.RECIPE: _recipe(version), labels.ROLE: labels.ROLE_STACK},
            "User": "root",
            "WorkingDir": "/",
            "Entrypoint": ["/usr/local/bin/localku-postgres"],
            "Cmd": [],
            # SIGINT is PostgreSQL's fast shutdown; at SIGTERM it would wait for its clients to go.
            "StopSignal": "SIGINT",
        }

    add_layer(
        engine,
        base,
        files,
        "make-server.sh",
        repository=REPOSITORY,
        tag=version,
        config=config,
        each_line=lambda _: None,
    )
    progress("PostgreSQL is ready", 1.0)
    return f"{REPOSITORY}:{version}"
