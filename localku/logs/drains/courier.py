"""Carries one app's log to one drain: batch by batch, again after a failure, on from where it was after `kill -9`."""

from __future__ import annotations

import contextlib
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localku.errors import LocalkuError
from localku.logs.drains import frames
from localku.logs.drains.address import parse
from localku.logs.drains.backlog import Backlog, Due, Loss
from localku.logs.drains.connect import Trust, reason
from localku.logs.drains.senders import RefusedError, sender
from localku.logs.progress import Progress

if TYPE_CHECKING:
    from localku.clock import Clock
    from localku.logs.app_log import AppLog
    from localku.records import Drain

FIRST_RETRY, LONGEST_RETRY = 1.0, 60.0
"""Platform seconds between two attempts; the first is Logplex's `http_reconnect_time_s`, then twice as long each."""

TOLD_EVERY = 60.0
"""Platform seconds between two L10 lines in the app's log while a receiver does not answer."""


@dataclass(frozen=True)
class Post:
    """What all drains of an app share: its log, the folder their progress is kept in, what TLS trusts."""

    log: AppLog
    progress: Path
    clock: Clock
    trust: Trust


class Courier(threading.Thread):
    """One thread per drain, so that a slow receiver holds up no other. It sleeps until `stir`, or a retry is due."""

    def __init__(self, post: Post, drain: Drain) -> None:
        super().__init__(name=f"drain-{drain.id}", daemon=True)
        self._post = post
        self._address = parse(drain.url)
        self._progress = Progress(post.progress, drain.id)
        self._sender = sender(self._address, drain.token, post.trust)
        start = self._progress.load() or post.log.end()
        self._backlog = Backlog(post.log.cursor(start), self._sender, post.clock)
        self._due: Due | None = None
        self._failures = 0
        self._retry_at = 0.0
        self._complaint = ""
        self._told, self._told_at = 0, 0.0
        self._stirred = threading.Event()
        self._stopping = False
        self._dismissed = False

    def stir(self) -> None:
        """There is more in the log."""
        self._stirred.set()

    def stop(self) -> None:
        """Send what the log holds by now, if the receiver takes it, and end."""
        self._stopping = True
        self._stirred.set()

    def dismiss(self) -> None:
        """End without sending anything more: the drain was removed."""
        self._dismissed = True
        self.stop()

    def run(self) -> None:
        try:
            while True:
                self._stirred.clear()
                stopping = self._stopping
                if not self._dismissed:
                    self._round()
                if stopping:
                    return
                self._stirred.wait(self._pause())
        finally:
            if self._dismissed:
                self._progress.forget()
            self._sender.close()
            self._backlog.close()

    def _pause(self) -> float | None:
        """Real seconds until the next attempt; None where nothing waits for one."""
        if not self._failures:
            return None
        return max(self._retry_at - self._post.clock.monotonic(), 0.0) / self._post.clock.scale

    def _round(self) -> None:
        """Send all there is; while the receiver does not take it, only count what has no room."""
        self._backlog.fill(blocked=self._failures > 0)
        self._tell_loss()
        if self._failures and self._post.clock.monotonic() < self._retry_at:
            return
        while not self._dismissed and (self._due is not None or self._next()):
            if self._due is not None and not self._attempt(self._due):
                return
            self._due = None

    def _next(self) -> bool:
        self._backlog.fill(blocked=False)
        self._due = self._backlog.take()
        if self._due is not None and self._due.loss is not None:
            self._log_loss(self._due.loss)
            self._told, self._told_at = 0, 0.0
        return self._due is not None

    def _attempt(self, due: Due) -> bool:
        """Whether the batch is done with: received, or refused for good."""
        try:
            self._sender.send(due.batch)
        except RefusedError as error:
            self._complain(f"it answered {error}; what is sent to it is lost")
        except OSError as error:
            self._fail(error)
            return False
        else:
            self._complaint = ""
        self._failures = 0
        with contextlib.suppress(OSError):  # a full disk: the next batch keeps the place of both
            self._progress.save(due.end)
        return True

    def _fail(self, error: OSError) -> None:
        wait = min(FIRST_RETRY * 2 ** min(self._failures, 10), LONGEST_RETRY)
        self._failures += 1
        self._retry_at = self._post.clock.monotonic() + wait
        if isinstance(error, ssl.SSLCertVerificationError):
            said = f'Error L14 (certificate validation): error="{reason(error)}" uri="{self._address.shown}"'
            self._complain(f"its certificate is not trusted: {error.verify_message}", said)
        else:
            self._complain(error.strerror or str(error))

    def _complain(self, why: str, in_herokus_words: str = "") -> None:
        """Say what keeps the drain from its receiver, once per outage and reason."""
        if why == self._complaint:
            return
        self._complaint = why
        if in_herokus_words:
            self._write("heroku", "logplex", in_herokus_words)
        self._write("localku", "drain", f"{self._address.shown} does not accept the log: {why}")

    def _tell_loss(self) -> None:
        """Say L10 in the app's log too, while the receiver cannot be told."""
        loss, now = self._backlog.loss, self._post.clock.monotonic()
        if loss is not None and loss.dropped > self._told and now - self._told_at >= TOLD_EVERY:
            self._log_loss(loss)
            self._told, self._told_at = loss.dropped, now

    def _log_loss(self, loss: Loss) -> None:
        if loss.dropped > self._told:
            self._write("heroku", "logplex", frames.overflow(loss.dropped, loss.since, loss.since).message)

    def _write(self, source: str, proc: str, message: str) -> None:
        with contextlib.suppress(LocalkuError):  # a full disk: Journal tells what was lost there
            self._post.log.write(source, proc, message)
