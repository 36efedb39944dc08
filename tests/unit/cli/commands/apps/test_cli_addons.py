"""What `localku addons` and its kin print."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localku.cli.commands.apps.addons_commands import hourly, monthly, read_settings
from localku.context import Context
from localku.errors import LocalkuError
from localku.platform import new_apps
from localku.records import Addon, App
from localku.services.postgres import credentials, postgres_server
from localku.services.postgres.plans import PLANS

Command = Callable[..., Any]
AT = ("172.18.0.1", 40000)


@pytest.fixture
def app(context: Context, root: Path) -> App:
    return new_apps.create(context, root, None)


@pytest.fixture
def other(context: Context, tmp_path: Path) -> App:
    (tmp_path / "two").mkdir()
    return new_apps.create(context, tmp_path / "two", None)


@pytest.fixture
def addon(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> Addon:
    for name in ("start", "running_at"):
        monkeypatch.setattr(postgres_server, name, lambda *_: AT)
    fresh = credentials.new(app.id, "mini", "DATABASE_URL", context.clock.now())
    made = context.store.addons.add(replace(fresh, name="postgresql-round-10000", host=AT[0], port=AT[1], version="18"))
    context.store.apps.change_config(app, {"DATABASE_URL": credentials.url(made)})
    return made


def test_the_list_shows_every_attachment(localku: Command, addon: Addon, other: App) -> None:
    done = localku("addons:attach", addon.name, "-a", "two", "--as", "shared")
    assert done.err == (
        "Attaching postgresql-round-10000 as SHARED to two... done\n"
        "Setting SHARED config vars and restarting two... done, v3\n"
    )
    assert localku("addons").out == (
        "Add-on                                      Plan  Price         Max price  State\n"
        "------------------------------------------  ----  ------------  ---------  -------\n"
        "heroku-postgresql (postgresql-round-10000)  mini  ~$0.007/hour  $5/month   created\n"
        " ├─ as DATABASE\n"
        " └─ as SHARED on two app\n"
        "\n"
        "The table above shows add-ons and the attachments to the current app (one) or other apps.\n"
    )
    assert "as SHARED on two app" in localku("addons", "-a", "one").out
    (found,) = json.loads(localku("addons", "-a", "two", "--json").out)
    assert (found["app"]["name"], found["config_vars"], found["state"]) == ("one", ["DATABASE_URL"], "provisioned")


def test_detaching_says_what_it_unsets(localku: Command, addon: Addon, other: App) -> None:
    localku("addons:attach", "one::DATABASE", "-a", "two", "--as", "SHARED")
    assert localku("addons:detach", "SHARED", "-a", "two").err == (
        "Detaching SHARED to postgresql-round-10000 from two... done\n"
        "Unsetting SHARED config vars and restarting two... done, v4\n"
    )
    done = localku("addons:detach", "DATABASE")
    assert (done.status, done.err.splitlines()[0]) == (
        1,
        " !     Cannot destroy last attachment to billing app for resource postgresql-round-10000.",
    )


def test_one_addon_has_herokus_keys(localku: Command, addon: Addon) -> None:
    head, _, *rows = localku("addons:info", "DATABASE").out.splitlines()
    assert head == "=== postgresql-round-10000"
    shown = {key: value.strip() for key, _, value in (row.partition(":") for row in rows)}
    assert shown.pop("Installed at").startswith("Wed Jun 05 2024 ")
    assert shown == {
        "Attachments": "one::DATABASE",
        "Max Price": "$5/month",
        "Owning app": "one",
        "Plan": "heroku-postgresql:mini",
        "Price": "~$0.007/hour",
        "State": "created",
    }


def test_services_and_plans_are_data(localku: Command) -> None:
    assert localku("addons:services").out.splitlines()[-1] == "heroku-postgresql  Heroku Postgres  ga"
    assert [one["name"] for one in json.loads(localku("addons:services", "--json").out)] == ["heroku-postgresql"]
    found = json.loads(localku("addons:plans", "heroku-postgresql", "--json").out)
    assert {one["name"] for one in found} == {f"heroku-postgresql:{name}" for name in PLANS}
    assert found[-1]["price"] == {"cents": 20000, "contract": False, "metered": False, "unit": "month"}
    rows = localku("addons:plans", "heroku-postgresql").out.splitlines()
    assert "heroku-postgresql:essential-0  Essential 0  ~$0.007/hour  $5/month" in rows
    assert localku("addons:plans", "heroku-redis").err.startswith(
        " !     Couldn't find the add-on service heroku-redis."
    )


def test_a_new_name_and_waiting_for_it(localku: Command, addon: Addon) -> None:
    assert (
        localku("addons:rename", addon.name, "books").err == "postgresql-round-10000 successfully renamed to books.\n"
    )
    assert localku("addons:wait").err == "Waiting for books... done\n"
    assert localku("addons:wait", "other").err.startswith(" !     Couldn't find that add-on: other.")


def test_what_is_shared_is_destroyed_by_force_alone(localku: Command, addon: Addon, other: App) -> None:
    localku("addons:attach", addon.name, "-a", "two")
    done = localku("addons:destroy", addon.name, "--confirm", "one")
    assert (done.status, done.err.splitlines()[0]) == (1, " !     postgresql-round-10000 is attached to two, too.")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), {}),
        (("--version", "16"), {"version": "16"}),
        (("--version=16", "--enforce", "now"), {"version": "16", "enforce": "now"}),
    ],
)
def test_settings_are_read_in_both_ways(words: tuple[str, ...], found: dict[str, str]) -> None:
    assert read_settings(words) == found


@pytest.mark.parametrize("words", [("--size", "3"), ("--version",), ("x",)])
def test_other_settings_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(LocalkuError, match=r"^Unknown setting: "):
        read_settings(words)


def test_prices_are_herokus() -> None:
    assert [(hourly(price), monthly(price)) for price in (0, 5, 50)] == [
        ("free", "free"),
        ("~$0.007/hour", "$5/month"),
        ("~$0.069/hour", "$50/month"),
    ]
