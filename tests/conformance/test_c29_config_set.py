"""C29: config:set makes a release, runs its release phase, and restarts every dyno."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from world import World


def test_config_set_releases_and_restarts_all_dynos(phased: World) -> None:
    with phased.running("-f", "worker=1", RELEASE='echo "colour is $COLOUR"') as app:
        app.wait_state("up", "worker.1")
        before = json.loads(app.ok("releases", "--json", "-n", "1"))[0]["version"]
        app.ok("config:set", "COLOUR=green")
        number = before + 1
        try:
            newest = json.loads(app.ok("releases", "--json", "-n", "1"))[0]
            assert (newest["version"], newest["description"]) == (number, "Set COLOUR config vars")
            for dyno in ("web.1", "worker.1"):
                app.wait_logged(f"heroku[{dyno}]: Restarting")
                app.wait_state("up", dyno)
            assert {row["release"]["version"] for row in json.loads(app.ok("ps", "--json"))} == {number}
            assert app.request("/colour.txt")[2] == b"green\n"
        finally:
            app.ok("config:unset", "COLOUR")
        lines = [line for line in app.new_lines() if re.match(r"\w+\[(api|release\.)|.*: Restarting$", line)]
        log = "\n".join(lines)
        assert re.search(
            "app\\[api\\]: Set COLOUR config vars by user localku\n"
            f"app\\[api\\]: Running release v{number} commands by user localku\n"
            'app\\[api\\]: Starting process with command `eval "\\$RELEASE"` by user localku\n'
            "heroku\\[(release\\.[0-9]+)\\]: Starting process with command `.*`\n"
            "heroku\\[\\1\\]: State changed from starting to up\n"
            "app\\[\\1\\]: colour is green\n"
            "heroku\\[\\1\\]: Process exited with status 0\n"
            "heroku\\[\\1\\]: State changed from up to complete\n"
            f"app\\[api\\]: Release v{number} created by user localku\n"
            "(.*\n)*heroku\\[w.*\\]: Restarting",
            log,
        ), log
