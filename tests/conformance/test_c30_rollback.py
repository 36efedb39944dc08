"""C30: a rollback is a new release with the code and the config vars of an old one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from support.localku import commit, wait_for

if TYPE_CHECKING:
    from world import World


def test_rollback_brings_old_code_and_old_config_as_a_new_release(phased: World) -> None:
    with phased.running(COLOUR="red") as app:
        old, code = json.loads(app.ok("releases", "--json", "-n", "1"))[0], app.request("/code.txt")[2]
        app.ok("config:set", "COLOUR=blue", "ADDED=1")
        (phased.folder / "code.txt").write_text("two")
        commit(phased.folder, "two")
        app.ok("build")
        wait_for(lambda: app.request("/code.txt")[2] == b"two", phased.patience)
        assert app.request("/colour.txt")[2] == b"blue\n"
        try:
            app.ok("rollback", f"v{old['version']}")
            newest = json.loads(app.ok("releases", "--json", "-n", "1"))[0]
            assert newest["version"] == old["version"] + 3
            assert (newest["description"], newest["current"]) == (f"Rollback to v{old['version']}", True)
            wait_for(lambda: app.request("/code.txt")[2] == code, phased.patience)
            assert app.request("/colour.txt")[2] == b"red\n"
            config = json.loads(app.ok("config", "--json"))
            assert (config["COLOUR"], "ADDED" in config) == ("red", False)
            assert f"app[api]: Rollback to v{old['version']} by user localku" in app.new_lines()
        finally:
            phased.run("config:unset", "ADDED")
