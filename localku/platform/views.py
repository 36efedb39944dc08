"""What `--json` prints, and what an API answers: values as plain JSON, in the field names of Heroku's Platform API.

Where Heroku has the resource, its fields are Heroku's (https://devcenter.heroku.com/articles/platform-api-reference),
as many as there is something to put into; fields of ours stand after them. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from localku.dyno import dyno_sizes
from localku.platform.releasing.release_ids import Ids
from localku.records import (
    USER,
    Addon,
    App,
    Build,
    ChaosPlan,
    Domain,
    Drain,
    DynoRecord,
    FormationEntry,
    OneOff,
    Release,
    Slug,
)
from localku.states import Wanted

if TYPE_CHECKING:
    from localku.doctor.finding import Finding
    from localku.dyno.app_features import Feature
    from localku.logs.line import LogLine
    from localku.platform.app_facts.app_disk import AppDisk
    from localku.platform.app_facts.app_info import AppInfo
    from localku.platform.app_facts.app_status import AppStatus
    from localku.platform.dynos.reset import Reset, Seen

View = dict[str, Any]

SERVICE = "heroku-postgresql"

NAMESPACE = uuid.UUID("6c6f6361-6c6b-5500-8000-000000000000")
"""Of the ids of what is the same on every machine."""


def time(moment: datetime) -> str:
    """`2024-06-05T11:12:35Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def named(kind: str, name: str) -> View:
    """What there is one of everywhere: a stack, a region, a dyno size. Its id is always the same."""
    return {"id": _everywhere(kind, name), "name": name}


@lru_cache(maxsize=512)
def _everywhere(kind: str, name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def user(email: str = USER) -> View:
    return {"email": email, "id": named("user", email)["id"]}


def region() -> View:
    """The one there is."""
    since = "2022-01-01T00:00:00Z"
    return {
        **named("region", "us"),
        "country": "this machine",
        "created_at": since,
        "description": "localku on this machine",
        "locale": "localhost",
        "private_capable": False,
        "provider": {"name": "localku", "region": "localhost"},
        "updated_at": since,
    }


def part_of(kind: str, app: App, name: str) -> str:
    """The id of what an app has one of by that name."""
    return str(uuid.uuid5(uuid.UUID(app.uuid), f"{kind}/{name}"))


def app(status: AppStatus) -> View:
    """An app, and beside Heroku's fields its folder and what is wanted of it."""
    found = status.app
    stack = named("stack", found.stack) if found.stack else None
    return {
        "acm": False,
        "archived_at": None,
        "build_stack": stack,
        "buildpack_provided_description": None,
        "create_status": "complete",
        "created_at": time(found.created_at),
        "generation": named("generation", "cedar"),
        "id": found.uuid,
        "internal_routing": None,
        "maintenance": found.maintenance,
        "name": found.name,
        "organization": None,
        "owner": user(),
        "region": named("region", "us"),
        "released_at": time(status.released_at),
        "repo_size": None,
        "slug_size": None,
        "space": None,
        "stack": stack,
        "team": None,
        "updated_at": time(status.released_at),
        "web_url": f"{status.url}/" if status.url else None,
        "port": found.port,
        "root": str(found.root) if found.root else None,
        "wanted": (Wanted.UP if found.shall_run else Wanted.DOWN).value,
    }


def app_disk(found: AppDisk) -> View:
    """Bytes on the engine's disk."""
    return {
        "app": _app(found.app),
        "slugs": found.layers,
        "build_cache": found.cache,
        "databases": found.data,
        "other": found.other,
        "total": found.total,
    }


def addon(app: App, found: Addon) -> View:
    return {
        "addon_service": {"name": SERVICE},
        "app": _app(app),
        "config_vars": [one.config_var for one in found.on(app.id)],
        "created_at": time(found.created_at),
        "id": found.uuid,
        "name": found.name,
        "plan": {"name": f"{SERVICE}:{found.plan}"},
        "state": "provisioned" if found.port else "provisioning",
        "updated_at": time(found.created_at),
    }


def build(app: App, found: Build, ids: Ids) -> View:
    return {
        "app": _app(app),
        "buildpacks": [{"name": reference, "url": reference} for reference in found.buildpacks],
        "created_at": time(found.created_at),
        "id": found.id,
        "release": _release(found.release, ids) if found.release else None,
        "slug": _slug(found.slug_id, ids),
        "source_blob": {"version": found.source_version},
        "stack": found.stack,
        "status": found.status.value,
        "updated_at": time(found.updated_at),
        "user": user(),
    }


def buildpack_installations(references: Iterable[str]) -> list[View]:
    return [
        {"ordinal": number, "buildpack": {"name": reference, "url": reference}}
        for number, reference in enumerate(references)
    ]


def chaos_plan(plan: ChaosPlan | None) -> View:
    rest = {"rate": plan.rate, "seed": plan.seed, "kinds": list(plan.kinds)} if plan else {}
    return {"on": plan is not None, **rest}


def default_domain(app: App) -> View:
    return {
        "acm_status": None,
        "acm_status_reason": None,
        "app": _app(app),
        "cname": None,
        "created_at": time(app.created_at),
        "hostname": app.default_domain,
        "id": part_of("domain", app, "default"),
        "kind": "heroku",
        "sni_endpoint": None,
        "status": "succeeded",
        "updated_at": time(app.created_at),
    }


def domain(app: App, found: Domain) -> View:
    return {
        "acm_status": None,
        "acm_status_reason": None,
        "app": _app(app),
        "cname": found.target,
        "created_at": time(found.created_at),
        "hostname": found.hostname,
        "id": part_of("domain", app, found.hostname),
        "kind": "custom",
        "sni_endpoint": None,
        "status": "none",
        "updated_at": time(found.created_at),
    }


def dyno(app: App, found: DynoRecord | OneOff, ids: Ids) -> View:
    """A dyno of the formation has the `exit_status` of its last process, a one-off dyno whether it is `detached`."""
    ours = {"detached": found.detached} if isinstance(found, OneOff) else {"exit_status": found.exit_status}
    return {
        "app": _app(app),
        "attach_url": None,
        "command": found.command,
        "created_at": time(found.since),
        "id": part_of("dyno", app, f"{found.name}/{found.container}"),
        "name": found.name,
        "release": _release(found.release, ids),
        "size": dyno_sizes.shown(found.size),
        "state": found.state,
        "type": found.type,
        "updated_at": time(found.since),
        **ours,
    }


def feature(found: Feature, on: Mapping[str, datetime]) -> View:
    return {
        "description": found.description,
        "display_name": found.name,
        "doc_url": found.docs,
        "enabled": found.name in on,
        "feedback_email": "",
        "id": named("feature", found.name)["id"],
        "name": found.name,
        "state": found.kind,
    }


def finding(found: Finding) -> View:
    """What the doctor has found, in the shape of a check of the machine, and what it has beyond that."""
    return {
        "name": found.mark,
        "state": found.level.name.lower(),
        "found": found.what,
        "remedy": found.fix,
        "fixable": False,
        "where": found.where,
        "evidence": list(found.evidence),
    }


def filesystem(app: App, seen: Seen, done: Reset | None) -> View:
    """What the dynos had written; after a reset what they have again, which then is not `lost`."""
    again = done.written_again if done else ()
    told = {
        "app": app.name,
        "dynos": [report.as_json() for report in seen.reports],
        "lost": len([one for one in seen.missed if one not in again]),
    }
    return {**told, "reset": _reset(done)} if done else told


def _reset(done: Reset) -> View:
    return {
        "seconds": round(done.seconds, 2),
        "status": done.status,
        "written_again": list(done.written_again),
        "written_otherwise": list(done.written_otherwise),
    }


def formation(app: App, entry: FormationEntry, types: Mapping[str, str]) -> View:
    return {
        "app": _app(app),
        "command": types.get(entry.type, ""),
        "dyno_size": named("dyno-size", dyno_sizes.shown(entry.size)),
        "id": part_of("formation", app, entry.type),
        "quantity": entry.quantity,
        "size": dyno_sizes.shown(entry.size),
        "type": entry.type,
    }


def log_drain(app: App, found: Drain) -> View:
    return {
        "addon": None,
        "app": _app(app),
        "created_at": time(found.created_at),
        "id": found.id,
        "token": found.token,
        "updated_at": time(found.created_at),
        "url": found.url,
    }


def log_line(line: LogLine) -> View:
    return {
        "time": line.time.isoformat(timespec="microseconds"),
        "source": line.source,
        "proc": line.proc,
        "message": line.message,
    }


def release(app: App, found: Release, current: Release | None, ids: Ids) -> View:
    return {
        "addon_plan_names": sorted((found.addons or {}).values()),
        "app": _app(app),
        "created_at": time(found.created_at),
        "current": current is not None and found.version == current.version,
        "description": found.description,
        "eligible_for_rollback": found.is_eligible,
        "id": found.uuid,
        "output_stream_url": None,
        "slug": _slug(found.slug_id, ids),
        "status": found.status,
        "updated_at": time(found.created_at),
        "user": user(found.actor),
        "version": found.version,
    }


def slug(found: Slug) -> View:
    """A slug is an image here: there is no `blob` of it."""
    return {
        "buildpack_provided_description": None,
        "checksum": f"SHA256:{found.fingerprint}",
        "commit": found.commit,
        "commit_description": None,
        "created_at": time(found.created_at),
        "id": found.uuid,
        "process_types": dict(found.process_types),
        "size": found.size,
        "stack": named("stack", found.stack),
        "updated_at": time(found.created_at),
    }


def app_info(found: AppInfo) -> View:
    """As `heroku apps:info --json` has it, and the app's `folders`, the one used last first."""
    return {
        "app": {
            **app(found.status),
            "slug_size": found.slug_size,
            "stack": named("stack", found.stack) if found.stack else None,
        },
        "addons": [addon(found.status.app, one) for one in found.addons],
        "dynos": [dyno(found.status.app, one, found.ids) for one in found.dynos],
        "folders": [str(folder) for folder in found.folders],
    }


def _release(version: int, ids: Ids) -> View:
    return {"id": ids.releases.get(version), "version": version}


def _slug(number: int | None, ids: Ids) -> View | None:
    found = ids.slugs.get(number) if number is not None else None
    return {"id": found} if found else None


def _app(app: App) -> View:
    return {"id": app.uuid, "name": app.name}
