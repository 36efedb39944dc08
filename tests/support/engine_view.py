"""What one state folder has in the engine, as `docker` sees it: nobody else's containers and volumes count."""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
from pathlib import Path


def containers(home: Path, *labels: str, running: bool = False) -> list[str]:
    """Names of the state folder's containers that carry these labels (`app-name=NAME`, `role=postgres`)."""
    which = [] if running else ["--all"]
    return _asked(["ps", *which, *_filters(home, labels), "--format", "{{.Names}}"])


def after_down(home: Path, app: str, *, running: bool = False) -> list[str]:
    """Names of the app's containers but the one that waits for its next build, which outlives `down`."""
    found = containers(home, f"app-name={app}", running=running)
    return [name for name in found if not name.startswith("localku-standby-")]


def volumes(home: Path, *labels: str) -> list[str]:
    return _asked(["volume", "ls", *_filters(home, labels), "--format", "{{.Name}}"])


def images(home: Path, app: str) -> list[str]:
    """Name each image of an app, as `localku/UUID:v3`, and the newest one also by the app's name."""
    return images_of(home, uuid(home, app))


def images_of(home: Path, ident: str) -> list[str]:
    """As `images`, of an app by its UUID: one that was destroyed has none."""
    return _asked(["images", *_filters(home, (f"app={ident}",)), "--format", "{{.Repository}}:{{.Tag}}"])


def image(home: Path, app: str) -> str:
    """Name the newest image of an app: `localku/APP:latest`, unless another state folder has that name."""
    (newest,) = [name for name in images(home, app) if name.endswith(":latest")]
    return newest


def uuid(home: Path, app: str) -> str:
    """The UUID of the app of this name."""
    with sqlite3.connect(home / "state.db") as connection:
        return str(connection.execute("SELECT uuid FROM apps WHERE name = ?", (app,)).fetchone()[0])


def port_when_up(home: Path, app: str) -> int | None:
    """The port of an app that shall run, from the moment on when it has one: sooner than any command could ask."""
    with sqlite3.connect(home / "state.db") as connection:
        found = connection.execute("SELECT port FROM apps WHERE name = ? AND wanted != 'down'", (app,)).fetchone()
    return found and int(found[0])


def folder(home: Path, app: str) -> Path:
    """Where the app's log and locks are."""
    return home / "apps" / uuid(home, app)


def home_id(home: Path) -> str:
    """As localku's labels name a state folder."""
    return hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]


def _filters(home: Path, labels: tuple[str, ...]) -> list[str]:
    wanted = [f"home={home_id(home)}", *labels]
    return [word for label in wanted for word in ("--filter", f"label=org.localku.{label}")]


def _asked(arguments: list[str]) -> list[str]:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return done.stdout.split()
