"""A build container that makes a slug of whatever it gets."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localku.context import Context
from localku.platform.deploying import build, deploy, deploy_source, deploy_values
from localku.platform.deploying.builds import Recording
from localku.platform.deploying.deploy_events import Event, transcript
from localku.records import App
from localku.slugs import stack
from localku.slugs.building.parcel import Pack
from localku.slugs.values import Built

if TYPE_CHECKING:
    import pytest


@dataclass
class Builds:
    """`meanwhile` is done after the look at the files, `during` while the container runs; `error` is raised then;
    `at` a line of the output what it names is done."""

    context: Context
    sent: bytes = b""
    error: Exception | None = None
    types: dict[str, str] = field(default_factory=dict)
    addons: tuple[str, ...] = ()
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    during: list[Callable[[], object]] = field(default_factory=list)
    at: dict[str, Callable[[], object]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __call__(
        self,
        _engine: object,
        _clock: object,
        say: Callable[[str], None],
        _layers: object,
        beside: Callable[[], None],
        _received: Callable[[str], None],
    ) -> Builds:
        self.say, self.beside = say, beside
        return self

    def build(self, job: Any, pack: Pack, _run_image: str, repository: str, _expected: object) -> Built:
        with pack(None).archive as archive:
            archive.seek(0)
            self.sent = archive.read()
        self.beside()
        self.say("-----> Fake app detected")
        for one in self.during:
            one()
        if self.error is not None:
            for line in getattr(self.error, "output", ()):
                self.say(line)
            raise self.error
        image = f"{repository}:build-{job.build_id[:12]}"
        for tag in (image, f"{repository}:deps-l"):
            self.context.engine.images.tag(tag, *tag.split(":"))
        return Built(image, "l", f"{repository}:deps-l", 1, 2, self.types, self.addons, ("heroku/fake",))

    def ensure(self, *_: object) -> stack.Stack:
        for one in self.meanwhile:
            one()
        return stack.Stack("debian-14", "run", "build")

    def deploy(
        self,
        app: App,
        source: deploy_source.Source | None = None,
        recording: Recording | None = None,
        **options: bool,
    ) -> deploy_values.Deployed:
        chosen = deploy_values.Options(offline=True, **options)
        return deploy.deploy(self.context, app, source or deploy_source.of(app), chosen, self._heard, recording)

    def _heard(self, event: Event) -> None:
        self.events.append(event)
        for line in transcript(event):
            self.at.pop(line, lambda: None)()

    @property
    def lines(self) -> list[str]:
        return [line for event in self.events for line in transcript(event)]

    def file(self, name: str) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(self.sent)) as tar:
            (found,) = [member for member in tar if member.name.endswith(f"/{name}")]
            file = tar.extractfile(found)
            return file.read() if file else b""


def builds(context: Context, monkeypatch: pytest.MonkeyPatch) -> Builds:
    made = Builds(context)
    monkeypatch.setattr(stack, "choose", lambda *_: stack.Choice("debian-14", ""))
    monkeypatch.setattr(stack, "ensure", made.ensure)
    monkeypatch.setattr(build, "Builder", made)
    return made
