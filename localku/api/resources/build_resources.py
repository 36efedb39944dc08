"""Builds, and the sources that are sent for them: `/apps/{app}/builds`, `/sources`."""

from __future__ import annotations

from localku.api.background_builds import BuildWish
from localku.api.call import Answer, Call, Endpoint, as_object, text_of
from localku.api.links import source_links, stream_urls
from localku.api.resources.buildpack_resources import ours
from localku.errors import Invalid
from localku.platform import stacks, views
from localku.platform.deploying import build_cache, builds
from localku.platform.deploying.sent import remote_tarball, source_blobs
from localku.platform.releasing import release_ids
from localku.platform.views import View
from localku.records import App, Build, BuildStatus
from localku.slugs import chain


def _source(call: Call) -> Answer:
    ident, now = source_blobs.new(call.context), call.context.clock.now()
    get, put = (
        source_links.made(call.links, call.place.url, purpose, ident, now)
        for purpose in (source_links.GET, source_links.PUT)
    )
    return Answer({"source_blob": {"get_url": get, "put_url": put}}, 201)


def _source_of_app(call: Call) -> Answer:
    call.app()
    return _source(call)


def _listed(call: Call) -> Answer:
    app = call.app()
    return Answer([_view(call, app, one) for one in builds.listed(call.context, app)])


def _created(call: Call) -> Answer:
    app = call.app()
    return _shown(call, app, call.build(_wish(call, app)), 201)


def _wish(call: Call, app: App) -> BuildWish:
    blob = as_object(call.body.get("source_blob") or {}, "source_blob")
    url, version, checksum = (text_of(blob.get(one), one, resource="build") for one in ("url", "version", "checksum"))
    if not url:
        raise Invalid("source_blob.url is required.", resource="build")
    if checksum:
        remote_tarball.check_checksum(checksum)
    source = source_links.source_of(call.links, call.place.url, url, call.context.clock.now())
    if source is None:
        remote_tarball.check_url(url)
    else:
        source_blobs.file(call.context, source)
    return BuildWish(app.uuid, source, url, version, checksum, _buildpacks(call))


def _buildpacks(call: Call) -> tuple[str, ...]:
    found = []
    for one in call.items("buildpacks") if call.body.get("buildpacks") is not None else ():
        named = text_of(one.get("url") or one.get("name"), "buildpacks", resource="build")
        if not named:
            raise Invalid("Each of the buildpacks has to have a url or a name.", resource="build")
        chain.check(ours(named))
        found.append(ours(named))
    return tuple(found)


def _info(call: Call) -> Answer:
    return _shown(call, call.app(), call.names["build"])


def _result(call: Call) -> Answer:
    """As older clients read it (heroku3): how it ended, and its lines."""
    app = call.app()
    found = builds.find(call.context, app, call.names["build"])
    text = b"" if found.status is BuildStatus.PENDING else b"".join(builds.output(call.context, app, found))
    lines = [{"line": line, "stream": "STDOUT"} for line in text.decode(errors="replace").splitlines(keepends=True)]
    view = _view(call, app, found)
    told = {name: view[name] for name in ("id", "status", "output_stream_url")}
    code = {BuildStatus.SUCCEEDED: 0, BuildStatus.FAILED: 1}.get(found.status)
    return Answer({"build": told, "exit_code": code, "lines": lines})


def _canceled(call: Call) -> Answer:
    app = call.app()
    found = builds.find(call.context, app, call.names["build"])
    builds.cancel(call.context, app, found)
    return _shown(call, app, found.id, 202)


def _cache_cleared(call: Call) -> Answer:
    build_cache.clear(call.context, call.app())
    return Answer({})


def _shown(call: Call, app: App, ident: str, status: int = 200) -> Answer:
    return Answer(_view(call, app, builds.find(call.context, app, ident)), status)


def _view(call: Call, app: App, found: Build) -> View:
    url = stream_urls.made(call.links, call.place.url, stream_urls.BUILD, app, found.id, call.context.clock.now())
    stack = stacks.named_for_heroku(found.stack)
    return {**views.build(app, found, release_ids.of(call.context, app)), "output_stream_url": url, "stack": stack}


ENDPOINTS = (
    Endpoint("POST", "/sources", _source),
    Endpoint("POST", "/apps/{app}/sources", _source_of_app),
    Endpoint("GET", "/apps/{app}/builds", _listed),
    Endpoint("POST", "/apps/{app}/builds", _created),
    Endpoint("GET", "/apps/{app}/builds/{build}", _info),
    Endpoint("DELETE", "/apps/{app}/builds/{build}", _canceled),
    Endpoint("GET", "/apps/{app}/builds/{build}/result", _result),
    Endpoint("DELETE", "/apps/{app}/build-cache", _cache_cleared),
)
