"""Take the steps of a Hatchet spec: builds in a container of the build image, dynos in one of the run image."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import hatchet
from bench import TOO_LONG, Bench, bench, dyno, environment
from matching import holds
from steps import Build, Change, Command, Expected, Get, Plan, Step
from trials import Check, Trial

from localku.engine.client import Engine
from localku.slugs import own_buildpacks, stack
from localku.slugs.image_entry import ENTRY_SCRIPT

BUILD = Path(__file__).with_name("build.sh")
CI = Path(__file__).with_name("ci.sh")
CI_MEMORY = 2560
"""MB: Heroku CI runs on performance-m (ci_spec.rb of the Python buildpack)."""
SERVE = Path(__file__).with_name("serve.sh")
_CI_PATH = "/usr/local/bin:/usr/bin:/bin:/app/.sprettur/bin/"
_PASSED = "-----> test command completed successfully"
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_DYNO = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/app", "PORT": "5006"}


def planned(suite: str, checkout: Path) -> Iterator[tuple[Trial, Plan]]:
    for plan in hatchet.plans(checkout):
        yield Trial(suite, plan.file, plan.name, (plan.fixture,) if plan.fixture else (), fault=plan.fault), plan


def exported(suite: str, folder: Path) -> Path:
    """Our buildpack, and the scripts that run it, in a folder that a container can read."""
    own_buildpacks.export(suite, folder / "buildpack")
    for script in (BUILD, CI, SERVE):
        shutil.copy(script, folder / script.name)
    (folder / "dyno").write_bytes(ENTRY_SCRIPT)
    folder.chmod(0o755)
    return folder


@dataclass
class Run:
    """One spec on its way; `count` is of its builds, `outputs` of everything that printed, `built` the last build's."""

    engine: Engine
    images: stack.Stack
    tools: Path
    fixtures: Path
    plan: Plan
    seconds: int
    made: Bench
    count: int = 0
    fault: str = ""
    packed: int = 0
    built: int = 0
    outputs: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def source(self) -> Path:
        return self.made.folder / "source"

    @property
    def app(self) -> Path:
        return self.made.folder / "app"

    def begin(self) -> None:
        shutil.copytree(self.fixtures / self.plan.fixture, self.source, symlinks=True)
        env_dir = self.made.folder / "env"
        env_dir.mkdir()
        for name, value in self.plan.config.items():
            (env_dir / name).write_text(value)
        folder = self.made.folder / "output"
        folder.mkdir()
        folder.chmod(0o777)

    def take(self, step: Step) -> None:
        match step:
            case Build():
                self.build(step)
            case Change():
                self.change(step)
            case Command():
                self.in_dyno(step, f"exec bash {self.tools}/dyno {shlex.quote(step.command)}")
            case Get():
                self.in_dyno(Command("", self.plan.config, "web"), f"exec bash {self.tools}/serve.sh {self.tools}/dyno")
            case Expected():
                self.expect(step)
            case _:
                self.ci()

    def expect(self, step: Expected) -> None:
        number = self.built if step.of_build else len(self.outputs)
        output = self.outputs[number - 1] if number else ""
        held = "[exit status 0]" in output if step.kind == "status" else False
        check = Check(step.kind, held, number, step.text, step.asked, step.dot_all)
        self.checks.append(replace(check, held=holds(check, output)))

    def build(self, step: Build) -> None:
        self.count += 1
        named = {"heroku-community/inline": "inline"}
        buildpacks = " ".join(named.get(each, f"{self.tools}/buildpack") for each in step.buildpacks)
        env = {
            "SOURCE": str(self.source),
            "BUILD_DIR": f"/tmp/build_{self.count:08x}",
            "ENV_DIR": str(self.made.folder / "env"),
            "BUILDPACKS": buildpacks,
            "VARIABLES": " ".join(environment()),
            **({"STACK": step.stack, "LOCALKU_STACK": step.stack} if step.stack else {}),
        }
        self.run(self.made, f"exec bash {self.tools}/build.sh", env)
        self.built = len(self.outputs)
        failed = "[exit status 0]" not in self.outputs[-1]
        shall_fail = self.plan.may_fail and self.count == sum(isinstance(each, Build) for each in self.plan.steps)
        expected = "failure" if shall_fail else "success"
        self.checks.append(Check("status", failed == shall_fail, len(self.outputs), expected))

    def ci(self) -> None:
        """Set the tests up where apps are built, and run them in a dyno; both print as one."""
        env = {"SOURCE": str(self.source), "VARIABLES": " ".join(environment())}
        self.run(self.made, f"exec bash {self.tools}/ci.sh {self.tools}/buildpack", env)
        command = json.loads((self.source / "app.json").read_text())["environments"]["test"]["scripts"]["test"]
        said = f"-----> No test-setup command provided. Skipping.\n-----> Running test command `{command}`..."
        tested = f"bash {self.tools}/dyno {shlex.quote(command)}"
        test = f"echo {shlex.quote(said)}; {tested} || exit; echo {shlex.quote(_PASSED)}"
        with dyno(self.made, self.images.run_image, self.app, CI_MEMORY, self.tools) as started:
            self.run(started, test, {**_DYNO, "PATH": f"{_CI_PATH}:/app/.sprettur/bin/", "CI": "true", "DYNO": "run.1"})
        second, first = self.outputs.pop(), self.outputs.pop()
        self.outputs.append(first.rpartition("[exit status")[0] + second)

    def change(self, step: Change) -> None:
        path = self.source / step.path
        if step.source:
            shutil.copy(self.fixtures / step.source, path)
        elif step.text is None:
            path.unlink()
        else:
            path.write_text((path.read_text() if step.append else "") + step.text)

    def in_dyno(self, step: Command, script: str) -> None:
        if self.packed != self.count:
            pack = f"rm -rf {self.app}/* {self.app}/.[!.]*; cp -a /tmp/build_{self.count:08x}/. {self.app}/"
            self.made.run(pack, seconds=self.seconds)
            self.packed = self.count
        variables = {**_DYNO, **self.plan.config, **step.env, "DYNO": f"{step.type}.1"}
        with dyno(self.made, self.images.run_image, self.app, step.memory, self.tools) as started:
            self.run(started, script, variables)

    def run(self, where: Bench, script: str, env: dict[str, str]) -> None:
        number = len(self.outputs) + 1
        log = self.made.folder / "output" / str(number)
        status = where.run(f"({script}) >{log} 2>&1", seconds=self.seconds, env=env)
        if status in (TOO_LONG, 137):
            self.fault = f"longer than {self.seconds} s"
        printed = log.read_text(errors="replace") if log.exists() else ""
        self.outputs.append(f"{_COLOR.sub('', printed)}[exit status {status}]\n")


def run(
    engine: Engine, images: stack.Stack, tools: Path, checkout: Path, planned: tuple[Trial, Plan], seconds: int
) -> Trial:
    """Run one spec of `planned`."""
    trial, plan = planned
    if plan.fault:
        return trial
    began = time.monotonic()
    with bench(engine, images.build_image, tools) as made:
        going = Run(engine, images, tools, checkout / "spec" / "fixtures", plan, seconds, made)
        going.begin()
        for step in plan.steps:
            if not going.fault:
                going.take(step)
    took = round(time.monotonic() - began, 1)
    return replace(trial, checks=tuple(going.checks), outputs=tuple(going.outputs), fault=going.fault, seconds=took)
