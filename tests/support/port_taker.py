"""Another program on a port of this machine, which keeps what it hears: `python port_taker.py PORT FILE [CERTIFICATE]`.

With a certificate, in one file with its key, it speaks TLS.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def taken(port: int, heard: Path, certificate: Path | None = None) -> Iterator[str]:
    """Have one on the port, and give what it is called: `python3 (process 4711)`."""
    more = () if certificate is None else (str(certificate),)
    command = (sys.executable, __file__, str(port), str(heard), *more)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == b"listens\n"
            yield f"{Path(f'/proc/{program.pid}/comm').read_text().strip()} (process {program.pid})"
        finally:
            program.kill()


def main(port: int, heard: Path, certificate: Path | None) -> None:
    with socket.socket() as listening, heard.open("ab", buffering=0) as file:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        print("listens", flush=True)
        while True:
            client, _ = listening.accept()
            file.write(b"a client\n")
            with suppress(OSError), client:  # one that does not like the certificate
                client.settimeout(5)
                if certificate is not None:
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                    context.load_cert_chain(certificate)
                    client = context.wrap_socket(client, server_side=True)
                file.write(client.recv(65536))
                client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                time.sleep(0.1)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if sys.argv[3:] else None)
