"""The build image that is furnished beside an app's builds: used by the next ones, and out of their reach."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from support import engine_view
from support.localku import Localku, interrupt, wait_for, write_app

if TYPE_CHECKING:
    from pathlib import Path

LOOK = r"""#!/bin/bash
bytecode=/localku/localku/slugs/inside/__pycache__
if [ -d $bytecode ]; then echo "       bytecode"; else echo "       no bytecode"; fi
find /localku /etc/passwd /etc/group \( -writable -o ! -uid 0 \) ! -type l -printf '       not only root: %p\n'
rm -rf $bytecode 2>/dev/null; if touch $bytecode/evil.pyc 2>/dev/null; then echo "       could write"; fi
echo "       container $(hostname)"
echo "       $(id -un) in $(stat -c %U /app)'s /app"
"""
FILES = {
    "hello.txt": "hello",
    "Procfile": "worker: sleep 1000\n",
    "pack/bin/detect*": "#!/bin/bash\necho Look\n",
    "pack/bin/compile*": LOOK,
    ".buildpacks": "./pack\n",
}


def comes_to_wait(uuid: str) -> str:
    """Return the id of the container that waits for the app's next build: it starts on when a build has ended."""
    return str(wait_for(lambda: waiting(uuid), 30))


def waiting(uuid: str, *option: str) -> str:
    """Return the id of the container that waits for the app's next build, empty where none does."""
    command = ["docker", "ps", "--no-trunc", "--quiet", "--filter", f"name=localku-standby-{uuid}", *option]
    return subprocess.check_output(command, text=True).strip()


def newest(lk: Localku, app: Path) -> int:
    """Return the number of the app's newest release."""
    return max(int(release["version"]) for release in lk.ok("releases", "--json", cwd=app).json)


def built(lk: Localku, app: Path) -> list[str]:
    """Build the app once more; return what it saw."""
    (app / "hello.txt").write_text((app / "hello.txt").read_text() + "again\n")
    output = lk.ok("build", "--json", cwd=app).json["output"]
    seen = [line.strip() for line in output if line.startswith("       ")]
    assert not [line for line in seen if line.startswith(("not only root", "could"))]
    assert any(line.startswith("u") and line.endswith(" in " + line.split()[0] + "'s /app") for line in seen)
    return [line for line in seen if "bytecode" in line]


def test_a_build_after_another_finds_its_furniture_in_an_image(lk: Localku, tmp_path: Path) -> None:
    app = write_app(tmp_path / "furnished", FILES)
    lk.ok("build", cwd=app)
    uuid = engine_view.uuid(lk.home, app.name)
    image = f"localku/{uuid}:furnished"
    assert built(lk, app) == ["no bytecode"]  # the second build, which is soon after another, makes it
    assert image in engine_view.images(lk.home, app.name)
    lk.ok("server:stop", cwd=app)
    assert not waiting(uuid, "--all")  # though nobody has waited for its start
    assert built(lk, app) == ["bytecode"]
    assert not [name for name in engine_view.images(lk.home, app.name) if "<none>" in name]
    first = comes_to_wait(uuid)
    lk.ok("up", "--detach", "--no-build", cwd=app)
    lk.ok("down", cwd=app)
    assert waiting(uuid) == first
    assert built(lk, app) == ["bytecode"]  # in the container that waited
    assert comes_to_wait(uuid) != first
    lk.ok("apps:destroy", "-a", app.name, "--confirm", app.name, cwd=tmp_path)
    assert not waiting(uuid, "--all")
    assert engine_view.images_of(lk.home, uuid) == []


def test_where_somebody_works_the_first_change_finds_a_container(lk: Localku, tmp_path: Path) -> None:
    """Not in a job of continuous integration, which builds once: elsewhere the first build makes it, and `--watch`."""
    app = write_app(tmp_path / "worked-on", FILES)
    lk.ok("build", cwd=app)
    uuid = engine_view.uuid(lk.home, app.name)
    assert not waiting(uuid, "--all")
    lk.ok("build", "--clear-cache", cwd=app, CI="")
    comes_to_wait(uuid)
    lk.ok("server:stop", cwd=app)
    assert not waiting(uuid, "--all")
    watching = lk.start("up", "--watch", cwd=app)
    try:
        first, before = comes_to_wait(uuid), newest(lk, app)
        (app / "hello.txt").write_text("saved")
        assert wait_for(lambda: newest(lk, app) > before)
    finally:
        interrupt(watching)
    assert f"container {first[:12]}" in lk.ok("builds:output", cwd=app).out
