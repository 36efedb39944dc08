from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from verbs_kit import deploy

from localku.context import Context
from localku.dyno import dyno_environment
from localku.engine.spec import Bind
from localku.platform import labs
from localku.platform.dynos import oneoff
from localku.records import App, Release

if TYPE_CHECKING:
    from fake_engine import FakeEngine


HEROKUS_FILE = Bind("/var/volumes/usr/1073741824", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
OTHER_FILE = Bind("/var/volumes/usr/1073741824", "/sys/fs/cgroup/memory.max")


def environment(context: Context, app: App, release: Release, kind: str = "web") -> dict[str, str]:
    slug = context.store.releases.slug(release.slug_id or 0)
    order = oneoff.order(kind, "serve", release, slug, size="standard-2x")
    return dyno_environment.of(context, app, order, "id-1", (HEROKUS_FILE,))


def test_what_the_platform_sets_counts_more_than_config_vars(context: Context, app: App) -> None:
    release = replace(deploy(context, app), config={"A": "1", "PORT": "1", "HOME": "/root", "DYNO": "x"})
    found = environment(context, app, release)
    assert (found["A"], found["HOME"]) == ("1", "/app")
    assert found["PORT"] != "1"
    assert found["DYNO"].startswith("web.")
    assert "PS1" not in found
    assert environment(context, app, release, "run")["PS1"].startswith("\\[")


def test_what_heroku_sets_and_nothing_else(context: Context, app: App) -> None:
    """heroku-buildpack-python's spec/hatchet/pip_spec.rb: what its `app.run` sees, less what the buildpack sets."""
    release = deploy(context, app)
    assert environment(context, app, release).keys() == {"DYNO", "HOME", "PORT"}
    assert environment(context, app, release, "run").keys() == {"DYNO", "HOME", "PORT", "PS1"}


def test_the_size_is_a_variable_only_where_no_file_says_it(context: Context, app: App) -> None:
    release = deploy(context, app)
    slug = context.store.releases.slug(release.slug_id or 0)
    order = oneoff.order("web", "serve", release, replace(slug, buildpacks=("heroku/python",)))

    def told(*binds: Bind) -> str | None:
        return dyno_environment.of(context, app, order, "id-1", binds).get("DYNO_RAM")

    assert [told(), told(OTHER_FILE), told(HEROKUS_FILE)] == ["512", None, None]


@pytest.mark.parametrize(
    ("size", "processes"),
    [
        ("basic", 2),
        ("standard-2x", 4),
        ("performance-m", 5),
        ("performance-l", 17),
        ("performance-l-ram", 9),
        ("performance-xl", 17),
        ("performance-2xl", 33),
    ],
)
def test_herokus_own_python_buildpack_is_told_what_it_cannot_see(
    context: Context, app: App, size: str, processes: int
) -> None:
    release = deploy(context, app)
    slug = context.store.releases.slug(release.slug_id or 0)

    def told(config: dict[str, str], *buildpacks: str) -> str | None:
        made = replace(slug, buildpacks=buildpacks)
        order = oneoff.order("web", "serve", replace(release, config=config), made, size=size)
        return dyno_environment.of(context, app, order, "id-1").get("WEB_CONCURRENCY")

    assert told({}, "heroku/python") is None
    assert told({}, "https://github.com/heroku/heroku-buildpack-python#v351") == str(processes)
    herokus = replace(slug, buildpacks=("https://github.com/heroku/heroku-buildpack-python",))
    order = oneoff.order("web", "serve", release, herokus, size=size)
    assert "WEB_CONCURRENCY" not in dyno_environment.of(context, app, order, "id-1", (HEROKUS_FILE,))
    assert "WEB_CONCURRENCY" in dyno_environment.of(context, app, order, "id-1", (OTHER_FILE,))
    assert told({"WEB_CONCURRENCY": "7"}, "https://github.com/heroku/heroku-buildpack-python") == "7"


def test_metadata_is_of_releases_made_after_the_feature(context: Context, engine: FakeEngine, app: App) -> None:
    before = deploy(context, app)
    engine.clock.later(10)
    labs.enable(context, app, "runtime-dyno-metadata")
    assert not any(name.startswith("HEROKU_") for name in environment(context, app, before))
    engine.clock.later(10)
    after = deploy(context, app, 2)
    found = {name: value for name, value in environment(context, app, after).items() if name.startswith("HEROKU_")}
    assert found == {
        "HEROKU_APP_ID": app.uuid,
        "HEROKU_APP_NAME": "one",
        "HEROKU_APP_DEFAULT_DOMAIN_NAME": app.default_domain,
        "HEROKU_DYNO_ID": "id-1",
        "HEROKU_RELEASE_CREATED_AT": "2024-06-05T11:12:55Z",
        "HEROKU_RELEASE_VERSION": "v4",
        "HEROKU_SLUG_COMMIT": "",
        "HEROKU_SLUG_DESCRIPTION": "Deploy f2",
    }
    labs.enable(context, app, "runtime-dyno-build-metadata")
    engine.clock.later(10)
    found = environment(context, app, deploy(context, app, 3))
    assert (found["HEROKU_BUILD_COMMIT"], found["HEROKU_BUILD_DESCRIPTION"]) == ("", "Deploy f3")
