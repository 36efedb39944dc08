import pytest

from localku.errors import LocalkuError
from localku.services.postgres import plan_quota, plans
from localku.services.postgres.plan_quota import Standing, Usage

GIGABYTE = 1024**3


@pytest.mark.parametrize(
    ("plan", "usage", "standing"),
    [
        ("hobby-dev", Usage(6_999, False), Standing.FINE),
        ("hobby-dev", Usage(7_000, False), Standing.NEAR),
        ("hobby-dev", Usage(10_000, False), Standing.NEAR),
        ("hobby-dev", Usage(10_001, False), Standing.OVER),
        ("hobby-dev", Usage(1, False, tables=5_000, size=3 * GIGABYTE), Standing.FINE),
        ("essential-0", Usage(10**9, False, tables=10), Standing.FINE),
        ("essential-0", Usage(1, False, tables=4_001), Standing.OVER),
        ("essential-0", Usage(1, False, tables=1, size=GIGABYTE + 1), Standing.OVER),
        ("essential-1", Usage(1, False, tables=1, size=GIGABYTE + 1), Standing.FINE),
        ("essential-1", Usage(1, False, tables=1, size=8 * GIGABYTE), Standing.NEAR),
        ("standard-0", Usage(10**12, False, tables=10**6, size=10**15), Standing.FINE),
    ],
)
def test_each_plan_has_its_own_quotas(plan: str, usage: Usage, standing: Standing) -> None:
    assert usage.standing(plans.named(plan)) is standing


def test_what_is_taken_depends_on_the_kind_of_quota() -> None:
    assert plan_quota.taken(plans.named("mini")) == "INSERT"
    assert plan_quota.taken(plans.named("essential-2")) == "INSERT, UPDATE"


@pytest.mark.parametrize(
    ("asked", "name", "title", "connections"),
    [
        ("heroku-postgresql", "essential-0", "Essential 0", 20),
        ("heroku-postgresql:hobby-dev", "hobby-dev", "Hobby-dev", 20),
        ("mini", "mini", "Mini", 20),
        ("essential-2", "essential-2", "Essential 2", 40),
        ("standard-0", "standard-0", "Standard 0", 200),
    ],
)
def test_plans_go_by_herokus_names(asked: str, name: str, title: str, connections: int) -> None:
    plan = plans.named(asked)
    assert (plan.name, plan.title, plan.connections) == (name, title, connections)


def test_an_unknown_plan_is_told_which_there_are() -> None:
    with pytest.raises(LocalkuError, match="has no plan 'huge'") as raised:
        plans.named("heroku-postgresql:huge")
    assert "essential-0" in raised.value.hint
