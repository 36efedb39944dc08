"""What fewer clients ask for: single resources, what is stopped, and what names an add-on elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from addon_kit import provisioned
from transfers_kit import begun, kept
from verbs_kit import deploy

from localku.context import Context
from localku.platform import new_apps
from localku.records import App, DynoRecord
from localku.states import DynoState
from localku.transfer_records import TransferStatus

if TYPE_CHECKING:
    from api_client import Api


def test_nobody_is_limited(api: Api) -> None:
    assert api.get("/account/rate-limits", "rate-limit") == {"remaining": 4500}


def test_there_is_one_region(api: Api) -> None:
    (one,) = api.get("/regions", "region")
    assert api.get(f"/regions/{one['id']}", "region") == one


def test_a_service_by_its_name(api: Api) -> None:
    assert api.get("/addon-services/heroku-postgresql", "add-on-service")["human_name"] == "Heroku Postgres"
    assert api.refused("GET", "/addon-services/heroku-redis")[0] == 404


def test_a_source_of_before_is_one_of_an_app(api: Api, app: App) -> None:
    assert api.post(f"/apps/{app.name}/sources", of="source")["source_blob"]["put_url"]
    assert api.refused("POST", "/apps/nobody/sources")[0] == 404


def test_one_process_type(api: Api, context: Context, app: App) -> None:
    deploy(context, app, types={"web": "serve"})
    one = api.get(f"/apps/{app.name}/formation/web", "formation")
    assert one["command"] == "serve"
    assert api.get(f"/apps/{app.name}/formation/{one['id']}", "formation") == one
    assert api.refused("GET", f"/apps/{app.name}/formation/none")[0] == 404


def test_one_drain(api: Api, app: App) -> None:
    made = api.post(f"/apps/{app.name}/log-drains", {"url": "https://logs.example.com/x"}, "log-drain")
    for name in (made["id"], made["token"], "https%3A%2F%2Flogs.example.com%2Fx"):
        assert api.get(f"/apps/{app.name}/log-drains/{name}", "log-drain") == made
    assert api.refused("GET", f"/apps/{app.name}/log-drains/none")[0] == 404


@pytest.mark.parametrize("part", ["dynos", "formations"])
def test_what_is_stopped_or_restarted_has_to_be_there(api: Api, context: Context, app: App, part: str) -> None:
    name = "web.1" if part == "dynos" else "web"
    assert api.refused("POST", f"/apps/{app.name}/dynos/web.7/actions/stop")[0] == 404
    assert api.refused("POST", f"/apps/{app.name}/formations/none/actions/stop")[0] == 404
    assert api.refused("DELETE", f"/apps/{app.name}/formations/none")[0] == 404
    running(context, app)
    assert api.call("POST", f"/apps/{app.name}/{part}/{name}/actions/stop").status_code == 202
    assert api.call("DELETE", f"/apps/{app.name}/{part}/{name}").status_code == 202


def running(context: Context, app: App) -> None:
    deploy(context, app)
    now = context.clock.now()
    context.store.dynos.save(
        DynoRecord(
            app_id=app.id,
            name="web.1",
            type="web",
            state=DynoState.UP,
            release=3,
            size="basic",
            command="serve",
            container="c1",
            host=None,
            port=None,
            since=now,
            exit_status=None,
            crashes=0,
            retry_at=None,
            generation=0,
        )
    )


def test_an_add_on_is_attached_elsewhere_and_detached(api: Api, context: Context, app: App) -> None:
    made, other = provisioned(context, app), new_apps.create_bare(context, "other")
    wish = {"addon": {"name": made.name}, "app": {"name": other.name}, "name": "SHARED"}
    attached = api.post("/addon-attachments", wish)
    assert (attached["name"], attached["config_vars"]) == ("SHARED", ["SHARED_URL"])
    assert len(api.get("/addon-attachments")) == 2
    assert "SHARED_URL" in api.get(f"/apps/{other.name}/config-vars")
    assert api.refused("DELETE", f"/apps/{app.name}/addons/{made.uuid}")[0] in {409, 422}
    api.delete(f"/addon-attachments/{attached['id']}")
    assert api.get(f"/apps/{other.name}/config-vars") == {}
    assert api.refused("GET", f"/addon-attachments/{attached['id']}")[0] == 404


def test_an_add_on_by_its_app(api: Api, context: Context, app: App) -> None:
    made = provisioned(context, app)
    assert api.get(f"/apps/{app.name}/addons/{made.name}", "add-on")["id"] == made.uuid
    assert api.patch(f"/addons/{made.name}", {"name": "other-name-1"}, "add-on")["name"] == "other-name-1"
    assert api.refused("GET", f"/apps/{app.name}/addons/{made.name}")[0] == 404


def test_a_backup_that_runs_is_canceled(api: Api, context: Context, app: App) -> None:
    provisioned(context, app)
    backup = kept(context, app, 1)
    path = f"/client/v11/apps/{app.name}/transfers"
    assert api.get(f"{path}/{backup.number}")["succeeded"] is True
    assert api.refused("POST", f"{path}/none/actions/cancel")[0] == 404
    assert api.refused("POST", f"{path}/{backup.number}/actions/cancel")[0] in {404, 409, 422}
    begun(context, app, 2)
    assert context.store.transfers.of(app)[0].status in {TransferStatus.RUNNING, TransferStatus.FAILED}


@pytest.mark.parametrize("hour", ["x", "", "25", -1, True, "1.5", 10**30])
def test_an_hour_is_one(api: Api, context: Context, app: App, hour: object) -> None:
    made = provisioned(context, app)
    asked = {"hour": hour, "timezone": "UTC"}
    refused = api.refused("POST", f"/client/v11/databases/{made.uuid}/transfer-schedules", asked)
    assert refused[:2] == (422, "invalid_params")
