"""Builds and sources: what is asked for, what is answered, and the output as it comes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest
from api_client import Api
from api_served import TOKEN, Served
from starlette.testclient import TestClient
from verbs_kit import deploy, slug

from localku import locks
from localku.api.background_builds import BuildWish
from localku.api.call import Place
from localku.api.endpoints import ENDPOINTS
from localku.api.platform_api import Door, application
from localku.clock import SystemClock
from localku.context import Context
from localku.platform.deploying import builds
from localku.platform.deploying.sent import source_blobs
from localku.platform.releasing import release_output
from localku.records import App, BuildStatus
from localku.states import ReleaseStatus

if TYPE_CHECKING:
    from fake_engine import FakeClock

URL = "http://127.0.0.1:5080"


@pytest.fixture
def wishes() -> list[BuildWish]:
    return []


@pytest.fixture
def building(context: Context, app: App, wishes: list[BuildWish]) -> Iterator[Api]:
    """An API that has builds begun, and no more."""

    def begin(wish: BuildWish) -> str:
        wishes.append(wish)
        with builds.recorded(context, app, "heroku-24", wish.version) as recording:
            recording.write("-----> Built")
        return recording.build.id

    door = Door(Place(URL), TOKEN, build=begin)
    with TestClient(application(context, door, ENDPOINTS), base_url=URL) as client:
        yield Api(client, {"Authorization": f"Bearer {TOKEN}", "Accept": "application/vnd.heroku+json; version=3"})


def path(url: str) -> str:
    assert url.startswith(f"{URL}/")
    return url.removeprefix(URL)


def source(api: Api, content: bytes = b"tar") -> str:
    """Send one; the URL to build it from."""
    blob = api.post("/sources", of="source")["source_blob"]
    assert api.client.put(path(blob["put_url"]), content=content).status_code == 200
    return str(blob["get_url"])


def test_a_source_is_sent_without_the_token_and_read_again(api: Api) -> None:
    assert api.client.get(path(source(api, b"x" * 3000))).content == b"x" * 3000


def test_who_may_read_a_source_may_not_write_it(api: Api) -> None:
    blob = api.post("/sources")["source_blob"]
    assert api.client.put(path(blob["get_url"]), content=b"x").status_code == 404
    assert api.client.get(path(blob["put_url"])).status_code == 404
    assert api.client.get(path(blob["get_url"])).status_code == 404, "nothing was sent"
    assert api.client.put("/sources/x.y", content=b"x").status_code == 404
    assert api.client.put(path(blob["put_url"]), content=b"x", headers={"Host": "evil.example"}).status_code == 403


def test_a_source_that_is_too_large_leaves_nothing(api: Api, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_blobs, "MOST_BYTES", 10)
    blob = api.post("/sources")["source_blob"]
    assert api.client.put(path(blob["put_url"]), content=b"x" * 11).status_code == 413
    assert not list((context.home / "sources").iterdir())


def test_a_source_is_kept_for_a_day(api: Api, context: Context, clock: FakeClock) -> None:
    url = source(api)
    clock.seconds = timedelta(days=20_000).total_seconds()  # files have the time of this machine
    assert api.client.get(path(url)).status_code == 404
    api.post("/sources")
    assert not list((context.home / "sources").iterdir())


def test_a_build_is_of_what_was_sent(building: Api, context: Context, app: App, wishes: list[BuildWish]) -> None:
    url = source(building)
    asked = {
        "source_blob": {"url": url, "version": "v1.2", "checksum": f"SHA256:{'0' * 64}"},
        "buildpacks": [{"url": "https://buildpack-registry.s3.amazonaws.com/buildpacks/heroku/python.tgz"}],
    }
    made = building.post(f"/apps/{app.name}/builds", asked, "build")
    assert (made["status"], made["source_blob"]["version"]) == ("succeeded", "v1.2")
    (wish,) = wishes
    assert (wish.app, wish.version, wish.buildpacks) == (app.uuid, "v1.2", ("heroku/python",))
    assert wish.source is not None
    assert source_blobs.file(context, wish.source).read_bytes() == b"tar"
    assert building.get(f"/apps/{app.name}/builds", "build") == [made]
    assert building.get(f"/apps/{app.name}/builds/{made['id']}", "build") == made
    assert building.client.get(path(made["output_stream_url"])).text == "-----> Built\n"
    result = building.get(f"/apps/{app.name}/builds/{made['id']}/result")
    assert (result["exit_code"], result["lines"]) == (0, [{"line": "-----> Built\n", "stream": "STDOUT"}])


def test_a_build_is_of_what_is_elsewhere(building: Api, app: App, wishes: list[BuildWish]) -> None:
    building.post(f"/apps/{app.name}/builds", {"source_blob": {"url": "https://example.com/app.tgz"}}, "build")
    assert [(one.source, one.url) for one in wishes] == [(None, "https://example.com/app.tgz")]


@pytest.mark.parametrize(
    "blob",
    [
        {},
        {"url": ""},
        {"url": 1},
        {"url": "file:///etc/passwd"},
        {"url": "/etc/passwd"},
        {"url": "https://example.com/a.tgz", "checksum": "MD5:1"},
        {"url": "https://example.com/a.tgz", "version": 3},
    ],
)
def test_what_is_no_source_is_refused(building: Api, app: App, wishes: list[BuildWish], blob: object) -> None:
    assert building.refused("POST", f"/apps/{app.name}/builds", {"source_blob": blob})[:2] == (422, "invalid_params")
    assert wishes == []


@pytest.mark.parametrize("buildpacks", [[{}], ["x"], "heroku/python", [{"url": "https://"}], [{"url": 1}]])
def test_no_buildpacks_are_refused(building: Api, app: App, wishes: list[BuildWish], buildpacks: list[object]) -> None:
    asked = {"source_blob": {"url": "https://example.com/a.tgz"}, "buildpacks": buildpacks}
    assert building.refused("POST", f"/apps/{app.name}/builds", asked)[:2] == (422, "invalid_params")
    assert wishes == []


def test_a_link_of_before_or_of_nothing_is_refused(building: Api, app: App, clock: FakeClock) -> None:
    made = building.post("/sources")["source_blob"]["get_url"]
    asked = {"source_blob": {"url": made}}
    assert building.refused("POST", f"/apps/{app.name}/builds", asked)[:2] == (404, "not_found")
    clock.later(timedelta(days=2).total_seconds())
    assert building.refused("POST", f"/apps/{app.name}/builds", asked)[:2] == (404, "not_found")


def test_there_are_no_other_builds(api: Api, app: App) -> None:
    assert api.get(f"/apps/{app.name}/builds") == []
    for method in ("GET", "DELETE"):
        assert api.refused(method, f"/apps/{app.name}/builds/{uuid.uuid4()}")[:2] == (404, "not_found")


def test_a_build_that_has_ended_or_runs_in_a_terminal_is_not_canceled(api: Api, context: Context, app: App) -> None:
    with locks.held(builds.lock(context, app), ""), builds.recorded(context, app, "heroku-24", None) as running:
        where = f"/apps/{app.name}/builds/{running.build.id}"
        assert api.get(where, "build")["status"] == "pending"
        assert api.refused("DELETE", where)[:2] == (409, "conflict")
    assert api.refused("DELETE", where)[:2] == (422, "invalid_params")


def test_what_was_interrupted_says_so(api: Api, context: Context, app: App) -> None:
    with pytest.raises(SystemExit), builds.recorded(context, app, "heroku-24", None):
        raise SystemExit(143)
    (found,) = api.get(f"/apps/{app.name}/builds", "build")
    assert found["status"] == "failed"
    assert api.client.get(path(found["output_stream_url"])).text == " !     Build canceled\n"


def test_the_output_comes_as_it_is_printed(served: Served, context: Context, app: App) -> None:
    object.__setattr__(context, "clock", SystemClock())
    said: list[str] = []
    with locks.held(builds.lock(context, app), ""), builds.recorded(context, app, "heroku-24", None) as running:
        running.write("one")
        where = f"{served.url}/apps/{app.name}/builds/{running.build.id}"
        url = httpx2.get(where, headers=served.headers).json()["output_stream_url"]
        with httpx2.stream("GET", url, timeout=20) as reply:
            lines = reply.iter_lines()
            said.append(next(lines))
            threading.Timer(0.3, running.write, ("two",)).start()
            said.append(next(lines))
            context.store.builds.update(replace(running.build, status=BuildStatus.SUCCEEDED))
            said += list(lines)
    assert said == ["one", "two"]
    again = httpx2.get(url, headers={"Range": "bytes=4-"})
    assert (again.status_code, again.text) == (206, "two\n")
    assert httpx2.get(f"{url}0").status_code == 404


def test_a_release_says_where_its_command_s_output_is(api: Api, context: Context, app: App) -> None:
    made = deploy(context, app)
    with release_output.Output(context, app, made.version) as output:
        output.write(b"migrated\n")
    newest, *before = api.get(f"/apps/{app.name}/releases", "release", Range="version ..; order=desc")
    assert api.client.get(path(newest["output_stream_url"])).text == "migrated\n"
    assert {one["output_stream_url"] for one in before} == {None}
    assert api.get(f"/apps/{app.name}/releases/{made.version}", "release") == newest


def test_a_slug_is_what_a_release_runs_and_can_be_released_again(api: Api, context: Context, app: App) -> None:
    first, second = slug(context, app, 1), slug(context, app, 2, {"web": "other"})
    for one in (first, second):
        context.store.releases.add(app, one, {}, "Deploy", ReleaseStatus.SUCCEEDED, context.clock.now())
    told = api.get(f"/apps/{app.name}/slugs/{first.uuid}", "slug")
    assert told["stack"]["name"] == "heroku-26"
    assert (told["id"], told["process_types"]) == (first.uuid, {"web": "serve"})
    made = api.post(f"/apps/{app.name}/releases", {"slug": first.uuid, "description": "Again"}, "release")
    assert (made["slug"], made["description"], made["current"]) == ({"id": first.uuid}, "Again", True)
    assert api.get(f"/apps/{app.name}/formation")[0]["command"] == "serve"
    assert api.refused("GET", f"/apps/{app.name}/slugs/{uuid.uuid4()}")[:2] == (404, "not_found")
    assert api.refused("POST", f"/apps/{app.name}/releases", {"slug": "none"})[:2] == (404, "not_found")
    assert api.refused("POST", f"/apps/{app.name}/slugs", {"process_types": {}})[:2] == (422, "invalid_params")
    context.engine.images.remove(first.image)
    assert api.refused("POST", f"/apps/{app.name}/releases", {"slug": first.uuid})[:2] == (404, "not_found")


def test_the_build_cache_is_emptied_unless_a_build_uses_it(api: Api, context: Context, app: App) -> None:
    with locks.held(builds.lock(context, app), ""):
        assert api.refused("DELETE", f"/apps/{app.name}/build-cache")[:2] == (409, "conflict")
    assert api.delete(f"/apps/{app.name}/build-cache") == {}


def test_a_fault_of_ours_is_told_in_the_form_of_all_errors(context: Context, app: App) -> None:
    def breaks(_wish: BuildWish) -> str:
        raise ZeroDivisionError

    door = Door(Place(URL), TOKEN, build=breaks)
    with TestClient(application(context, door, ENDPOINTS), base_url=URL, raise_server_exceptions=False) as client:
        api = Api(client, {"Authorization": f"Bearer {TOKEN}"})
        asked = {"source_blob": {"url": "https://example.com/a.tgz"}}
        assert api.refused("POST", f"/apps/{app.name}/builds", asked)[:2] == (500, "internal_server_error")
