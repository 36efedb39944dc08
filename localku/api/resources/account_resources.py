"""The account: the one person whose machine this is, with what a personal account without extras has."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.api.replies import RATE_LIMIT
from localku.errors import Kind, LocalkuError
from localku.platform import views
from localku.platform.views import View

SINCE = "2007-06-01T00:00:00Z"
"""An account has a beginning; this one has none here."""


def _account(_call: Call) -> Answer:
    return Answer(_view())


def _view() -> View:
    user = views.user()
    return {
        "allow_tracking": False,
        "beta": False,
        "created_at": SINCE,
        "country_of_residence": None,
        "default_organization": None,
        "default_team": None,
        "email": user["email"],
        "federated": False,
        "id": user["id"],
        "identity_provider": None,
        "last_login": None,
        "name": user["email"],
        "sms_number": None,
        "suspended_at": None,
        "delinquent_at": None,
        "two_factor_authentication": False,
        "updated_at": SINCE,
        "verified": True,
    }


def _none(_call: Call) -> Answer:
    return Answer([])


def _no_feature(_call: Call) -> Answer:
    raise LocalkuError("Couldn't find that feature.", kind=Kind.NOT_FOUND, resource="account_feature")


def _rate_limits(_call: Call) -> Answer:
    return Answer({"remaining": RATE_LIMIT})


ENDPOINTS = (
    Endpoint("GET", "/account", _account),
    Endpoint("GET", "/account/features", _none),
    Endpoint("GET", "/account/features/{feature}", _no_feature),
    Endpoint("GET", "/account/keys", _none),
    Endpoint("GET", "/account/rate-limits", _rate_limits),
    Endpoint("GET", "/teams", _none),
    Endpoint("GET", "/users/~", _account),
)
