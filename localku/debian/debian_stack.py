"""The stack debian-14: a run image by mmdebstrap, a build image with compilers and whole Pythons on top of it."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from localku import paths
from localku.debian import recipe
from localku.debian.apt import Apt
from localku.debian.bootstrap import bootstrap
from localku.debian.layer import add_layer
from localku.debian.sources import Sources, sources
from localku.engine import labels
from localku.engine.client import Engine
from localku.telling import Progress

NAME = "debian-14"
REPOSITORY = "localku/stack"
RUN = NAME
BUILD = f"{NAME}-build"
PYTHONS = labels.PREFIX + "pythons"
"""Label of the build image: full versions of the prefixes under /opt/localku/python, separated by commas."""
USER = "heroku"
RUN_FILES = ("run.packages", "begin-run.sh", "finish-run.sh", "dpkg.cfg")
_PYTHON_PACKAGES = (
    "python{v}", "python{v}-minimal", "python{v}-venv", "python{v}-dev", "python{v}-gdbm", "libpython{v}",
    "libpython{v}-minimal", "libpython{v}-stdlib", "libpython{v}-dev", "python3-pip-whl",
)  # fmt: skip


def run_recipe() -> str:
    here = recipe.folder(NAME)
    return recipe.fingerprint([here / name for name in RUN_FILES])


def build_recipe() -> str:
    here = recipe.folder(NAME)
    files = [here / name for name in ("build.packages", "pythons", "add-packages.sh", "make-build.sh")]
    return recipe.fingerprint([*files, *sorted((here / "python").glob("*.*"))], run_recipe())


def current(engine: Engine, tag: str, wanted: str) -> bool:
    """Whether the image is there and made from this recipe."""
    found = engine.images.find(f"{REPOSITORY}:{tag}")
    return found is not None and found.labels.get(labels.RECIPE) == wanted


def ready(engine: Engine) -> bool:
    """Whether both images are there and made from the recipes of this localku."""
    return current(engine, RUN, run_recipe()) and current(engine, BUILD, build_recipe())


def ensure_run(engine: Engine, progress: Progress) -> str:
    """The run image's tag, made first where it is missing."""
    if not current(engine, RUN, run_recipe()):
        with _one_at_a_time():
            _make_run(engine, sources(), progress)
    return f"{REPOSITORY}:{RUN}"


def ensure(engine: Engine, progress: Progress) -> tuple[str, str]:
    """Tags of the run and the build image, made first where they are missing or of another recipe."""
    tags = f"{REPOSITORY}:{RUN}", f"{REPOSITORY}:{BUILD}"
    if ready(engine):
        return tags
    with _one_at_a_time(), tempfile.TemporaryDirectory(dir=paths.cache(), prefix="debian-") as scratch:
        origin = sources()
        with ThreadPoolExecutor(1) as pool:
            staged = pool.submit(_stage_build, Path(scratch), origin)
            _make_run(engine, origin, progress)
            progress("Downloading compilers and Pythons", None)
            files = staged.result()
        _make_build(engine, files, progress)
    return tags


def _make_run(engine: Engine, origin: Sources, progress: Progress) -> None:
    wanted = run_recipe()
    if current(engine, RUN, wanted):
        return
    here = recipe.folder(NAME)
    before = engine.images.find(f"{REPOSITORY}:{RUN}")
    changes = [f"LABEL {key}={value}" for key, value in _labels(wanted).items()]
    bootstrap(
        engine,
        origin,
        recipe.words(here / "run.packages"),
        (here / "begin-run.sh", here / "finish-run.sh"),
        repository=REPOSITORY,
        tag=RUN,
        changes=(*changes, f"USER {USER}", "WORKDIR /app", 'CMD ["/bin/bash"]'),
        progress=_scaled(progress, 0.0, 0.6),
    )
    if before is not None:
        engine.images.remove(before.id)


def stage_packages(apt: Apt, packages: Iterable[str], into: Path) -> None:
    """Download what the packages need beyond what the run image has."""
    base = recipe.words(recipe.folder(NAME) / "run.packages")
    into.mkdir()
    apt.download(apt.closure([*base, *packages]) - apt.closure(base), into)


def _stage_build(scratch: Path, origin: Sources) -> Path:
    here = recipe.folder(NAME)
    apt = Apt(scratch / "apt", origin)
    apt.update()
    files = scratch / "files"
    shutil.copytree(here, files)
    stage_packages(apt, recipe.words(here / "build.packages"), files / "debs")
    _stage_pythons(apt, recipe.words(here / "pythons"), files / "pythons.debs")
    return files


def _stage_pythons(apt: Apt, versions: Iterable[str], into: Path) -> None:
    """One folder for each version that the archive has, with its packages and pip's."""
    known = apt.known()
    wanted = {
        version: [name for pattern in _PYTHON_PACKAGES if (name := pattern.format(v=version)) in known]
        for version in versions
        if f"python{version}" in known
    }
    into.mkdir()
    apt.download({name for names in wanted.values() for name in names}, into)
    files = {path.name.partition("_")[0]: path for path in into.glob("*.deb")}
    for version, names in wanted.items():
        (into / version).mkdir()
        for name in names:
            (into / version / files[name].name).hardlink_to(files[name])
    for path in files.values():
        path.unlink()


def _make_build(engine: Engine, files: Path, progress: Progress) -> None:
    wanted = build_recipe()
    total = 2 * sum(1 for _ in (files / "debs").iterdir())
    steps = 0

    def each_line(line: str) -> None:
        nonlocal steps
        if line.startswith(("Unpacking ", "Setting up ")):
            steps += 1
            progress("Installing compilers and Pythons", 0.7 + 0.25 * min(1.0, steps / max(1, total)))

    def config(lines: list[str]) -> Mapping[str, object]:
        made = [line.split()[1] for line in lines if line.startswith("localku-python ")]
        marks = {**_labels(wanted), PYTHONS: ",".join(sorted(made))}
        return image_config(marks)

    for image in engine.images.labelled({labels.ROLE: labels.ROLE_FURNISHED}):
        engine.images.remove(image.id)  # it stands on the build image that goes, and would keep it
    add_layer(
        engine,
        f"{REPOSITORY}:{RUN}",
        files,
        "make-build.sh",
        repository=REPOSITORY,
        tag=BUILD,
        config=config,
        each_line=each_line,
    )
    progress("Stack debian-14 is ready", 1.0)


def image_config(marks: Mapping[str, str]) -> dict[str, object]:
    return {"Labels": dict(marks), "User": USER, "WorkingDir": "/app", "Cmd": ["/bin/bash"], "Entrypoint": None}


def _labels(wanted: str) -> dict[str, str]:
    return {labels.RECIPE: wanted, labels.ROLE: labels.ROLE_STACK}


def _scaled(progress: Progress, start: float, end: float) -> Progress:
    def scaled(step: str, fraction: float | None) -> None:
        progress(step, None if fraction is None else start + (end - start) * fraction)

    return scaled


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two localku on one machine: the second waits and then finds the images there."""
    with (paths.cache() / "stack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
