"""Clients of Heroku's API beside its CLI: heroku3 of PyPI and heroku-client of npm, both unmodified."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import npm_package
from support.localku import Localku, get, write_app
from support.tiny import FILES

from localku.control import api_port

WALKS = Path(__file__).parent / "other_clients"
NPM_CLIENT = ("heroku-client", "3.1.4")


@pytest.fixture(scope="module")
def clients(home: Localku, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Their environment: an app called other-clients is up."""
    folder = write_app(tmp_path_factory.mktemp("apps") / "other-clients", FILES)
    home.ok("create", "other-clients", cwd=folder)
    home.ok("config:set", "SHAPE=square", cwd=folder)
    home.ok("up", "--detach", cwd=folder)
    token = home.ok("auth:token", cwd=folder)
    port = api_port.of(home.home)
    assert port is not None
    url = api_port.url(port)
    assert url in token.err
    return {
        **os.environ,
        "HEROKU_API_URL": url,
        "HEROKU_API_KEY": token.out.strip(),
        "NODE_PATH": str(npm_package.installed(*NPM_CLIENT)),
    }


def walked(environ: dict[str, str], program: str, walk: str) -> dict[str, Any]:
    command = [program, str(WALKS / walk), "other-clients"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_heroku3(clients: dict[str, str], home: Localku) -> None:
    found = walked(clients, sys.executable, "heroku3_walk.py")
    assert found["account"] == "localku"
    assert get(found["web_url"].replace("other-clients.localhost", "127.0.0.1"), host="other-clients.localhost")[0]
    assert found["config"] == {"COLOUR": "blue"}
    assert found["addons"] == ["heroku-postgresql:essential-0"] * 2
    newest, before = found["releases"]
    assert newest == before + 1
    assert found["formation"]["worker"] == [1, "Basic"]
    assert found["dynos"] == ["web.1", "worker.1"]
    assert found["maintenance"] == [True, False]
    assert found["added"] == ["www.heroku3.example"]
    assert found["detached"].startswith("run.")
    assert "heroku[web.1]: State changed from starting to up" in found["log"]
    assert found["made"] == "of-heroku3"
    assert "of-heroku3" not in found["names"]
    assert home.ok("config:get", "COLOUR", "--app", "other-clients", cwd=home.home).out == "blue\n"


def test_heroku_client(clients: dict[str, str], home: Localku) -> None:
    found = walked(clients, "node", "heroku_client_walk.js")
    assert found["account"] == "localku"
    assert "other-clients" in found["names"]
    assert found["config"]["SHAPE"] == "round"
    assert found["formation"] == [["worker", 0]]
    assert found["domain"] == "www.node.example"
    assert found["dyno"].startswith("run.")
    assert found["log"].startswith(f"{clients['HEROKU_API_URL']}/")
    assert found["releases"] >= 3
    assert found["refused"] == [404, "not_found"]
    assert "www.node.example" in home.ok("domains", "--app", "other-clients", cwd=home.home).out
