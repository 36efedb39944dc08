"""What localku has not: none of Heroku's endpoints is "not found" without a word, none is a made-up success."""

from __future__ import annotations

import base64
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from addon_kit import provisioned
from api_routes import endpoint_of
from platform_schema import links

from localku.api import absent_families
from localku.api.absent_families import Family
from localku.api.call import Answers
from localku.api.endpoints import ENDPOINTS, SERVED
from localku.context import Context
from localku.records import Addon, App

if TYPE_CHECKING:
    from api_client import Api

ROOT = Path(__file__).resolve().parents[3]
LINKED = ("/log-sessions/", "/backups/", "/sources/", "/buildpacks")
"""What is followed without the token, and is no endpoint."""

FAMILIES = (*absent_families.PLATFORM, *absent_families.DATA)
SENTENCES = {one.sentence for one in FAMILIES}


@pytest.fixture
def addon(context: Context, app: App) -> Addon:
    return provisioned(context, app)


def filled(path: str, app: App, addon: Addon) -> str:
    """The path with names that there are where they have to be."""
    known = {"{app}": app.name, "{addon}": addon.uuid}
    return re.sub(r"\{[^}]*\}", lambda found: known.get(found[0], "something"), path)


def test_every_endpoint_of_heroku_s_schema_has_an_answer() -> None:
    assert [(method, path) for method, path in sorted(links()) if endpoint_of(method, path) is None] == []


def test_every_request_of_heroku_s_cli_has_an_answer() -> None:
    lines = (ROOT / "scripts/heroku-cli-requests.txt").read_text().splitlines()
    asked = {tuple(one.split()) for line in lines for one in re.findall(r"[A-Z]+ /\S*", line)}
    assert len(asked) > 150
    unanswered = {
        (method, path)
        for method, path in asked
        if endpoint_of(method, path) is None and not path.startswith(LINKED) and path != "/v2/"
    }
    assert unanswered == set()


def test_lists_are_empty_as_a_personal_account_sees_them(api: Api, app: App, addon: Addon) -> None:
    empty = [one for one in ENDPOINTS if one.answers is Answers.EMPTY]
    assert len(empty) > 20
    assert {one.path: api.get(filled(one.path, app, addon)) for one in empty} == {one.path: [] for one in empty}


def test_what_is_not_there_says_so_in_one_sentence(api: Api, app: App, addon: Addon) -> None:
    absent = [one for one in ENDPOINTS if one.answers is Answers.ABSENT]
    assert len(absent) > 300
    told = {(one.method, one.path): api.refused(one.method, filled(one.path, app, addon), {}) for one in absent}
    for (method, path), (status, ident, message) in told.items():
        wanted = (422, "invalid_params") if method in {"POST", "PUT", "PATCH"} else (404, "not_found")
        assert (status, ident) == wanted, path
        assert message in SENTENCES, path


@pytest.mark.parametrize("family", FAMILIES, ids=lambda one: one.sentence[:40])
def test_a_sentence_is_one(family: Family) -> None:
    assert re.fullmatch(r"[A-Zl][^\n]*\.", family.sentence)
    assert len(family.sentence) < 130


def test_nothing_that_is_served_is_also_refused() -> None:
    assert [(one.method, one.path) for one in ENDPOINTS[: len(SERVED)]] == [(one.method, one.path) for one in SERVED]
    assert len({(one.method, one.path) for one in ENDPOINTS}) == len(ENDPOINTS)


def test_an_app_that_there_is_not_is_what_is_said(api: Api) -> None:
    for method, path in (("GET", "webhooks"), ("POST", "webhooks"), ("GET", "sni-endpoints"), ("POST", "acm")):
        assert api.refused(method, f"/apps/nobody/{path}")[2] == "Couldn't find that app."
    assert api.refused("GET", f"/addons/{uuid.uuid4()}/webhooks")[0] == 404


def test_other_accounts_are_not_here(api: Api, app: App) -> None:
    assert api.get("/users/localku", "account") == api.get("/account", "account") == api.get("/users/~", "account")
    assert api.refused("GET", "/users/somebody@example.com")[:2] == (404, "not_found")
    (owner,) = api.get(f"/apps/{app.name}/collaborators", "collaborator")
    assert api.get(f"/apps/{app.name}/collaborators/{owner['user']['email']}", "collaborator") == owner
    assert api.refused("GET", f"/apps/{app.name}/collaborators/a@example.com")[:2] == (404, "not_found")
    assert api.get("/account/delinquency") == {"scheduled_deletion_time": None, "scheduled_suspension_time": None}


