"""What a build costs that finds nothing to do."""

import deploy_kit
import pytest
from imported_modules import modules_of
from unix_engine import UnixEngine

from localku.context import Context
from localku.records import App
from localku.services.postgres import credentials


@pytest.fixture
def built(context: Context, app: App, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path at which an engine is asked for the app's image; the app has a database too."""
    made = deploy_kit.builds(context, monkeypatch).deploy(app)
    context.store.addons.add(credentials.new(app.id, "essential-0", "DATABASE_URL", context.clock.now()))
    return f"GET /images/{made.slug.image}/json"


def test_a_build_with_nothing_changed_asks_the_engine_one_thing_and_imports_no_client_for_it(
    context: Context, app: App, built: str, server: UnixEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[built] = (200, {})
    monkeypatch.chdir(app.root or "/")
    found = modules_of("build", LOCALKU_HOME=str(context.home), DOCKER_HOST=server.url)
    assert server.requests == [(built, b"")]
    assert {"localku.platform.deploying.deploy", "sqlite3"} <= found
    assert found.isdisjoint({"docker", "http.client", "requests", "rich", "ssl", "urllib.request", "urllib3", "yaml"})
