"""The account: the one person whose machine this is, with what a personal account without extras has."""

from __future__ import annotations

from localku.api.call import Answer, Call, Endpoint
from localku.api.replies import RATE_LIMIT
from localku.errors import Kind, LocalkuError
from localku.platform import views
from localku.platform.views import View

SINCE = "2007-06-01T00:00:00Z"
"""An account has a beginning; this one has none here."""


def _account(call: Call) -> Answer:
    view, asked = _view(), call.names.get("user", "~")
    if asked not in {"~", view["email"], view["id"]}:
        raise LocalkuError("There is one account on this machine.", kind=Kind.NOT_FOUND, resource="account")
    return Answer(view)


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


def _delinquency(_call: Call) -> Answer:
    return Answer({"scheduled_deletion_time": None, "scheduled_suspension_time": None})


def _rate_limits(_call: Call) -> Answer:
    return Answer({"remaining": RATE_LIMIT})


ENDPOINTS = (
    Endpoint("GET", "/account", _account),
    Endpoint("GET", "/account/delinquency", _delinquency),
    Endpoint("GET", "/account/rate-limits", _rate_limits),
    Endpoint("GET", "/users/{user}", _account),
)
