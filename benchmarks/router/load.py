"""The load: wrk for small bodies, plain sockets for large ones and for connections that only wait."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from benchmarks.router.app import LARGE
from benchmarks.router.servers import Server

IDLE = 2000
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
_BUFFER = 1024 * 1024


@dataclass(frozen=True)
class Small:
    """Requests per second, milliseconds, and microseconds of the server's processor time for a request."""

    rate: float
    p50: float
    p99: float
    processor: float


def small(server: Server, clients: int, seconds: float) -> Small:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")
    command = [wrk, "-t1", f"-c{clients}", f"-d{seconds:g}s", "--latency", f"http://127.0.0.1:{server.port}/"]
    before = server.processor()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(f"{server.name} answered with errors:\n{said}")
    used = server.processor() - before
    rate, count = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"(\d+) requests in", said)
    if rate is None or count is None:
        raise SystemExit(f"wrk said:\n{said}")
    return Small(float(rate[1]), percentile(said, 50), percentile(said, 99), used / int(count[1]) * 1e6)


def percentile(said: str, which: int) -> float:
    found = re.search(rf"{which}%\s+([\d.]+)(us|ms|s)", said)
    return float(found[1]) * _UNITS[found[2]] if found else float("nan")


def large(server: Server, path: str, seconds: float, clients: int = 2) -> float:
    """Megabytes per second, `/large` down or `/upload` up."""
    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        sent = sum(pool.map(lambda _: _until(server.port, path, began + seconds), range(clients)))
    return sent / (time.perf_counter() - began) / 1e6


def _until(port: int, path: str, end: float) -> int:
    sent = 0
    while time.perf_counter() < end:
        (_download if path == "/large" else _upload)(port, path)
        sent += LARGE
    return sent


def _download(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\n\r\n".encode())
        buffer, got = bytearray(_BUFFER), 0
        while size := client.recv_into(buffer):
            got += size
    if got < LARGE:
        raise SystemExit(f"{got} bytes of {LARGE} came")


def _upload(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        head = f"POST {path} HTTP/1.1\r\nHost: app.localhost\r\nConnection: close\r\nContent-Length: {LARGE}\r\n\r\n"
        client.sendall(head.encode())
        piece = bytes(_BUFFER)
        for _ in range(LARGE // _BUFFER):
            client.sendall(piece)
        answer = b""
        while part := client.recv(4096):
            answer += part
    if not answer.endswith(str(LARGE).encode()):
        raise SystemExit(f"the upload was answered with {answer!r}")


def idle(server: Server) -> float:
    """Bytes of memory that one connection costs which has had an answer and waits."""
    before = server.memory()
    waiting = []
    try:
        for _ in range(IDLE):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(b"GET / HTTP/1.1\r\nHost: app.localhost\r\n\r\n")
            client.recv(4096)
            waiting.append(client)
        return (server.memory() - before) / IDLE
    finally:
        for client in waiting:
            client.close()
