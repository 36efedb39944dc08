"""C22: a release command that fails stops the deploy; the old release serves on and the new one is marked failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from support.localku import commit

if TYPE_CHECKING:
    from world import World


def test_a_failed_release_phase_leaves_the_old_release_in_force(phased: World) -> None:
    with phased.running() as app:
        served = app.request("/code.txt")[2]
        before = json.loads(app.ok("releases", "--json", "-n", "1"))[0]
        refused = phased.run("config:set", "RELEASE=echo migrating; false")
        (phased.folder / "code.txt").write_text("never seen")
        commit(phased.folder, "bad")
        built = phased.run("build")
        try:
            assert (refused.status, built.status) == (1, 1)
            newest, earlier, *_ = json.loads(app.ok("releases", "--json"))
            assert newest["version"] == earlier["version"] + 1 == before["version"] + 2
            assert [newest["status"], earlier["status"]] == ["failed", "failed"]
            assert [newest["current"], earlier["current"]] == [False, False]
            assert f"Release v{newest['version']} failed: its release command" in built.err
            assert "release command failed" in app.ok("releases").splitlines()[3]
            assert app.ok("releases:output", f"v{newest['version']}") == "migrating\n"
            assert app.request("/code.txt")[2] == served
            assert "heroku[web.1]: Restarting" not in app.new_lines("web.1")
            assert f"app[api]: Release v{newest['version']} command failed by user localku" in app.new_lines()
            assert app.ok("config:get", "RELEASE") == "echo migrating; false\n"
        finally:
            app.ok("config:unset", "RELEASE")
