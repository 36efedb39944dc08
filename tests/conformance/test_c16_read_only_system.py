"""C16: a dyno's system is read-only, its own folders are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support import engine_view

if TYPE_CHECKING:
    from world import World


@pytest.fixture(scope="module")
def told(world: World) -> str:
    touched = "; ".join(f"touch {path} && echo {path} is written" for path in PATHS)
    done = world.run("run", f"{touched}; rm /usr/bin/env; rm /etc/passwd; id -un")
    return done.out + done.err


PATHS = (
    "/etc/x",
    "/usr/x",
    "/usr/local/lib/x",
    "/app/x",
    "/tmp/x",
    "/var/tmp/x",
    "/opt/x",
    "/home/x",
    "/run/lock/x",
    "/var/x",
    "/x",
)


@pytest.mark.parametrize("path", ["/etc/x", "/usr/x", "/usr/local/lib/x", "/opt/x", "/home/x", "/run/lock/x"])
def test_the_system_is_a_read_only_file_system(told: str, path: str) -> None:
    assert f"touch: cannot touch '{path}': Read-only file system" in told


@pytest.mark.parametrize("path", ["/usr/bin/env", "/etc/passwd"])
def test_nothing_can_be_taken_away_from_it(told: str, path: str) -> None:
    assert f"rm: cannot remove '{path}': Read-only file system" in told


@pytest.mark.parametrize("path", ["/app/x", "/tmp/x", "/var/tmp/x"])
def test_the_dynos_own_folders_are_writable(told: str, path: str) -> None:
    assert f"{path} is written" in told


@pytest.mark.parametrize("path", ["/var/x", "/x"])
def test_everything_else_refuses_the_dynos_user(told: str, path: str) -> None:
    assert f"touch: cannot touch '{path}': Permission denied" in told


WRITABLE = "find / -xdev -type d -writable -not -path '/app/*' -not -path '/proc/*' 2>/dev/null; mount | grep -c shm"


def test_a_dyno_can_write_to_nothing_else(world: World) -> None:
    *folders, shared = world.run("run", WRITABLE).out.split()
    assert sorted(folders) == ["/app", "/tmp", "/var/tmp"]
    assert shared == "1"
    assert world.run("run", "python3 -c 'import multiprocessing; multiprocessing.Lock()' && echo made").out == "made\n"


def test_what_a_dyno_writes_is_seen_from_outside(world: World) -> None:
    with world.running(WEB="touch /app/written /tmp/written; gunicorn echo:app") as app:
        lost = app.ok("reset-fs", "--dry-run")
    assert "written" in lost


def test_the_image_runs_by_itself_too(world: World) -> None:
    import subprocess

    image = engine_view.image(world.lk.home, world.name)
    done = subprocess.run(
        ["docker", "run", "--rm", image, "id -un; pwd"], capture_output=True, text=True, check=True, timeout=120
    )
    user, folder = done.stdout.split()
    assert user.startswith("u")
    assert folder == "/app"
