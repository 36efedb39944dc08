from platform_schema import links, path_of

from localku.api.endpoints import SERVED

NOT_IN_THE_SCHEMA = {
    ("DELETE", "/apps/{}/formations/{}"),
    ("GET", "/account/rate-limits"),
    ("GET", "/addon-services/{}"),
    ("GET", "/apps/{}/builds/{}/result"),
    ("PATCH", "/addons/{}"),
    ("GET", "/apps/{}/log-drains/{}"),
    ("GET", "/users/{}/apps"),
    ("POST", "/apps/{}/formations/{}/actions/stop"),
}
"""What clients ask for under other paths than the published ones."""


OF_THE_DATA_API = ("/client/v11/", "/postgres/v0/", "/reports")
"""Which has no published schema."""


def test_each_endpoint_is_one_of_herokus() -> None:
    ours = [(one.method, path_of(one.path)) for one in SERVED]
    platform = {(method, path) for method, path in ours if not path.startswith(OF_THE_DATA_API)}
    assert platform - links() - NOT_IN_THE_SCHEMA == set()
    assert len(set(ours)) == len(ours)
