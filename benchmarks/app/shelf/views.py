"""The page, with the line the benchmark changes."""

import os
import socket
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

NOTE = "edition 0"
WRITTEN = Path("written-at-run-time.txt")


def page(request: HttpRequest) -> HttpResponse:
    """Show the note and who answers, and leave a file behind for reset-fs to find."""
    WRITTEN.write_text(NOTE)
    return render(request, "page.html", {"note": NOTE, "started": started()})


def started() -> str:
    """Another word for each gunicorn: the name of its machine, and when it started there (proc(5), starttime)."""
    status = Path("/proc", str(os.getppid()), "stat").read_text()
    return f"{socket.gethostname()} {status.rpartition(')')[2].split()[19]}"
