"""Heroku's Node.js suite in shell (test/run-*): its own tests and helpers, on localku's buildpack.

The suite copies the folder it is started in and runs bin/compile there. It is started in a folder made of the suite's
test/, the one library that its helpers source, and our buildpack; recorder.sh stands where shunit2 was.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from bench import TOO_LONG, Bench, bench
from trials import Check, Kind, Trial

from localku.engine.client import Engine
from localku.slugs import own_buildpacks

SUITE = "nodejs"
RECORDER = Path(__file__).with_name("recorder.sh")
_HELPERS, _SOURCED = "lib/environment.sh", "run-helpers"
_COMPILED = re.compile(
    r"""^\s*(?:compile|compileTest|testCompile|compile_and_report|detect|release|report)\s+["']?([\w.-]+)["']?""",
    re.MULTILINE,
)
_TEST = re.compile(r"^(test\w+)\(\)\s*\{\n(.*?)^\s?\}", re.MULTILINE | re.DOTALL)
_FIELDS = 5


def planned(checkout: Path) -> Iterator[Trial]:
    """The tests of test/run-*, not yet run."""
    for script in sorted((checkout / "test").glob("run-*")):
        if script.name == _SOURCED:
            continue
        for name, body in _TEST.findall(script.read_text()):
            fixtures = tuple(dict.fromkeys(_COMPILED.findall(body)))
            yield Trial(SUITE, f"test/{script.name}", name, fixtures)


def mixed(checkout: Path, folder: Path) -> Path:
    """Make the folder to start the suite in."""
    own_buildpacks.export("nodejs", folder)
    shutil.copytree(checkout / "test", folder / "test", symlinks=True)
    if not (folder / _HELPERS).exists():
        shutil.copy(checkout / _HELPERS, folder / _HELPERS)
    shutil.copy(RECORDER, folder / "test" / "shunit2")
    return folder


def run(engine: Engine, image: str, mixture: Path, downloads: Path, trial: Trial, seconds: int) -> Trial:
    """Run one test of `planned`. `downloads` keeps what every test would fetch again."""
    began = time.monotonic()
    with bench(engine, image, mixture) as made:
        record = made.folder / "record"
        record.mkdir()
        record.chmod(0o777)
        kept = made.folder / "downloads"
        kept.mkdir()
        kept.chmod(0o777)
        if (downloads / "nodekit").is_dir():
            shutil.copytree(downloads / "nodekit", kept / "nodekit", symlinks=True)
        fault = _started(made, mixture, record, kept, trial, seconds)
        if not (downloads / "nodekit").is_dir() and (kept / "nodekit").is_dir():
            shutil.copytree(kept / "nodekit", downloads / "nodekit", symlinks=True)
        checks, outputs = tuple(read_checks(record / "checks")), tuple(read_outputs(record))
    took = round(time.monotonic() - began, 1)
    return Trial(trial.suite, trial.file, trial.name, trial.fixtures, checks, outputs, fault, took)


def _started(made: Bench, mixture: Path, record: Path, downloads: Path, trial: Trial, seconds: int) -> str:
    script = f"cd {mixture} && exec bash {mixture}/{trial.file}"
    env = {"RECORD": str(record), "DOWNLOADS": str(downloads), "UPSTREAM_TEST": trial.name, "HOME": "/app"}
    status = made.run(script, seconds=seconds, env=env)
    if (record / "done").exists():
        return ""
    return f"longer than {seconds} s" if status in (TOO_LONG, 137) else f"the test ended with status {status}"


def read_checks(path: Path) -> Iterator[Check]:
    """Read what recorder.sh wrote: NUL-terminated kind, yes or no, number of the command, what was expected, line."""
    fields = path.read_text(errors="replace").split("\0")[:-1] if path.is_file() else []
    for start in range(0, len(fields), _FIELDS):
        kind, held, captured, expected, asked = fields[start : start + _FIELDS]
        yield Check(_kind(kind), held == "yes", int(captured), expected, asked.strip())


def _kind(name: str) -> Kind:
    kinds: dict[str, Kind] = {
        "status": "status",
        "warned": "warned",
        "text": "text",
        "absent": "absent",
        "times": "times",
        "equal": "equal",
        "file": "file",
        "metric": "metric",
    }
    return kinds[name]


def read_outputs(record: Path) -> Iterator[str]:
    """Each command with its exit status behind it."""
    number = 1
    while (path := record / f"{number}.output").is_file():
        status = (record / f"{number}.status").read_text().strip()
        yield f"{path.read_text(errors='replace')}[exit status {status}]\n"
        number += 1
