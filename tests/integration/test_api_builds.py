"""A build through the API, as heroku-builds and the Terraform provider ask for one: sent, built, followed, up."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
from support.api_http import ApiClient, api_client
from support.localku import Localku, get, wait_for
from support.tiny import FILES, hurry


def packed(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name.removesuffix("*"))
            info.mode, info.size = 0o755 if name.endswith("*") else 0o644, len(content.encode())
            tar.addfile(info, io.BytesIO(content.encode()))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def client(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> ApiClient:
    made = api_client(lk, tmp_path_factory.mktemp("elsewhere"))
    made.call("POST", "/apps", {"name": "sent"})
    return made


def build(client: ApiClient, content: bytes, version: str) -> Any:
    blob = client.call("POST", "/sources")["source_blob"]
    assert httpx2.put(blob["put_url"], content=content, headers={"Content-Type": ""}).status_code == 200
    asked = {"source_blob": {"url": blob["get_url"], "version": version}}
    return client.call("POST", "/apps/sent/builds", asked)


def ended(client: ApiClient, begun: Any) -> Any:
    """Wait for it by its output, which ends when it does."""
    with httpx2.stream("GET", begun["output_stream_url"], timeout=120) as reply:
        text = "".join(reply.iter_text())
    return {**client.call("GET", f"/apps/sent/builds/{begun['id']}"), "output": text}


def answer(client: ApiClient) -> tuple[int, str]:
    (app,) = client.lk.ok("apps", "--json", cwd=client.folder).json
    return get(f"http://127.0.0.1:{app['port']}/", host="sent.localhost")


def test_what_is_sent_is_built_and_up(client: ApiClient) -> None:
    begun = build(client, packed(FILES), "1a2b3c4d")
    assert begun["status"] == "pending"
    done = ended(client, begun)
    assert (done["status"], done["source_blob"]["version"]) == ("succeeded", "1a2b3c4d")
    assert "-----> Making something of nothing" in done["output"]
    assert f"Released v{done['release']['version']}" in done["output"]
    assert wait_for(lambda: answer(client) == (200, "ok\n"))
    slug = client.call("GET", f"/apps/sent/slugs/{done['slug']['id']}")
    assert set(slug["process_types"]) == {"web", "worker"}


def test_a_build_that_fails_says_why_and_changes_nothing(client: ApiClient) -> None:
    broken = {**FILES, "pack/bin/compile*": "#!/bin/bash\necho ' !     No such luck'\nexit 1\n"}
    done = ended(client, build(client, packed(broken), "broken"))
    assert (done["status"], done["release"]) == ("failed", None)
    assert " !     No such luck" in done["output"]
    assert answer(client) == (200, "ok\n")


@pytest.mark.parametrize(
    ("content", "why"), [(packed({"../out": "x"}), "does not belong"), (b"no tarball", "cannot be unpacked")]
)
def test_what_cannot_be_unpacked_is_a_build_that_fails(client: ApiClient, content: bytes, why: str) -> None:
    done = ended(client, build(client, content, "none"))
    assert (done["status"], done["release"]) == ("failed", None)
    assert why in done["output"]
    assert answer(client) == (200, "ok\n")


def test_builds_that_are_asked_for_meanwhile_wait_for_their_turn(client: ApiClient) -> None:
    slow = {**FILES, "pack/bin/compile*": "#!/bin/bash\nuntil [ -e /tmp/hurry ]; do sleep 0.1; done\n"}
    begun = [build(client, packed(slow), "first"), *(build(client, packed(FILES), one) for one in ("second", "third"))]
    assert [one["status"] for one in begun] == ["pending"] * 3
    for one in begun[1:]:
        with httpx2.stream("GET", one["output_stream_url"], timeout=120) as reply:
            assert any("Waiting for another build of sent..." in line for line in reply.iter_lines())
    hurry(client.lk.home, "sent")
    done = [ended(client, one) for one in begun]
    assert [one["status"] for one in done] == ["succeeded"] * 3
    assert "Waiting for another build of sent..." not in done[0]["output"]
    assert all(one["output"].startswith("Waiting for another build of sent...\n") for one in done[1:])
    releases = [
        client.call("GET", f"/apps/sent/releases/{one['release']['id']}")["version"] for one in done if one["release"]
    ]
    assert len(releases) == 3
    assert releases == sorted(releases)


def test_a_build_is_canceled_and_the_next_one_passes(client: ApiClient) -> None:
    slow = {**FILES, "pack/bin/compile*": "#!/bin/bash\necho '-----> Sleeping'\nsleep 300\n"}
    begun = build(client, packed(slow), "slow")
    with httpx2.stream("GET", begun["output_stream_url"], timeout=60) as reply:
        assert any("Sleeping" in line for line in reply.iter_lines())
    since = time.monotonic()
    client.call("DELETE", f"/apps/sent/builds/{begun['id']}")
    done = ended(client, begun)
    assert (done["status"], time.monotonic() - since < 60) == ("failed", True)
    assert "Build canceled" in done["output"]
    assert ended(client, build(client, packed(FILES), "again"))["status"] == "succeeded"
    assert answer(client) == (200, "ok\n")
