"""The page, with the line the benchmark changes."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

NOTE = "edition 0"
WRITTEN = Path("written-at-run-time.txt")


def page(request: HttpRequest) -> HttpResponse:
    """Show the note, and leave a file behind for reset-fs to find."""
    WRITTEN.write_text(NOTE)
    return render(request, "page.html", {"note": NOTE})
