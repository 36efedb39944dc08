"""Corpora for NLTK, which nltk.txt lists."""

from __future__ import annotations

from pybuild import output, programs
from pybuild.installed import importable
from pybuild.output import BuildpackError
from pybuild.session import Session


def download(session: Session) -> dict[str, str]:
    """Fetch the corpora; return the variables that show dynos where they are."""
    build = session.build
    if not importable("nltk", session.site_packages, build.build_dir):
        return {}
    output.step("Downloading NLTK corpora...")
    definition = build.build_dir / "nltk.txt"
    if not definition.is_file():
        output.indented("'nltk.txt' not found, not downloading any corpora")
        return {}
    packages = definition.read_text("utf-8").splitlines()
    output.step(f"Downloading NLTK packages: {' '.join(packages)}")
    # Not by way of /app: NLTK 3.9.3 takes a symbolic link above its folder for an attack.
    target = build.tree / "nltk_data"
    command: programs.Command = [session.python, "-m", "nltk.downloader", "-d", target, *packages]
    if not programs.stream(command, env=session.app_env, cwd=build.build_dir).ok:
        raise BuildpackError(
            "nltk-downloader",
            "Error: Unable to download NLTK data.\n\n"
            "'python -m nltk.downloader' failed, see its output above. Check\n"
            "the names in nltk.txt and this machine's connection.",
        )
    return {"NLTK_DATA": str(build.app_dir / ".heroku/python/nltk_data")}
