"""What the Terraform provider asks (terraform-provider-heroku by heroku-go v6, read, not run), in the order it asks it.

It sends EMAIL:TOKEN as Basic, `Accept: …; version=3`, and goes by statuses and the fields of the schema alone.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from addon_kit import provisioned
from api_served import TOKEN
from verbs_kit import deploy

from localku.context import Context
from localku.records import App

if TYPE_CHECKING:
    from api_client import Api

NOBODY = str(uuid.UUID(int=7))


@pytest.fixture
def provider(api: Api) -> Api:
    login = base64.b64encode(f"me@example.com:{TOKEN}".encode()).decode()
    return replace(api, headers={"Authorization": f"Basic {login}", "Accept": "application/vnd.heroku+json; version=3"})


def test_an_app_is_made_read_changed_and_destroyed(provider: Api, context: Context) -> None:
    made = provider.post("/apps", {"name": "of-terraform", "region": "us", "stack": "heroku-26"}, "app")
    path = f"/apps/{made['id']}"
    provider.patch(f"{path}/config-vars", {"COLOUR": "blue", "GONE": None})
    updates = [{"buildpack": "heroku/python"}]
    assert len(provider.put(f"{path}/buildpack-installations", {"updates": updates})) == 1
    provider.patch(path, {"maintenance": True}, "app")
    read = provider.get(path, "app")
    assert (read["name"], read["region"]["name"], read["stack"]["name"]) == ("of-terraform", "us", "heroku-26")
    assert read["maintenance"] is True
    assert provider.get("/regions/us", "region")["id"] == read["region"]["id"]
    assert provider.get(f"{path}/config-vars") == {"COLOUR": "blue"}
    assert provider.get(f"{path}/webhooks") == []
    assert provider.delete(path, "app")["id"] == made["id"]
    assert provider.refused("GET", path)[:2] == (404, "not_found")
    assert context.store.apps.named("of-terraform") is None


def test_what_an_app_has_is_read_again_by_its_id(provider: Api, context: Context, app: App) -> None:
    addon, path = provisioned(context, app), f"/apps/{app.uuid}"
    assert provider.get(f"/addons/{addon.uuid}", "add-on") == provider.get(f"/addons/{addon.name}", "add-on")
    assert provider.get(f"/apps/{app.uuid}/addons/{addon.name}", "add-on")["id"] == addon.uuid
    (attachment,) = provider.get(f"/addons/{addon.uuid}/addon-attachments")
    assert provider.get(f"/addon-attachments/{attachment['id']}") == attachment
    domain = provider.post(f"{path}/domains", {"hostname": "www.example.com", "sni_endpoint": None}, "domain")
    assert provider.get(f"{path}/domains/{domain['id']}", "domain") == domain
    drain = provider.post(f"{path}/log-drains", {"url": "https://logs.example.com/"}, "log-drain")
    assert provider.get(f"{path}/log-drains/{drain['id']}", "log-drain")["url"] == drain["url"]
    feature = provider.patch(f"{path}/features/http-session-affinity", {"enabled": True}, "app-feature")
    assert provider.get(f"{path}/features/{feature['id']}", "app-feature")["enabled"] is True
    (owner,) = provider.get(f"{path}/collaborators")
    assert provider.get(f"{path}/collaborators/{owner['id']}", "collaborator") == owner


def test_a_formation_a_release_of_a_slug_and_a_source(provider: Api, context: Context, app: App) -> None:
    deploy(context, app, types={"web": "serve"})
    path = f"/apps/{app.uuid}"
    web = provider.get(f"{path}/formation/web", "formation")
    assert provider.get(f"{path}/formation/{web['id']}", "formation") == web
    changed = provider.patch(f"{path}/formation/web", {"quantity": 0, "size": "Standard-1X"}, "formation")
    assert (changed["quantity"], changed["size"]) == (0, "Standard-1X")
    slug = provider.get(f"{path}/releases")[-1]["slug"]["id"]
    assert provider.get(f"{path}/slugs/{slug}", "slug")["process_types"] == {"web": "serve"}
    release = provider.post(f"{path}/releases", {"slug": slug, "description": "by Terraform"}, "release")
    assert (release["slug"]["id"], release["description"]) == (slug, "by Terraform")
    source = provider.post("/sources", None, "source")
    assert set(source["source_blob"]) == {"get_url", "put_url"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pipeline-couplings/{}", 404),
        ("/pipelines/{}/stage/production/config-vars", 404),
        ("/apps/{app}/sni-endpoints/{}", 404),
        ("/apps/{app}/webhooks/{}", 404),
        ("/spaces/{}", 404),
        ("/teams/{}", 404),
    ],
)
def test_what_is_not_there_is_not_found(provider: Api, app: App, path: str, status: int) -> None:
    """A resource that is gone is made anew by the provider: it must be told so, and not of a fault."""
    found: tuple[int, Any, str] = provider.refused("GET", path.format(NOBODY, app=app.name))
    assert found[0] == status
