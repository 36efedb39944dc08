"""What a slug has in /app is read out of its image once, however often and by whomever it is asked for."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localku.context import Context
from localku.ephemeral import slug_files
from localku.ephemeral.compare import SlugFile
from localku.ephemeral.slug_listing import KEPT, SlugListings
from localku.errors import LocalkuError
from localku.records import App

if TYPE_CHECKING:
    from fake_engine import FakeEngine

IMAGE = "localku/one:v3"


def archive() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        folder = tarfile.TarInfo("app")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        file = tarfile.TarInfo("app/caf\udce9.txt")
        file.size, file.mtime = 4, 1700000000
        tar.addfile(file, io.BytesIO(b"kept"))
        link = tarfile.TarInfo("app/link")
        link.type, link.linkname = tarfile.SYMTYPE, "kept"
        tar.addfile(link)
    return made.getvalue()


@pytest.fixture
def made(engine: FakeEngine) -> list[str]:
    """Names of the containers that were made to look at an image."""
    engine.images.tags.add(IMAGE)
    engine.images.content[IMAGE] = archive()
    return engine.done


def test_an_image_is_read_once_for_all_processes(context: Context, app: App, made: list[str]) -> None:
    first = slug_files.listed(context, app, IMAGE)
    assert first["/app/caf\udce9.txt"].size == 4
    assert (first["/app"].type, first["/app/link"].content) == ("d", "kept")
    assert made == ["create ", "remove "]
    assert slug_files.listed(context, app, IMAGE) == first
    assert made == ["create ", "remove "]


def test_one_that_cannot_be_read_is_made_again(context: Context, app: App, made: list[str]) -> None:
    first = slug_files.listed(context, app, IMAGE)
    (kept,) = (context.store.folder(app) / "slugs").iterdir()
    kept.write_text(kept.read_text()[:40])
    assert slug_files.listed(context, app, IMAGE) == first
    assert len(made) == 4


def test_a_listing_says_nothing_of_an_image_that_is_gone(context: Context, app: App, made: list[str]) -> None:
    slug_files.listed(context, app, IMAGE)
    context.engine.images.remove(IMAGE)
    with pytest.raises(LocalkuError, match="is gone from the engine"):
        slug_files.listed(context, app, IMAGE)


def test_old_listings_go(tmp_path: Path) -> None:
    listings = SlugListings(tmp_path / "slugs")
    for number in range(KEPT + 3):
        listings.keep(f"sha256:{number}", {"/app": SlugFile("d", 0, 1.5, "")})
    assert len(list((tmp_path / "slugs").iterdir())) == KEPT
    assert listings.find(f"sha256:{KEPT + 2}") == {"/app": SlugFile("d", 0, 1.5, "")}


def test_a_full_disk_keeps_nothing_and_hurts_nobody(tmp_path: Path) -> None:
    (tmp_path / "slugs").write_text("in the way")
    listings = SlugListings(tmp_path / "slugs")
    listings.keep("sha256:1", {"/app": SlugFile("d", 0, 0, "")})
    assert listings.find("sha256:1") is None
