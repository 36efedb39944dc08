from platform_schema import links, path_of

from localku.api.endpoints import ENDPOINTS

NOT_IN_THE_SCHEMA = {
    ("DELETE", "/apps/{}/formations/{}"),
    ("GET", "/account/rate-limits"),
    ("GET", "/addon-services/{}"),
    ("PATCH", "/addons/{}"),
    ("GET", "/apps/{}/log-drains/{}"),
    ("GET", "/users/~"),
    ("GET", "/users/{}/apps"),
    ("POST", "/apps/{}/formations/{}/actions/stop"),
}
"""What clients ask for under other paths than the published ones."""


def test_each_endpoint_is_one_of_herokus() -> None:
    ours = {(one.method, path_of(one.path)) for one in ENDPOINTS}
    assert ours - links() - NOT_IN_THE_SCHEMA == set()
    assert len(ours) == len(ENDPOINTS)
