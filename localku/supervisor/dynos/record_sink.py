"""What the store shall know of each dyno. A store that cannot be written stops no dyno: it is told later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from localku.errors import LocalkuError

if TYPE_CHECKING:
    from localku.context import Context
    from localku.records import App, DynoRecord


class RecordSink(Protocol):
    def save(self, record: DynoRecord) -> None:
        """Take note of a dyno as it is now. Does not raise."""


class Records:
    def __init__(self, context: Context, app: App) -> None:
        self._store = context.store
        self._app = app
        self._late: dict[str, DynoRecord | None] = {}

    def save(self, record: DynoRecord) -> None:
        self._late[record.name] = record
        self.flush()

    def forget(self, name: str) -> None:
        self._late[name] = None
        self.flush()

    @property
    def late(self) -> bool:
        """Whether there is something that could not be written yet."""
        return bool(self._late)

    def flush(self) -> str | None:
        """Write what has not been written yet; say why that did not work."""
        try:
            for name, record in tuple(self._late.items()):
                if record is None:
                    self._store.dynos.forget(self._app.id, name)
                else:
                    self._store.dynos.save(record)
                del self._late[name]
        except LocalkuError as error:
            return error.message
        return None
