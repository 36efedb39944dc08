"""What `--json` prints has the field names and the forms of Heroku's Platform API."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from verbs_kit import deploy

from localku.context import Context
from localku.dyno import app_features
from localku.platform import domains, drains, labs, views
from localku.platform.app_facts import app_status
from localku.platform.deploying import builds
from localku.platform.dynos import formation
from localku.platform.releasing import release_ids
from localku.records import App
from localku.services.postgres import credentials
from localku.supervisor.dynos.dyno import fresh_record

FIELDS = {
    "addon": (
        "actions addon_service app billed_price billing_entity config_vars created_at id name plan provider_id state "
        "updated_at web_url"
    ),
    "app": (
        "acm archived_at build_stack buildpack_provided_description create_status created_at generation git_url id "
        "internal_routing maintenance name organization owner region released_at repo_size slug_size space stack team "
        "updated_at web_url"
    ),
    "build": (
        "app buildpacks created_at generation id output_stream_url release slug source_blob stack status "
        "updated_at user"
    ),
    "dyno": "app attach_url command created_at id name release size state type updated_at",
    "domain": "acm_status acm_status_reason app cname created_at hostname id kind sni_endpoint status updated_at",
    "formation": "app command created_at dyno_size id quantity size type updated_at",
    "log_drain": "addon app created_at id token updated_at url",
    "app_feature": "created_at description display_name doc_url enabled feedback_email id name state updated_at",
    "release": (
        "addon_plan_names app artifacts created_at current description eligible_for_rollback id output_stream_url "
        "slug status updated_at user version"
    ),
}
"""Of the schema that Heroku publishes (https://api.heroku.com/schema)."""


def foreign(resource: str, view: views.View) -> set[str]:
    """Fields that Heroku's resource does not have."""
    return set(view) - set(FIELDS[resource].split())


def test_a_time_is_iso_8601_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    assert views.time(datetime(2024, 6, 5, 13, 12, 35, 999, tzinfo=east)) == "2024-06-05T11:12:35Z"


def test_resources_have_herokus_fields(context: Context, app: App) -> None:
    made = deploy(context, app, types={"web": "serve"})
    context.store.dynos.save(replace(fresh_record(app, "web.1", context.clock.now()), size="standard-2x", release=3))
    (dyno,) = context.store.dynos.of(app.id)
    (entry,) = formation.of(context, app)
    with builds.recorded(context, app, "heroku-24", None) as recording:
        slug = context.store.releases.current_slug(app)
        assert slug is not None
        recording.built(slug)
        recording.released(made)
    (build,) = builds.listed(context, app)
    ids = release_ids.of(context, app)
    found = {
        "addon": views.addon(app, credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now())),
        "app": views.app(app_status.of(context, app)),
        "build": views.build(app, build, ids),
        "dyno": views.dyno(app, dyno, ids),
        "domain": views.domain(app, domains.add(context, app, "www.example.com")),
        "formation": views.formation(app, entry, formation.types(context, app)),
        "log_drain": views.log_drain(app, drains.add(context, app, "https://logs.example.com")),
        "app_feature": views.feature(app_features.named("preboot"), labs.enabled(context, app)),
        "release": views.release(app, made, made, ids),
    }
    ours = {name: foreign(name, view) for name, view in found.items()}
    extra = {"app": {"port", "root", "wanted"}, "dyno": {"exit_status"}}
    assert ours == {name: extra.get(name, set()) for name in found}
    assert found["dyno"]["release"] == found["build"]["release"] == {"id": made.uuid, "version": 3}
    assert found["build"]["slug"] == found["release"]["slug"] == {"id": slug.uuid}
    assert found["app"]["owner"] == found["build"]["user"] == found["release"]["user"] == {**views.user()}
    assert found["app"]["released_at"] == found["release"]["created_at"]
    assert found["dyno"]["size"] == "Standard-2X"
    assert found["formation"]["command"] == "serve"
    assert [view["app"] for view in found.values() if "app" in view] == 7 * [{"id": app.uuid, "name": "one"}]
    assert (found["addon"]["plan"], found["addon"]["state"]) == (
        {"name": "heroku-postgresql:essential-0"},
        "provisioning",
    )
    times = [value for view in found.values() for key, value in view.items() if key.endswith("_at") and value]
    assert times
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one) for one in times)


def test_buildpacks_have_their_place() -> None:
    assert views.buildpack_installations(["heroku/python"]) == [
        {"ordinal": 0, "buildpack": {"name": "heroku/python", "url": "heroku/python"}}
    ]


def test_a_slug_that_was_taken_away_has_no_id(context: Context, app: App) -> None:
    made = deploy(context, app, types={"web": "serve"})
    ids = replace(release_ids.of(context, app), slugs={})
    assert views.release(app, made, made, ids)["slug"] is None
