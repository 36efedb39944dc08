"""What a build remembers as its source: what was sent, and not what lay there a moment before."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localku.context import Context
from localku.platform import build
from localku.slugs.values import Built
from localku.store.records import App


class Builder:
    """Keeps the tar it gets and calls it a slug."""

    sent = b""

    def __init__(self, *_: object) -> None:
        """Take what the real one takes."""

    def build(self, _job: Any, archive: io.BufferedRandom, _run_image: str, repository: str, _tag: object) -> Built:
        Builder.sent = archive.read()
        return Built(f"{repository}:v3", "l", f"{repository}:deps-l", 1, 2, {}, (), ())


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch, context: Context) -> list[Callable[[], object]]:
    """What happens between the look at the files and their packing."""
    doing: list[Callable[[], object]] = []

    def ensure(*_: object) -> build.stack.Stack:
        for one in doing:
            one()
        return build.stack.Stack("debian-14", "run", "build")

    monkeypatch.setattr(build.stack, "choose", lambda *_: build.stack.Choice("debian-14", ""))
    monkeypatch.setattr(build.stack, "ensure", ensure)
    monkeypatch.setattr(build, "Builder", Builder)
    context.engine.images.tag("", "localku/one", "v3")
    return doing


def built(context: Context, app: App) -> bool:
    return build.build(context, app, lambda _line: None, lambda *_: None, build.Options(offline=True)).built


def sent(name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(Builder.sent)) as tar:
        (found,) = [member for member in tar if member.name.endswith(f"/{name}")]
        file = tar.extractfile(found)
        return file.read() if file else b""


def test_a_file_that_changed_before_it_was_sent_is_remembered_as_sent(
    context: Context, app: App, root: Path, meanwhile: list[Callable[[], object]]
) -> None:
    (root / "app.py").write_text("one\n")
    meanwhile.append(lambda: (root / "app.py").write_text("another\n"))
    assert built(context, app)
    assert sent("app.py") == b"another\n"
    assert not built(context, app)
    (root / "app.py").write_text("one\n")
    assert built(context, app)


def test_a_log_that_grew_is_sent_and_remembered_as_it_was(
    context: Context, app: App, root: Path, meanwhile: list[Callable[[], object]]
) -> None:
    (root / "build.txt").write_text("first\n")

    def grow() -> None:
        with (root / "build.txt").open("a") as log:
            log.write("second\n")

    meanwhile.append(grow)
    assert built(context, app)
    assert sent("build.txt") == b"first\n"
    meanwhile.clear()
    (root / "build.txt").write_text("first\n")
    assert not built(context, app)
