"""The Dockerfile of each sample, from the two beside this module or from somebody's own."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.samples import Sample

LABEL = "localku.benchmark"
"""On every image and container of a run, with the run's name."""

COLLECTSTATIC = "RUN python3 manage.py collectstatic --noinput\n"
SCRIPT = "RUN npm run build\n"
_FROM = re.compile(r"^FROM\s.*$", re.IGNORECASE | re.MULTILINE)


def ours(sample: Sample, *, buildkit: bool) -> str:
    """Return the text for a sample."""
    text = Path(__file__).with_name("Dockerfile.buildkit" if buildkit else "Dockerfile").read_text()
    if COLLECTSTATIC not in text:
        raise ValueError(f"no line {COLLECTSTATIC}")
    if sample is Sample.WITHOUT_COLLECTSTATIC:
        return text.replace(COLLECTSTATIC, "")
    return text.replace(COLLECTSTATIC, SCRIPT + COLLECTSTATIC) if sample is Sample.WITH_SCRIPT else text


def marked(text: str, run: str, image: str) -> str:
    """Label each stage as its first step, so that the layers of every later step carry the labels too.

    With the image's name no two samples share layers: the classic builder goes on from the newest of those that are
    alike, which a cold build of one sample has made, and another's later steps are not on it.
    """
    return _FROM.sub(lambda found: f'{found[0]}\nLABEL {LABEL}="{run}" {LABEL}.image="{image}"', text)
