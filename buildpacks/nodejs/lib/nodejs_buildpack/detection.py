"""What to tell about an app that is set to this buildpack and has no package.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def why_not(build_dir: Path) -> str:
    """Return the error text: who hides package.json, or what the app holds instead."""
    for ignore, more in ((".slugignore", "slug-compiler#ignoring-files-with-slugignore"), (".gitignore", "gitignore")):
        if _lists_package_json(build_dir / ignore):
            return (
                f"ERROR: 'package.json' listed in '{ignore}' file\n\n"
                "The 'heroku/nodejs' buildpack is set on this application, but the build has no package.json:\n"
                f"{ignore} keeps it out. Remove that line.\n\n"
                f"https://devcenter.heroku.com/articles/{more}"
            )
    found = "\n".join(sorted(each.name + "/" * each.is_dir() for each in build_dir.iterdir()))
    return (
        "ERROR: Application not supported by 'heroku/nodejs' buildpack\n\n"
        "The 'heroku/nodejs' buildpack is set on this application, and there is no package.json at its top.\n"
        f"The build has these files:\n\n{found}\n\n"
        "If the app is in another language, change its buildpacks: heroku buildpacks\n\n"
        "https://devcenter.heroku.com/articles/nodejs-support#activation"
    )


def _lists_package_json(ignore: Path) -> bool:
    return ignore.is_file() and "package.json" in ignore.read_text(errors="replace").splitlines()
