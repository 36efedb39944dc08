"""An app of a few lines with a buildpack of its own: it builds in a second, without any network.

Config vars make it difficult: SLOW_BUILD, SLOW_BOOT and SLOW_STOP are seconds; `hurry` ends those of a build.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from support import engine_view
from support.localku import Localku, get, wait_for

if TYPE_CHECKING:
    from support.second_engine import SecondEngine

FILES = {
    "Procfile": "web: ./serve\nworker: while :; do sleep 1; done\n",
    "serve*": """#!/bin/bash
trap 'sleep ${SLOW_STOP:-0}; exit 143' TERM
sleep ${SLOW_BOOT:-0}
socat TCP-LISTEN:$PORT,fork,reuseaddr EXEC:./answer &
wait
""",
    "answer*": """#!/bin/bash
read -r _
printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\nConnection: close\\r\\n\\r\\nok\\n'
""",
    "pack/bin/detect*": "#!/bin/bash\necho Tiny\n",
    "pack/bin/compile*": """#!/bin/bash
echo "-----> Making something of nothing"
slow=$(cat "$3/SLOW_BUILD" 2>/dev/null || echo 0)
until [ $SECONDS -ge "$slow" ] || [ -e /tmp/hurry ]; do sleep 0.1; done
""",
    ".buildpacks": "./pack\n",
}

IMAGE = "{{.Repository}}:{{.Tag}}"
CLEAN = "ok: no orphan containers"
"""`App.leftovers` where there are none."""


def hurry(home: Path, app: str) -> None:
    """Have the app's build that is slow go on at once; a buildpack waits for the file `/tmp/hurry`."""
    builds = [one for one in engine_view.containers(home, f"app-name={app}", running=True) if "-build-" in one]
    assert builds, f"no build of {app} runs"
    for one in builds:
        subprocess.run(["docker", "exec", one, "touch", "/tmp/hurry"], check=True)


@dataclass
class App:
    """An app and the engine it runs on, as a user and as a bystander see them."""

    lk: Localku
    engine: SecondEngine
    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def ok(self, *arguments: str, **env: str) -> str:
        return self.lk.ok(*arguments, cwd=self.folder, **env).out

    def fails(self, *arguments: str, status: int = 1, **env: str) -> str:
        """Run a command that cannot work; return what it says."""
        result = self.lk.run(*arguments, cwd=self.folder, timeout=120, **env)
        text = result.out + result.err
        assert "Traceback" not in text, text
        assert result.status == status, text
        return text

    @contextmanager
    def up(self, *arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
        """`localku up` in the foreground; the block ends it, the app is down after."""
        process = self.lk.start("up", *arguments, cwd=self.folder, **env)
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=120)
            self.ok("down")

    @contextmanager
    def configured(self, **values: str) -> Iterator[None]:
        self.ok("config:set", *(f"{name}={value}" for name, value in values.items()))
        try:
            yield
        finally:
            self.ok("config:unset", *values)

    def states(self) -> dict[str, str]:
        return {dyno["name"]: dyno["state"] for dyno in self.lk.ok("ps", "--json", cwd=self.folder).json}

    def wait_state(self, state: str, dyno: str = "web.1") -> None:
        wait_for(lambda: self.states().get(dyno) == state)

    def wait_serving(self) -> None:
        wait_for(self.serves)

    def serves(self) -> bool:
        rows = self.lk.ok("apps", "--json", cwd=self.folder).json
        port = next((row["port"] for row in rows if row["name"] == self.name), None)
        try:
            return port is not None and get(f"http://127.0.0.1:{port}", f"{self.name}.localhost") == (200, "ok\n")
        except OSError:
            return False

    def wait_logged(self, text: str) -> None:
        wait_for(lambda: text in self.ok("logs", "-n", "300"))

    def dynos(self, dyno: str = "") -> list[str]:
        """Containers of its dynos, builds and one-off processes, but for one that waits for the next build."""
        found = self.engine.containers(f"label=org.localku.app-name={self.name}")
        return [name for name in found if f"-{dyno}" in name and "postgresql" not in name and "-standby-" not in name]

    def database(self) -> str:
        (name,) = self.engine.containers(f"label=org.localku.app-name={self.name}", "label=org.localku.role=postgres")
        return name

    def sql(self, text: str) -> str:
        return self.ok("run", "--no-tty", f'psql "$DATABASE_URL" -qAtc "{text}"').strip()

    def release(self) -> int:
        return int(next(row["version"] for row in json.loads(self.ok("releases", "--json")) if row["current"]))

    def image(self) -> str:
        """The newest image of its slugs."""
        return self.engine.docker("images", "--format", IMAGE, *self._mine, "localku/*:v*").split()[0]

    def image_names(self) -> list[str]:
        """All names of its slugs' images: one that is left keeps an image."""
        found = self.engine.docker("images", "--format", IMAGE, *self._mine).split()
        return [name for name in found if not name.endswith(":furnished") and ":deps-" not in name]

    @property
    def _mine(self) -> tuple[str, str]:
        return "--filter", f"label=org.localku.app-name={self.name}"

    @property
    def state(self) -> Path:
        """Where its log and locks are."""
        return engine_view.folder(self.lk.home, self.name)

    def leftovers(self) -> str:
        """What `localku doctor` says about containers that nobody looks after."""
        checks = self.lk.run("doctor", "--json", cwd=self.folder).json
        return next(f"{row['state']}: {row['found']}" for row in checks if row["name"] == "Leftovers")
