"""What a push to an app's repository means: a deploy of main or master, and nothing for any other branch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from localku.context import Context
from localku.errors import Invalid
from localku.platform.deploying import build_turn, deploy, deploy_source
from localku.platform.deploying.deploy_events import Events
from localku.platform.deploying.deploy_values import Deployed, Options
from localku.platform.deploying.pushes import push_repository, pushed_branch
from localku.platform.deploying.pushes.pushed_branch import NOTHING
from localku.platform.deploying.pushes.pusher import Pusher
from localku.records import App

BRANCHES = "refs/heads/"


@dataclass(frozen=True)
class Update:
    """What a push would make of a reference; `new` is a commit, all zeros where it would be deleted."""

    old: str
    new: str
    reference: str

    @property
    def branch(self) -> str:
        return self.reference.removeprefix(BRANCHES) if self.reference.startswith(BRANCHES) else ""


def updates(lines: Iterable[str]) -> tuple[Update, ...]:
    """Read what git tells a pre-receive hook (githooks(5))."""
    return tuple(Update(*line.split()) for line in lines if line.strip())


def deployed(found: Iterable[Update]) -> Update | None:
    """The one that is to be deployed. Raises LocalkuError for a push that takes such a branch away."""
    for one in found:
        if one.branch in push_repository.DEPLOYED and one.new == NOTHING:
            raise Invalid(f"{one.branch} cannot be deleted: it is what the app was deployed from.", resource="build")
    chosen = [one for one in found if one.branch in push_repository.DEPLOYED]
    return chosen[0] if chosen else None


@contextmanager
def received(
    context: Context,
    app: App,
    pushed: Iterable[Update],
    environ: Mapping[str, str],
    say: Callable[[str], None],
    events: Events,
) -> Iterator[Deployed | None]:
    """Deploy what was pushed, after another build; None where it was for no branch that deploys.

    No other client's build of the app begins before the block ends. Raises LocalkuError as `deploy` does, and for
    what does not follow a push that was waited for.
    """
    update = deployed(tuple(pushed))
    if update is None:
        say("Pushed to non-main branch, skipping build.")
        yield None
        return
    with build_turn.turn(context, app, say, Pusher(environ).check):
        branch = pushed_branch.PushedBranch(environ, update.reference, update.old, update.new)
        branch.check()
        source = deploy_source.Pushed(push_repository.objects(environ), update.new)
        yield deploy.deploy(context, app, source, Options(stays_up=True, has_turn=True), events)
        branch.put_back()
