"""Each resource as clients use it, and its effect seen through another one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from addon_kit import provisioned
from platform_schema import faults
from verbs_kit import deploy

from localku.context import Context
from localku.records import App

if TYPE_CHECKING:
    from api_client import Api


def test_the_account(api: Api) -> None:
    assert api.get("/account", "account")["email"] == "localku"
    assert api.get("/account/features") == []
    assert api.refused("GET", "/account/features/any")[:2] == (404, "not_found")
    assert api.get("/teams") == []


def test_an_app_is_made_renamed_and_destroyed(api: Api) -> None:
    made = api.post("/apps", {"name": "shelf"}, "app")
    assert (made["name"], made["stack"]["name"], made["region"]["name"]) == ("shelf", "heroku-24", "us")
    assert made["git_url"] == "https://127.0.0.1:5080/shelf.git"
    assert made["web_url"].startswith("http://shelf.localhost:")
    assert api.get("/apps", "app") == [made] == api.get("/users/~/apps", "app")
    renamed = api.patch("/apps/shelf", {"name": "rack"}, "app")
    assert (renamed["name"], renamed["id"]) == ("rack", made["id"])
    assert api.get(f"/apps/{made['id']}", "app")["name"] == "rack"
    assert api.refused("GET", "/apps/shelf")[0] == 404
    api.delete("/apps/rack", "app")
    assert api.get("/apps") == []


def test_an_app_without_a_name_gets_one(api: Api) -> None:
    assert re.fullmatch(r"[a-z]+-[a-z]+-[0-9]{5}", api.post("/apps", {}, "app")["name"])


def test_what_an_app_cannot_be(api: Api, app: App) -> None:
    assert api.refused("POST", "/apps", {"name": "No Name"})[:2] == (422, "invalid_params")
    assert api.refused("POST", "/apps", {"name": app.name})[0] in {409, 422}
    assert api.refused("POST", "/apps", {"name": ["x"]})[:2] == (422, "invalid_params")
    assert api.refused("POST", "/apps", {"name": "fine-name", "stack": "cedar"})[:2] == (404, "not_found")
    assert [one["name"] for one in api.get("/apps")] == [app.name]


def test_config_vars_make_releases(api: Api, app: App) -> None:
    path = f"/apps/{app.name}"
    assert api.patch(f"{path}/config-vars", {"A": "1", "B": "2"}) == {"A": "1", "B": "2"}
    assert api.patch(f"{path}/config-vars", {"A": None}) == {"B": "2"} == api.get(f"{path}/config-vars")
    newest = api.get(f"{path}/releases", "release", Range="version ..; order=desc,max=1")[0]
    assert (newest["version"], newest["description"], newest["current"]) == (4, "Unset A config vars", True)
    assert api.get(f"{path}/releases/v3/config-vars") == {"A": "1", "B": "2"}
    assert api.refused("PATCH", f"{path}/config-vars", {"1A": "x"})[:2] == (422, "invalid_params")
    assert api.refused("PATCH", f"{path}/config-vars", {"A": 1})[:2] == (422, "invalid_params")


def test_a_rollback_is_a_release(api: Api, context: Context, app: App) -> None:
    path, first = f"/apps/{app.name}/releases", deploy(context, app)
    deploy(context, app, 2)
    target = api.get(f"{path}/{first.version}", "release")
    made = api.post(path, {"release": target["id"]}, "release")
    assert made["description"] == f"Rollback to v{first.version}"
    assert made["slug"] == target["slug"]
    assert api.refused("POST", path, {"release": "v1"})[0] == 404
    assert api.refused("POST", path, {})[:2] == (422, "invalid_params")


def test_the_formation_is_scaled_as_the_cli_writes_it(api: Api, context: Context, app: App) -> None:
    deploy(context, app, types={"web": "serve", "worker": "work"})
    path = f"/apps/{app.name}/formation"
    before = {one["type"]: one["quantity"] for one in api.get(path, "formation")}
    assert before == {"web": 1, "worker": 0}
    changed = api.patch(path, {"updates": [{"type": "web", "quantity": "+1", "size": "standard-1x"}]}, "formation")
    assert [(one["type"], one["quantity"], one["size"]) for one in changed] == [("web", 2, "Standard-1X")]
    api.patch(f"{path}/worker", {"quantity": 3}, "formation")
    assert {one["type"]: one["quantity"] for one in api.get(path)} == {"web": 2, "worker": 3}
    assert api.refused("PATCH", path, {"updates": [{"type": "nobody", "quantity": 1}]})[0] == 404
    assert api.refused("PATCH", path, {"updates": [{"type": "web", "quantity": "many"}]})[0] == 422
    assert api.refused("PATCH", path, {"updates": "web"})[0] == 422


def test_domains_come_and_go(api: Api, app: App) -> None:
    path = f"/apps/{app.name}/domains"
    made = api.post(path, {"hostname": "www.example.com", "sni_endpoint": None}, "domain")
    assert made["cname"].endswith(".herokudns.com")
    assert {one["kind"] for one in api.get(path, "domain")} == {"heroku", "custom"}
    assert api.get(f"{path}/{made['id']}", "domain") == made == api.get(f"{path}/www.example.com", "domain")
    api.delete(f"{path}/www.example.com", "domain")
    assert api.refused("GET", f"{path}/www.example.com")[0] == 404


def test_drains_are_named_by_their_url(api: Api, app: App) -> None:
    path, url = f"/apps/{app.name}/log-drains", "syslog://logs.example.com:514"
    made = api.post(path, {"url": url}, "log-drain")
    assert api.get(path, "log-drain") == [made]
    assert api.delete(f"{path}/syslog%3A%2F%2Flogs.example.com%3A514", "log-drain") == made
    assert api.get(path) == []


def test_features_are_switched(api: Api, app: App) -> None:
    path = f"/apps/{app.name}/features"
    one = api.get(path, "app-feature")[0]
    assert api.patch(f"{path}/{one['name']}", {"enabled": True}, "app-feature")["enabled"] is True
    assert api.get(f"{path}/{one['id']}", "app-feature")["enabled"] is True
    assert api.refused("PATCH", f"{path}/{one['name']}", {})[0] == 422
    assert api.refused("GET", f"{path}/none-such")[0] == 404


def test_buildpacks_are_kept_by_name_and_by_url(api: Api, app: App) -> None:
    path = f"/apps/{app.name}/buildpack-installations"
    wanted = [
        {"buildpack": "https://buildpack-registry.s3.amazonaws.com/buildpacks/heroku/nodejs.tgz"},
        {"buildpack": {"url": "https://github.com/heroku/heroku-buildpack-python"}},
    ]
    assert [one["buildpack"]["url"] for one in api.put(path, {"updates": wanted}, "buildpack-installation")] == [
        "heroku/nodejs",
        "https://github.com/heroku/heroku-buildpack-python",
    ]
    assert api.refused("PUT", path, {"updates": [{}]})[:2] == (422, "invalid_params")
    assert api.put(path, {"updates": []}) == []


def test_dynos_are_listed_and_restarted(api: Api, app: App) -> None:
    path = f"/apps/{app.name}/dynos"
    assert api.get(path, "dyno") == []
    assert api.call("DELETE", path).status_code == 202
    assert api.refused("DELETE", f"{path}/web.7")[0] == 404
    assert api.refused("GET", f"{path}/web.7")[0] == 404


def test_stacks_and_regions(api: Api) -> None:
    assert "heroku-24" in {one["name"] for one in api.get("/stacks", "stack")}
    assert api.get("/regions/us", "region")["name"] == "us"
    assert api.refused("GET", "/stacks/cedar")[0] == 404


def test_addons_are_listed_found_and_resolved(api: Api, context: Context, app: App) -> None:
    made = provisioned(context, app)
    (listed,) = api.get(f"/apps/{app.name}/addons")
    assert faults("add-on", {key: value for key, value in listed.items() if key != "attachments"}) == []
    assert (listed["name"], listed["state"], listed["plan"]["name"]) == (
        made.name,
        "provisioned",
        "heroku-postgresql:essential-0",
    )
    assert listed["billed_price"]["cents"] == 500
    assert api.get("/addons") == [listed]
    for name in (made.name, made.uuid):
        assert api.get(f"/addons/{name}") == listed
    for asked in (made.name, "DATABASE", "DATABASE_URL", "heroku-postgresql"):
        assert api.post("/actions/addons/resolve", {"addon": asked, "app": app.name}) == [listed]
    assert api.post("/actions/addons/resolve", {"addon": made.name, "app": None}) == [listed]
    assert api.refused("POST", "/actions/addons/resolve", {"addon": "none", "app": app.name})[0] == 404


def test_attachments_are_what_the_pg_commands_find(api: Api, context: Context, app: App) -> None:
    made = provisioned(context, app)
    provisioned(context, app, "HEROKU_POSTGRESQL_RED_URL")
    found = api.get(f"/apps/{app.name}/addon-attachments")
    assert {one["name"]: one["config_vars"] for one in found} == {
        "DATABASE": ["DATABASE_URL"],
        "HEROKU_POSTGRESQL_RED": ["HEROKU_POSTGRESQL_RED_URL"],
    }
    ask = {"app": app.name, "addon_service": "heroku-postgresql"}
    for asked, name in (("DATABASE_URL", "DATABASE"), ("RED", "HEROKU_POSTGRESQL_RED"), (made.name, "DATABASE")):
        (one,) = api.post("/actions/addon-attachments/resolve", {**ask, "addon_attachment": asked})
        assert (one["name"], one["addon"]["plan"]["name"]) == (name, "heroku-postgresql:essential-0")
        assert api.get(f"/addon-attachments/{one['id']}") == one
        assert api.get(f"/apps/{app.name}/addon-attachments/{name}") == one
    reply = api.call("POST", "/actions/addon-attachments/resolve", {**ask, "addon_attachment": "BLUE"})
    assert (reply.status_code, reply.json()["resource"]) == (404, "add_on attachment")
    assert api.get(f"/addons/{made.uuid}/addon-attachments")[0]["name"] == "DATABASE"


def test_services_have_plans(api: Api) -> None:
    (service,) = api.get("/addon-services", "add-on-service")
    assert service["name"] == "heroku-postgresql"
    names = [one["name"] for one in api.get("/addon-services/heroku-postgresql/plans")]
    assert "heroku-postgresql:essential-0" in names
    assert api.refused("GET", "/addon-services/heroku-redis/plans")[0] == 404
    assert api.refused("POST", "/apps/none/addons", {"plan": "heroku-postgresql"})[0] == 404


def test_an_addon_has_a_plan_that_there_is(api: Api, app: App) -> None:
    path = f"/apps/{app.name}/addons"
    assert api.refused("POST", path, {"plan": {"name": "heroku-postgresql:enormous"}})[0] in {404, 422}
    assert api.refused("POST", path, {"plan": "heroku-redis"})[0] in {404, 422}
    assert api.refused("POST", path, {"plan": "heroku-postgresql", "config": {"follow": "DATABASE"}})[0] == 422
    assert api.refused("POST", path, {})[0] == 422
