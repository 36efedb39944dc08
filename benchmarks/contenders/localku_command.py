"""The `localku` command of this checkout, in a state folder of its own."""

from __future__ import annotations

import compileall
import subprocess
import sys
from pathlib import Path

from benchmarks import stopwatch
from localku import paths
from localku.engine import labels

PACKAGE = Path(paths.__file__).parent


class LocalkuCommand:
    """It is compiled, as pip leaves what it installs: PYTHONDONTWRITEBYTECODE would have each command do that anew."""

    def __init__(self, home: Path) -> None:
        compileall.compile_dir(PACKAGE, quiet=2)
        self.home = home
        home.mkdir(parents=True, exist_ok=True)

    @property
    def label(self) -> str:
        """What everything of this state folder carries in the engine."""
        return f"{labels.HOME}={paths.home_id(self.home)}"

    def run(self, folder: Path, *arguments: str) -> float:
        return stopwatch.run(words(*arguments), folder, self._environment())

    def start(self, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
        """Start what may go on."""
        with self._output.open("wb") as output:
            return subprocess.Popen(
                words(*arguments),
                cwd=folder,
                env=stopwatch.environment(self._environment()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def finish(self, started: subprocess.Popen[bytes]) -> None:
        """Wait for the end of what was started last. Raise CommandFailed with its output."""
        if started.wait() != 0:
            said = self._output.read_text(errors="replace")
            raise stopwatch.CommandFailed(f"{started.args!r}: exit status {started.returncode}\n{said}")

    @property
    def _output(self) -> Path:
        return self.home.with_suffix(".output")

    def _environment(self) -> dict[str, str]:
        return {"LOCALKU_HOME": str(self.home), "NO_COLOR": "1"}


def words(*arguments: str) -> list[str]:
    script = Path(sys.executable).with_name("localku")
    return [str(script) if script.is_file() else sys.executable, *([] if script.is_file() else ["-m", "localku"]),
            *arguments]  # fmt: skip
