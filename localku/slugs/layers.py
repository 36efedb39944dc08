"""Which folders of a slug are dependencies, and so belong into the layer below the app's own files."""

from __future__ import annotations

from collections.abc import Iterable

FOLDERS = (".heroku", "node_modules", "vendor")
"""What Heroku's buildpacks fill: the runtimes and their packages, npm's modules, composer's and bundler's gems."""


def paths(bower_directory: str | None, source: Iterable[str]) -> tuple[str, ...]:
    """Return the folders, relative to the app, that buildpacks will fill and the source has nothing in.

    None of them lies in another.
    """
    wanted = [*FOLDERS, (bower_directory or "bower_components").strip("/")]
    files = tuple(source)
    return tuple(
        folder
        for folder in dict.fromkeys(wanted)
        if folder
        and not any(file == folder or file.startswith(f"{folder}/") for file in files)
        and not any(folder.startswith(f"{other}/") for other in wanted)
    )
