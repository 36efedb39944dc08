"""gunicorn, and what stands in front of it: nginx from Debian, and localku's router in a process of its own."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WORKERS = 2
WAIT = 20.0


@dataclass(frozen=True)
class Server:
    """`process` is the parent; its children belong to the server too."""

    name: str
    port: int
    process: int

    def memory(self) -> int:
        """Bytes of memory that the processes of this server hold for themselves (Pss)."""
        return sum(_pss(process) for process in (self.process, *_children(self.process)))

    def processor(self) -> float:
        """Seconds of processor time that the processes of this server have used, user and system together."""
        return sum(_processor(process) for process in (self.process, *_children(self.process)))


@contextlib.contextmanager
def gunicorn(workers: str) -> Iterator[Server]:
    """Run gunicorn with `sync` workers, its default, which close each connection, or with `gthread` ones."""
    port = _free_port()
    threads = ["--threads", "8", "--keep-alive", "75"] if workers == "gthread" else []
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", str(WORKERS), "-k", workers, *threads]
    with _running(f"gunicorn {workers}", port, [*command, "benchmarks.router.app:app"]) as server:
        yield server


@contextlib.contextmanager
def nginx(behind: int, folder: Path) -> Iterator[Server]:
    """Run nginx; it keeps connections to the app, buffers nothing on disk and logs every request."""
    port = _free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(port=port, behind=behind, folder=folder, workers=WORKERS))
    found = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise SystemExit("nginx is not installed: apt-get install nginx-light")
    with _running("nginx", port, [found, "-c", str(config), "-e", str(folder / "error.log")]) as server:
        yield server


@contextlib.contextmanager
def localku(behind: int, folder: Path, loop: str) -> Iterator[Server]:
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.router.ours", str(port), str(behind), str(folder / loop), loop]
    with _running(f"localku, {loop}", port, command) as server:
        yield server


_NGINX = """
daemon off; worker_processes {workers}; pid {folder}/nginx.pid; worker_rlimit_nofile 20000;
events {{ worker_connections 10000; }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  client_max_body_size 0; keepalive_requests 10000000; keepalive_timeout 90s;
  upstream app {{ server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 10000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_request_buffering off; proxy_max_temp_file_size 0;
    }}
  }}
}}
"""


@contextlib.contextmanager
def _running(name: str, port: int, command: list[str]) -> Iterator[Server]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Server(name, port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}: {process.args!r}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _processor(process: int) -> float:
    """The first figure of a thread's `schedstat` is nanoseconds on a processor: proc_pid_schedstat, sched-stats.rst."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def _pss(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
