"""What Heroku's API has and localku has not: lists that are empty as a personal account sees them, and refusals.

A refusal says in one sentence that localku has none. A made-up success would be worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from localku.api.call import Answer, Answers, Call, Endpoint
from localku.errors import Kind, LocalkuError
from localku.platform.addons import addon_ids

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CHANGING = frozenset({"POST", "PUT", "PATCH"})
"""What asks for something to be made is refused as invalid; what names something, as not found."""


@dataclass(frozen=True)
class Family:
    """`paths` are refused by any method, `refused` by one; GET of `empty` answers an empty list.

    `{app}` and `{addon}` in a path are looked up first, for who mistypes a name shall hear that.
    """

    resource: str
    sentence: str
    paths: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    empty: tuple[str, ...] = ()


PLATFORM = (
    Family(
        "account",
        "The account is whoever has this machine: localku has nothing to change about it.",
        ("/account", "/users/{user}", "/password-resets", "/password-resets/{rest:path}"),
        refused=(("GET", "/users/{user}/preferences"), ("PATCH", "/users/{user}/preferences")),
    ),
    Family(
        "sms_number",
        "There are no phone numbers here.",
        ("/users/{user}/sms-number", "/users/{user}/sms-number/{rest:path}"),
    ),
    Family(
        "account_feature",
        "There are no features of accounts here: those of apps are switched by `heroku features` and `heroku labs`.",
        ("/account/features/{feature}",),
        empty=("/account/features",),
    ),
    Family(
        "key",
        "There are no SSH keys here: git reaches localku over HTTP, by the token.",
        ("/account/keys", "/account/keys/{key}"),
        empty=("/account/keys",),
    ),
    Family(
        "invoice",
        "Nothing costs anything here.",
        (
            *("/account/credits", "/account/credits/{credit}", "/account/invoices/{invoice}"),
            "/account/invoice-address",
        ),
        empty=("/account/credits", "/account/invoices"),
    ),
    Family(
        "app_transfer",
        "There is one account on this machine: apps stay with it.",
        ("/account/app-transfers", "/account/app-transfers/{transfer}", "/pipeline-transfers"),
        empty=("/account/app-transfers",),
    ),
    Family(
        "oauth_authorization",
        "localku has one token, in api-token of its state folder: it makes, shows and revokes no other.",
        (
            *("/oauth/authorizations", "/oauth/authorizations/{authorization}"),
            *("/oauth/authorizations/{authorization}/actions/regenerate-tokens", "/oauth/tokens"),
            "/oauth/tokens/{token}",
        ),
        empty=("/oauth/authorizations",),
    ),
    Family(
        "oauth_client",
        "There are no OAuth clients here.",
        ("/oauth/clients", "/oauth/clients/{client}", "/oauth/clients/{client}/actions/rotate-credentials"),
        empty=("/oauth/clients",),
    ),
    Family(
        "session",
        "There are no sessions here: who has the token is let in.",
        ("/oauth/sessions", "/oauth/sessions/{session}"),
        empty=("/oauth/sessions",),
    ),
    Family(
        "collaborator",
        "An app has its owner here and nobody else: there is one account on this machine.",
        ("/apps/{app}/collaborators", "/apps/{app}/collaborators/{collaborator}"),
    ),
    Family(
        "team",
        "There are no teams here.",
        ("/teams", "/teams/{rest:path}"),
        empty=("/teams", "/teams/apps", "/teams/permissions", "/users/{user}/teams"),
    ),
    Family(
        "enterprise_account",
        "There are no Enterprise accounts here.",
        ("/enterprise-accounts/{rest:path}",),
        empty=("/enterprise-accounts",),
    ),
    Family(
        "space",
        "There are no Private Spaces here.",
        ("/spaces", "/spaces/{rest:path}"),
        empty=("/spaces",),
    ),
    Family(
        "pipeline",
        "There are no pipelines here: deploy the same commit to each app.",
        ("/pipelines", "/pipelines/{rest:path}", "/pipeline-promotions", "/pipeline-promotions/{rest:path}"),
        empty=("/pipelines",),
    ),
    Family(
        "pipeline_coupling",
        "There are no pipelines here, so an app is in none.",
        ("/pipeline-couplings", "/pipeline-couplings/{coupling}", "/apps/{app}/pipeline-couplings"),
        empty=("/pipeline-couplings", "/users/{user}/pipeline-couplings"),
    ),
    Family(
        "review_app",
        "There are no review apps here.",
        ("/review-apps", "/review-apps/{review}", "/apps/{app}/review-app"),
    ),
    Family(
        "app_setup",
        "Apps are not set up from app.json by one request here: create the app, and build it.",
        ("/app-setups", "/app-setups/{setup}"),
    ),
    Family(
        "test_run",
        "There is no CI here: run the tests with `heroku run`, or before the push.",
        ("/test-runs", "/test-runs/{rest:path}"),
    ),
    Family(
        "webhook",
        "There are no webhooks here.",
        (
            *("/apps/{app}/webhooks", "/apps/{app}/webhooks/{webhook}"),
            *("/apps/{app}/webhook-deliveries/{delivery}", "/apps/{app}/webhook-events/{event}"),
            *("/addons/{addon}/webhooks", "/addons/{addon}/webhooks/{webhook}"),
            *("/addons/{addon}/webhook-deliveries/{delivery}", "/addons/{addon}/webhook-events/{event}"),
        ),
        empty=(
            *("/apps/{app}/webhooks", "/apps/{app}/webhook-deliveries", "/apps/{app}/webhook-events"),
            *("/addons/{addon}/webhooks", "/addons/{addon}/webhook-deliveries", "/addons/{addon}/webhook-events"),
        ),
    ),
    Family(
        "sni_endpoint",
        "localku makes the certificates of an app's domains itself, and takes no others.",
        ("/apps/{app}/sni-endpoints", "/apps/{app}/sni-endpoints/{endpoint}"),
        refused=(("PATCH", "/apps/{app}/domains/{domain}"),),
        empty=("/apps/{app}/sni-endpoints",),
    ),
    Family(
        "app",
        "There is no Automated Certificate Management here: localku makes the certificates of an app's domains itself.",
        ("/apps/{app}/acm",),
    ),
    Family(
        "telemetry_drain",
        "There are no telemetry drains here: log drains are (`heroku drains`).",
        ("/telemetry-drains", "/telemetry-drains/{drain}"),
        empty=("/apps/{app}/telemetry-drains",),
    ),
    Family(
        "log_drain",
        "An add-on has no log drains here: its service runs on this machine.",
        ("/addons/{addon}/log-drains/{drain:path}",),
        empty=("/addons/{addon}/log-drains",),
    ),
    Family(
        "oci_image",
        "There are no images to release here but those that builds make: localku runs no container registry.",
        ("/apps/{app}/oci-images", "/apps/{app}/oci-images/{image}", "/v2/{rest:path}"),
    ),
    Family(
        "add_on",
        "Add-ons are services of this machine: no partner provisions or configures them, and none has a page.",
        (
            *("/addons/{addon}/actions/{action}", "/addons/{addon}/config"),
            *("/apps/{app}/addons/{addon}/sso", "/addons/{addon}/sso"),
        ),
    ),
    Family(
        "add_on_region_capability",
        "Add-ons are on this machine, the only region there is.",
        empty=(
            *("/addon-region-capabilities", "/addon-services/{service}/region-capabilities"),
            "/regions/{region}/addon-region-capabilities",
        ),
    ),
    Family(
        "dyno",
        "Nobody enters a dyno that runs already: `heroku run` starts another.",
        refused=(("POST", "/apps/{app}/dynos/{dyno}"),),
    ),
    Family(
        "formation",
        "There is no autoscaling here, and no metrics but those that log-runtime-metrics has logged.",
        (
            *("/apps/{app}/formation/{type}/monitors", "/apps/{app}/formation/{type}/monitors/{monitor}"),
            *("/apps/{app}/formation/{type}/metrics/{rest:path}", "/apps/{app}/router-metrics/{rest:path}"),
        ),
    ),
    Family(
        "usage",
        "Nothing is metered here.",
        ("/apps/{app}/usage", "/apps/{app}/addons/{addon}/usage"),
    ),
    Family("favorite", "There are no favorites here.", ("/favorites", "/favorites/{rest:path}"), empty=("/favorites",)),
    Family(
        "notification",
        "There are no notifications here.",
        ("/user/notifications/{rest:path}",),
        empty=("/user/notifications",),
    ),
    Family(
        "repository",
        "localku is connected to no GitHub account.",
        (
            *("/account/github/{rest:path}", "/apps/{app}/github", "/apps/{app}/github/{rest:path}"),
            *("/github/{rest:path}", "/repos/{rest:path}"),
        ),
    ),
)

_DATABASES = "/client/v11/databases/{database}"
_POSTGRES = "/postgres/v0/databases/{database}"

DATA = (
    Family(
        "database",
        "There are no followers here: every database stands for itself.",
        (f"{_DATABASES}/unfollow",),
    ),
    Family(
        "database",
        "A database keeps its version here: create one with `-- --version N`, and copy into it with `heroku pg:copy`.",
        (f"{_DATABASES}/upgrade/{{rest:path}}", f"{_DATABASES}/upgrade"),
    ),
    Family(
        "link",
        "There are no links between databases here: `CREATE SERVER` with postgres_fdw connects them.",
        (f"{_DATABASES}/links", f"{_DATABASES}/links/{{link}}"),
    ),
    Family(
        "connection_pooling",
        "There is no connection pooling here: connect to the database itself.",
        (f"{_DATABASES}/connection-pooling",),
    ),
    Family(
        "database",
        "The statistics of a server are not reset here, as on Heroku's essential plans.",
        (f"{_DATABASES}/stats_reset",),
    ),
    Family(
        "credential",
        "A database has one credential here, `default`, as on Heroku's essential plans.",
        (f"{_POSTGRES}/credentials", f"{_POSTGRES}/credentials/{{credential}}", f"{_POSTGRES}/repair-default"),
    ),
    Family(
        "database",
        "The settings of a server cannot be changed here.",
        (f"{_POSTGRES}/config",),
    ),
    Family(
        "maintenance",
        "A database has no maintenance here: there is no window, and nothing is due.",
        ("/data/maintenances/v1/{rest:path}", f"{_DATABASES}/maintenance", f"{_DATABASES}/maintenance/{{rest:path}}"),
    ),
    Family(
        "database",
        "There are no Advanced-tier databases here: the commands that begin with `pg:` are for the others.",
        ("/data/postgres/v1/{rest:path}",),
    ),
    Family("add_on", "There is no Key-Value Store here yet.", ("/redis/v0/{rest:path}",)),
)


def endpoints(families: tuple[Family, ...]) -> tuple[Endpoint, ...]:
    """The empty lists, then the refusals: what is served comes before all of them."""
    empty = [Endpoint("GET", path, _empty, Answers.EMPTY) for family in families for path in family.empty]
    known = {(one.method, one.path) for one in empty}
    refusals = [
        Endpoint(method, path, partial(_refuse, family, method), Answers.ABSENT)
        for family in families
        for method, path in (*((method, path) for path in family.paths for method in METHODS), *family.refused)
        if (method, path) not in known
    ]
    return (*empty, *refusals)


def _empty(call: Call) -> Answer:
    _look_up(call)
    return Answer([])


def _refuse(family: Family, method: str, call: Call) -> Answer:
    _look_up(call)
    kind = Kind.INVALID if method in CHANGING else Kind.NOT_FOUND
    raise LocalkuError(family.sentence, kind=kind, resource=family.resource)


def _look_up(call: Call) -> None:
    if "app" in call.names:
        call.app()
    elif "addon" in call.names:
        addon_ids.identified(call.context, call.names["addon"])
