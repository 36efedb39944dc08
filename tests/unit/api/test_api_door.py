"""Who is let in, and the forms that requests and answers have."""

from __future__ import annotations

import base64
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localku.api import api_token
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import new_apps
from localku.records import App

if TYPE_CHECKING:
    from api_client import Api

TOKEN = "0123456789abcdef"


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {TOKEN}",
        f"bearer {TOKEN}",
        basic(f":{TOKEN}"),
        basic(f"heroku:{TOKEN}"),
        basic(f"_:{TOKEN}"),
        basic(f"me@example.com:{TOKEN}"),
    ],
)
def test_the_token_comes_in_each_form_that_clients_have(api: Api, header: str) -> None:
    assert api.call("GET", "/account", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer undefined", "Bearer", f"Token {TOKEN}", TOKEN, "Basic ???", basic(TOKEN), basic(f"{TOKEN}:")]
)
def test_nobody_comes_in_without_it(api: Api, header: str) -> None:
    reply = api.call("GET", "/apps", headers={"Authorization": header})
    assert (reply.status_code, reply.json()["id"]) == (401, "unauthorized")
    assert reply.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("host", ["evil.example:5080", "127.0.0.1.evil.example", "", "[::1]:5080", "0.0.0.0:5080"])
def test_other_hosts_are_not_served(api: Api, host: str) -> None:
    assert api.call("GET", "/account", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:5080", "localhost:5080", "localhost", "LOCALHOST:1"])
def test_this_machine_s_names_are(api: Api, host: str) -> None:
    assert api.call("GET", "/account", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_pages_of_a_browser_are_not_served(api: Api, headers: dict[str, str]) -> None:
    assert api.call("POST", "/apps", {"name": "one-app"}, headers).status_code == 403
    assert api.get("/apps") == []


def test_the_token_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = api_token.token(tmp_path)
    assert made.isalnum()
    assert len(made) == 64
    assert api_token.token(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "api-token").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "api-token"]


def test_those_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(api_token.token(tmp_path))) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(found)) == 1


def test_a_token_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    api_token.token(tmp_path)
    (tmp_path / "api-token").chmod(0o644)
    with pytest.raises(LocalkuError, match="Others can read"):
        api_token.token(tmp_path)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("known")
    (tmp_path / "api-token").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalkuError, match="cannot be used"):
        api_token.token(tmp_path)


def test_one_that_was_never_written_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "api-token").touch(0o600)
    assert len(api_token.token(tmp_path)) == 64


def test_what_there_is_not_is_404(api: Api) -> None:
    assert api.refused("GET", "/nothing")[:2] == (404, "not_found")
    assert api.refused("GET", "/apps/nobody") == (404, "not_found", "Couldn't find that app.")


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"text"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_object_is_a_bad_request(api: Api, body: bytes) -> None:
    reply = api.client.post("/apps", content=body, headers=dict(api.headers))
    assert (reply.status_code, reply.json()["id"]) == (400, "bad_request")


def test_a_body_has_a_limit(api: Api) -> None:
    reply = api.client.post("/apps", content=b" " * (2**20 + 1), headers=dict(api.headers))
    assert (reply.status_code, reply.json()["id"]) == (422, "invalid_params")


def test_an_answer_that_the_client_has_is_not_sent_again(api: Api, app: App) -> None:
    first = api.call("GET", f"/apps/{app.name}")
    again = api.call("GET", f"/apps/{app.name}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    api.patch(f"/apps/{app.name}", {"maintenance": True})
    assert api.call("GET", f"/apps/{app.name}", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_each_answer_has_an_id_and_what_is_left(api: Api) -> None:
    one, other = api.call("GET", "/account"), api.call("GET", "/account")
    assert one.headers["request-id"] != other.headers["request-id"]
    assert one.headers["ratelimit-remaining"] == "4500"


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("version ..; order=desc,max=1", [2]),
        ("version ..; max=1, order=desc", [2]),
        ("version ..; max=15, order=desc", [2, 1]),
        ("version ..; ;", [1, 2]),
        ("version 2..; max=10", [2]),
        ("version ]1..", [2]),
        ("version ..1", [1]),
        ("nothing ..; max=1", [1, 2]),
        ("bytes=0-10", [1, 2]),
        ("", [1, 2]),
    ],
)
def test_lists_come_in_parts(api: Api, app: App, header: str, wanted: list[int]) -> None:
    found = api.get(f"/apps/{app.name}/releases", "release", Range=header)
    assert [one["version"] for one in found] == wanted


def test_a_part_says_how_to_get_the_next(api: Api, context: Context) -> None:
    names = sorted(new_apps.create_bare(context, f"app-{number}").name for number in range(5))
    seen, header = [], "name ..; max=2"
    while header:
        reply = api.call("GET", "/apps", headers={"Range": header})
        header = reply.headers.get("next-range", "")
        assert reply.status_code == (206 if header else 200)
        seen += [one["name"] for one in reply.json()]
    assert seen == names
