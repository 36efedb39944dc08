"""How a database stands to the quotas of its plan, and whether they are enforced at once (`pg:quota`)."""

from __future__ import annotations

from dataclasses import dataclass

from localku.context import Context
from localku.platform.addons import row_quota
from localku.platform.addons.row_quota import Held
from localku.platform.databases.find_database import Database


@dataclass(frozen=True)
class Quota:
    held: Held
    enforced_now: bool

    @property
    def lines(self) -> list[str]:
        """In words; a plan without quotas is one line."""
        name = self.held.plan.name
        if not self.held.plan.is_essential:
            return [f"The plan {name} has no quota that is enforced."]
        when = "at once" if self.enforced_now else "seven days after it is exceeded"
        return [
            *(f"{one} {name}" for one in row_quota.quotas(self.held)),
            f"{self.held.standing.value}; enforced {when}",
        ]


def look(context: Context, database: Database, enforce_now: bool | None = None) -> Quota:  # noqa: FBT001 - a third way
    """Hold a running database to its quotas; with `enforce_now` remember when that is from now on."""
    if enforce_now is not None:
        context.store.addons.enforce_now(database.addon, wanted=enforce_now)
    addon = context.store.addons.by_id(database.addon.id)
    return Quota(row_quota.hold(context, addon), addon.enforce_now)