def test_apps_are_found_by_their_ids(api: Api, app: App) -> None:
    found = api.post("/filters/apps", {"in": {"id": [app.uuid, str(uuid.uuid4())]}})
    assert [one["name"] for one in found] == [app.name]
    assert api.post("/filters/apps", {}) == []
    assert api.refused("POST", "/filters/apps", {"in": {"id": "x"}})[:2] == (422, "invalid_params")


def test_sizes_stacks_and_generations(api: Api, app: App) -> None:
    sizes = api.get("/dyno-sizes", "dyno-size")
    assert [one["name"] for one in sizes][:3] == ["Eco", "Basic", "Standard-1X"]
    assert api.get(f"/apps/{app.name}/available-dyno-sizes", "dyno-size") == sizes
    assert api.get("/dyno-sizes/standard-2x", "dyno-size")["memory"] == 1
    assert api.get(f"/dyno-sizes/{sizes[0]['id']}", "dyno-size") == sizes[0]
    assert api.refused("GET", "/dyno-sizes/huge")[:2] == (404, "not_found")
    assert api.get(f"/apps/{app.name}/available-stacks", "stack") == api.get("/stacks", "stack")
    (cedar,) = api.get("/generations", "generation")
    assert api.get("/generations/cedar", "generation") == cedar
    assert api.refused("GET", "/generations/fir")[:2] == (404, "not_found")


def test_plans_by_their_names_and_ids(api: Api, app: App, addon: Addon) -> None:
    plan = api.get("/plans/heroku-postgresql:essential-0", "plan")
    assert api.get(f"/plans/{plan['id']}", "plan") == plan
    assert api.get("/addon-services/heroku-postgresql/plans/essential-0", "plan") == plan
    assert api.refused("GET", "/plans/other:small")[:2] == (404, "not_found")
    assert api.refused("GET", "/plans/heroku-postgresql:none")[0] in {404, 422}
    assert [one["id"] for one in api.get("/users/~/addons", "add-on")] == [addon.uuid]


def test_a_report_on_a_database_is_not_kept(api: Api) -> None:
    status, kind, message = api.refused("GET", f"/reports/{uuid.uuid4()}")
    assert (status, kind, message) == (404, "not_found", "Reports are not kept here: make a new one.")


def test_an_add_on_gets_a_new_name_and_keeps_its_plan(api: Api, app: App, addon: Addon) -> None:
    path = f"/apps/{app.uuid}/addons/{addon.uuid}"
    assert api.patch(path, {"name": "renamed-1"}, "add-on")["name"] == "renamed-1"
    assert api.get("/addons/renamed-1", "add-on")["id"] == addon.uuid
    assert api.patch(path, {"plan": {"name": f"heroku-postgresql:{addon.plan}"}}, "add-on")["id"] == addon.uuid
    refused = api.refused("PATCH", path, {"plan": {"name": "heroku-postgresql:standard-0"}})
    assert refused[:2] == (422, "invalid_params")
    assert "keeps its plan" in refused[2]


def test_the_registry_knows_heroku_s_names_without_a_token(api: Api, app: App) -> None:
    found = api.client.get("/buildpacks/heroku%2Fpython").json()
    api.put(f"/apps/{app.name}/buildpack-installations", {"updates": [{"buildpack": found["blob_url"]}]})
    (set_now,) = api.get(f"/apps/{app.name}/buildpack-installations")
    assert set_now["buildpack"]["name"] == "heroku/python"
    (revision,) = api.client.get("/buildpacks/heroku%2Fpython/revisions").json()
    assert (revision["release"], revision["license"]) == (1, "MIT")
    readme = api.client.get("/buildpacks/heroku%2Fpython/readme").json()
    assert b"localku's own" in base64.b64decode(readme["content"])
    assert api.client.get("/buildpacks/heroku%2Fruby/revisions").json() == []
    named = api.client.get("/buildpacks", params={"in[name][]": "python"}).json()
    assert [one["full_name"] for one in named] == ["heroku/python"]
    assert len(api.client.get("/buildpacks", params={"in[namespace][]": "heroku"}).json()) > 5
    for path in ("/buildpacks/some%2Fother", "/buildpacks/heroku%2Fruby/readme", "/buildpacks/x"):
        assert api.client.get(path).status_code == 404
    for path in ("/buildpacks", "/buildpacks/heroku%2Fpython"):
        assert api.client.get(path, headers={"Host": "evil.example"}).status_code == 403


def test_the_status_is_this_machine_s_and_needs_no_token(api: Api) -> None:
    """Without it Heroku's CLI asks another host."""
    reply = api.client.get("/api/v4/current-status")
    assert reply.status_code == 200
    assert {one["status"] for one in reply.json()["status"]} == {"green"}
    assert (reply.json()["incidents"], reply.json()["scheduled"]) == ([], [])
    assert api.client.get("/api/v4/current-status", headers={"Host": "evil.example"}).status_code == 403
