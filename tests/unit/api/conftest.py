from collections.abc import Iterator

import pytest
from api_client import Api
from api_served import TOKEN, Served, serving
from starlette.testclient import TestClient

from localku.api.call import Place
from localku.api.endpoints import ENDPOINTS
from localku.api.platform_api import Door, application
from localku.context import Context

URL = "http://127.0.0.1:5080"


@pytest.fixture
def api(context: Context) -> Iterator[Api]:
    with TestClient(application(context, Door(Place(URL), TOKEN), ENDPOINTS), base_url=URL) as client:
        yield Api(client, {"Authorization": f"Bearer {TOKEN}", "Accept": "application/vnd.heroku+json; version=3"})


@pytest.fixture
def served(context: Context) -> Iterator[Served]:
    with serving(context) as made:
        yield made
