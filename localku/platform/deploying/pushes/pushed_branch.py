"""A branch that is pushed to while another push to it may be deployed: git alone would refuse the one that waited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localku.errors import Kind, LocalkuError
from localku.project.git import git_process

NOTHING = "0" * 40
"""The commit of a branch that is not there."""

_QUARANTINE = ("GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
"""What a hook's environment has while the commits of the push are not yet the repository's (git-receive-pack(1))."""


@dataclass(frozen=True)
class PushedBranch:
    """`old` is what the client took it for; `environ` is that of the hook, in which git finds both commits."""

    environ: Mapping[str, str]
    reference: str
    old: str
    new: str

    def check(self) -> None:
        """Raises LocalkuError where somebody has pushed meanwhile what `new` does not contain."""
        if not self._follows(self._now()):
            raise LocalkuError(
                "The app was pushed to meanwhile, and that is not in this push.",
                "Fetch and merge it, then push again.",
                kind=Kind.CONFLICT,
                resource="build",
            )

    def put_back(self) -> None:
        """Have the branch where the client took it to be, for git moves it from nowhere else."""
        now = self._now()
        if now == self.old or not self._follows(now):
            return
        target = ("-d", self.reference, now) if self.old == NOTHING else (self.reference, self.old, now)
        environ = {name: value for name, value in self.environ.items() if name not in _QUARANTINE}
        self._git("update-ref", *target, environ=environ)

    def _now(self) -> str:
        return self._git("rev-parse", "--quiet", "--verify", self.reference)[1] or NOTHING

    def _follows(self, now: str) -> bool:
        return now in {self.old, NOTHING} or self._git("merge-base", "--is-ancestor", now, self.new)[0] == 0

    def _git(self, *arguments: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
        done = git_process.run(arguments, Path(self.environ["GIT_DIR"]), environ or self.environ)
        return (done.returncode, done.stdout.decode().strip()) if done else (1, "")
