"""C15: two web dynos, an upload to one of them: the other has it not, a restart takes it, and the doctor says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.localku import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

UPLOAD = """\
import os
import pathlib

MEDIA = pathlib.Path("/app/media")


def app(environ, start_response):
    file = MEDIA / environ["PATH_INFO"].strip("/")
    if environ["REQUEST_METHOD"] == "PUT":
        MEDIA.mkdir(exist_ok=True)
        file.write_bytes(environ["wsgi.input"].read())
    there = file.is_file()
    start_response("200 OK" if there else "404 Not Found", [("X-Dyno", os.environ["DYNO"]), ("Content-Length", "0")])
    return [b""]
"""


def test_an_upload_is_in_one_dyno_until_it_restarts(make_world: Callable[[str, dict[str, str]], World]) -> None:
    world = make_world("c15", {"upload.py": UPLOAD})
    world.ok("ps:type", "web=standard-1x")
    with world.running("-f", "web=2", WEB="gunicorn upload:app") as app:
        app.wait_state("up", "web.2")
        _, head, _ = app.request("/cat.png", method="PUT", body=b"cat")
        owner = head["x-dyno"]

        answers = {head["x-dyno"]: status for status, head, _ in (app.request("/cat.png") for _ in range(40))}
        assert answers == {owner: 200, ({"web.1", "web.2"} - {owner}).pop(): 404}

        report = app.world.run("doctor").out
        assert f"{owner} wrote media/cat.png (upload), and its next restart discards them" in report

        app.ok("ps:restart")
        line = app.wait_logged("[#6 EPHEMERAL FILES]")
        assert line.startswith(
            f"localku[doctor]: [#6 EPHEMERAL FILES] {owner} wrote media/cat.png (upload), and they are gone"
        )
        assert "Fix: object storage such as S3" in line
        wait_for(lambda: set(app.states().values()) == {"up"}, app.world.patience)
        assert {app.request("/cat.png")[0] for _ in range(20)} == {404}
