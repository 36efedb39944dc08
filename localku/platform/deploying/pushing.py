"""What a push to an app's repository means: a deploy of main or master, and nothing for any other branch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from localku.context import Context
from localku.errors import Invalid
from localku.platform.deploying import deploy, deploy_source, push_repository
from localku.platform.deploying.deploy_events import Events
from localku.platform.deploying.deploy_values import Deployed, Options
from localku.records import App

NOTHING = "0" * 40
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


def receive(
    context: Context,
    app: App,
    pushed: Iterable[Update],
    environ: Mapping[str, str],
    say: Callable[[str], None],
    events: Events,
) -> Deployed | None:
    """Deploy what was pushed; None where it was for no branch that deploys. Raises LocalkuError as `deploy` does."""
    update = deployed(tuple(pushed))
    if update is None:
        say("Pushed to non-main branch, skipping build.")
        return None
    source = deploy_source.Pushed(push_repository.objects(environ), update.new)
    return deploy.deploy(context, app, source, Options(stays_up=True), events)
