"""A dyno's files against its slug's."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from localku.ephemeral.change import GONE, Change, Trace
from localku.ephemeral.compare import Origin, SlugFile, changes, touched, unsettled
from localku.ephemeral.walk import Seen, Walk


def sha(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def has(text: str) -> SlugFile:
    return SlugFile("f", len(text), 10.0, sha(text))


def seen(path: str, text: str = "x", **more: Any) -> Seen:
    return Seen(path, "f", len(text), more.pop("written", 50.0), more.pop("modified", 50.0), digest=sha(text))


FOLDER = SlugFile("d", 0, 10.0, "")
SLUG = {
    "/app": FOLDER,
    "/app/a": has("a"),
    "/app/lib": FOLDER,
    "/app/lib/b": has("b"),
    "/app/to": SlugFile("l", 0, 10.0, "a"),
}
NOTHING = Origin()


def found(
    *new: Seen, old: tuple[str, ...] = (), origin: Origin = NOTHING, complete: bool = True, **read: str
) -> dict[str, Change]:
    walk = Walk(new, frozenset(old), complete)
    digests = {f"/app/{name}": digest for name, digest in read.items()}
    return {change.path: change for change in changes(walk, SLUG, origin, digests)}


def test_content_decides_and_not_mode_or_time() -> None:
    rest = ("/app/a", "/app/lib", "/app/lib/b", "/app/to")
    assert found(seen("/app/a", "a"), seen("/app/lib/b", "b"), old=rest) == {}
    assert found(seen("/app/a", "b"), old=rest)["/app/a"].kind == "changed"
    assert found(Seen("/app/to", "l", 1, 50.0, 50.0, link="a"), old=rest) == {}
    assert found(Seen("/app/to", "l", 1, 50.0, 50.0, link="b"), old=rest)["/app/to"].kind == "changed"
    assert found(Seen("/app/a", "l", 1, 50.0, 50.0, link="b"), old=rest)["/app/a"].kind == "changed"


def test_a_file_that_nobody_has_read_differs_by_size_and_time() -> None:
    rest = ("/app/lib", "/app/lib/b", "/app/to")
    unread = Seen("/app/a", "f", 1, 50.0, 50.0)
    assert unsettled(Walk((unread,), frozenset(), complete=True), SLUG, Origin()) == ("/app/a",)
    assert "/app/a" in found(unread, old=rest)
    assert found(unread._replace(modified=10.4), old=rest) == {}
    assert found(unread, old=rest, a=sha("a")) == {}
    assert "/app/a" in found(unread, old=rest, a=sha("z"))


def test_what_is_not_there_is_deleted_and_what_was_not_there_is_added() -> None:
    new = found(seen("/app/new"), Seen("/app", "d", 4096, 60.0, 60.0), old=("/app/to",))
    assert {path: change.kind for path, change in new.items()} == {
        "/app/new": "added",
        "/app/a": "deleted",
        "/app/lib": "deleted",
        "/app/lib/b": "deleted",
    }
    assert new["/app/lib"].is_dir
    assert found(seen("/app/new"), complete=False).keys() == {"/app/new"}


def test_folders_of_the_image_outside_app_are_nobodys_work() -> None:
    folders = [Seen(path, "d", 40, 50.0, 50.0) for path in ("/", "/tmp", "/proc", "/var/tmp", "/tmp/mine")]
    assert found(*folders, old=tuple(SLUG)).keys() == {"/tmp/mine"}
    assert touched(Walk(tuple(folders), frozenset(), complete=True))
    assert not touched(Walk(tuple(folders[:-1]), frozenset(), complete=True))


BEFORE = {"/app/new": Trace(sha("x"), by_boot=True)}
OTHERWISE = {"/app/new": Trace(sha("y"), by_boot=True)}


@pytest.mark.parametrize(
    ("written", "certain", "before", "returns"),
    [
        (40.0, True, {}, True),  # a web dyno's file that no request can have written
        (40.0, True, BEFORE, True),
        (40.0, True, OTHERWISE, False),  # each boot makes another one: a random secret
        (40.0, True, {"/app/new": Trace("", by_boot=True)}, True),
        (60.0, True, {}, False),  # a request may have written it
        (60.0, True, BEFORE, False),  # as one of the life before may have
        (40.0, False, {}, False),  # a worker's, that may come from a job
        (40.0, False, BEFORE, True),  # it did so at both of its starts
        (40.0, False, OTHERWISE, False),
        (60.0, False, BEFORE, False),
    ],
)
def test_what_comes_back_by_itself(written: float, certain: bool, before: dict[str, Trace], returns: bool) -> None:
    new = found(seen("/app/new", written=written), old=tuple(SLUG), origin=Origin(55.0, certain, before))
    assert new["/app/new"].returns is returns


def test_what_each_boot_deletes_is_deleted_again() -> None:
    folder = Seen("/app", "d", 4096, 40.0, 40.0)
    rest = ("/app/lib", "/app/lib/b", "/app/to")
    assert found(folder, old=rest, origin=Origin(55.0, certain=True))["/app/a"].returns
    assert not found(folder._replace(written=60.0), old=rest, origin=Origin(55.0, certain=True))["/app/a"].returns
    again = Origin(55.0, before={"/app/a": Trace(GONE, by_boot=True)})
    assert found(folder, old=rest, origin=again)["/app/a"].returns


def test_a_workers_boot_has_no_end_that_anybody_knows() -> None:
    assert not found(seen("/app/new", written=1.0), old=tuple(SLUG))["/app/new"].returns
