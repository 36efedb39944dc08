"""As much of a browser as a Django form needs: cookies, the CSRF token, multipart."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.request
import uuid

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    """Talks to `address` in the name of `host`."""

    def __init__(self, address: str, host: str) -> None:
        self._address = address
        self._host = host
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def get(self, path: str) -> tuple[int, str]:
        return self._open(urllib.request.Request(self._address + path))

    def submit(self, path: str, fields: dict[str, str], files: dict[str, tuple[str, bytes]] | None = None) -> int:
        """Fetch the form for its token, and post it."""
        _, page = self.get(path)
        found = _TOKEN.search(page)
        assert found, page[:2000]
        boundary = uuid.uuid4().hex
        body = _multipart(boundary, {"csrfmiddlewaretoken": found[1], **fields}, files or {})
        request = urllib.request.Request(self._address + path, data=body)
        request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
        return self._open(request)[0]

    def _open(self, request: urllib.request.Request) -> tuple[int, str]:
        request.add_header("Host", self._host)
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")


def _multipart(boundary: str, fields: dict[str, str], files: dict[str, tuple[str, bytes]]) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (filename, content) in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode()
