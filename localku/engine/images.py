"""Images: find, import, pull, tag, take away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

from localku.engine.engine_errors import Conflict, NotFound, explained

if TYPE_CHECKING:
    from docker import APIClient


@dataclass(frozen=True)
class Image:
    """`size` is the bytes of all its layers, shared ones included; `parent` the id of the image it was made on."""

    id: str
    tags: tuple[str, ...]
    labels: Mapping[str, str]
    size: int
    architecture: str
    parent: str = ""


class Images:
    def __init__(self, api: APIClient) -> None:
        self._api: Any = api  # types-docker leaves most of the image calls untyped

    def find(self, tag: str) -> Image | None:
        try:
            with explained(f"Could not look for the image {tag}"):
                row = self._api.inspect_image(tag)
        except NotFound:
            return None
        return Image(
            id=row["Id"],
            tags=tuple(row.get("RepoTags") or ()),
            labels=(row.get("Config") or {}).get("Labels") or {},
            size=int(row["Size"]),
            architecture=row.get("Architecture", ""),
            parent=row.get("Parent") or "",
        )

    def layers(self, tag: str) -> tuple[str, ...]:
        """Return the digests of its layers, lowest first. Raise NotFound when it is gone."""
        with explained(f"Could not look at the image {tag}"):
            return tuple(self._api.inspect_image(tag)["RootFS"]["Layers"])

    def lower_layers(self, tag: str, label: str, own: int) -> tuple[str, ...]:
        """Return as many of its layers' digests, lowest first, as its label says; all but `own` where it has none.

        Raise NotFound when it is gone.
        """
        with explained(f"Could not look at the image {tag}"):
            row = self._api.inspect_image(tag)
        layers = tuple(row["RootFS"]["Layers"])
        number = ((row.get("Config") or {}).get("Labels") or {}).get(label)
        return layers[: int(number)] if number else layers[:-own]

    def config(self, tag: str) -> dict[str, Any]:
        """The image's `Config`: Env, Cmd, Entrypoint, Labels, User, WorkingDir."""
        with explained(f"Could not look at the image {tag}"):
            return dict(self._api.inspect_image(tag).get("Config") or {})

    def labelled(self, labels: Mapping[str, str]) -> tuple[Image, ...]:
        wanted = [f"{key}={value}" for key, value in labels.items()]
        with explained("Could not list the images"):
            rows = self._api.images(filters={"label": wanted})
        return tuple(
            Image(
                id=row["Id"],
                tags=tuple(tag for tag in row.get("RepoTags") or () if tag != "<none>:<none>"),
                labels=row.get("Labels") or {},
                size=int(row["Size"]),
                architecture="",
                parent=row.get("ParentId") or "",
            )
            for row in rows
        )

    def import_tar(
        self, archive: IO[bytes] | Iterable[bytes], repository: str, tag: str, changes: tuple[str, ...] = ()
    ) -> None:
        """Make an image of one layer from a tar archive of `/`; `changes` are Dockerfile lines."""
        with explained(f"Could not import the image {repository}:{tag}"):
            self._api.import_image_from_data(
                cast("Any", archive), repository=repository, tag=tag, changes=list(changes)
            )

    def pull(self, repository: str, tag: str, progress: Callable[[str, float | None], None]) -> None:
        """Fetch an image; `progress` gets a step's name and the fraction of its bytes, or None."""
        with explained(f"Could not pull {repository}:{tag}"):
            for event in self._api.pull(repository, tag=tag, stream=True, decode=True):
                if "error" in event:
                    raise NotFound(f"Could not pull {repository}:{tag}: {event['error']}")
                detail = event.get("progressDetail") or {}
                total = detail.get("total")
                progress(str(event.get("status", "")), detail.get("current", 0) / total if total else None)

    def tag(self, image: str, repository: str, tag: str) -> None:
        with explained("Could not tag the image"):
            self._api.tag(image, repository, tag)

    def remove(self, image: str) -> bool:
        """Take an image or a tag away. False when a container still uses it; gone already is no error."""
        try:
            with explained("Could not remove the image"):
                self._api.remove_image(image, noprune=False)
        except NotFound:
            return True
        except Conflict:
            return False
        return True

    def above(self, image: str, label: str, own: int) -> dict[str, int]:
        """Return the layers on top of its lower ones (`lower_layers`), each of one commit, with their bytes.

        Raise NotFound when it is gone.
        """
        lower, layers = self.lower_layers(image, label, own), self.layers(image)
        with explained("Could not measure the image"):
            newest_first = self._api.history(image)
        upper = layers[len(lower) :]
        return {layer: int(row["Size"]) for layer, row in zip(reversed(upper), newest_first, strict=False)}

    def unique_size(self, image: str) -> int:
        """Bytes of the layers an image adds itself: the last one of its history."""
        with explained("Could not measure the image"):
            history = self._api.history(image)
        return int(history[0]["Size"]) if history else 0
