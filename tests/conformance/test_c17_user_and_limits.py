"""C17: who a dyno is, where it is, and what it may use."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from world import World

QUESTIONS = "id -un; id -gn; pwd; echo $HOME; ulimit -u; hostname; echo $PATH; echo $DYNO; echo $PORT"

MEMORY = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
USED = "cat /sys/fs/cgroup/memory/memory.usage_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.current"
KERNELS = (
    "awk '/^hierarchical_memory_limit/ { n = $2 } END { print n + 0 }' /sys/fs/cgroup/memory/memory.stat /dev/null"
)


def test_a_dyno_is_its_own_user_in_app(world: World) -> None:
    user, group, folder, home, processes, host, path, dyno, port = world.ok("run", QUESTIONS).splitlines()
    assert re.fullmatch(r"u\d+", user)
    assert (group, folder, home, processes) == ("dyno", "/app", "/app", "256")
    assert str(uuid.UUID(host)) == host
    assert path.endswith("/usr/local/bin:/usr/bin:/bin")
    assert re.fullmatch(r"run\.\d{4}", dyno)
    assert 3000 <= int(port) < 60000


def test_each_start_has_another_port_and_another_host(world: World) -> None:
    first, second = (world.ok("run", "echo $PORT; hostname").split() for _ in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]


@pytest.mark.parametrize(
    ("size", "processes", "memory"), [("standard-2x", "512", "1024"), ("performance-m", "16384", "2560")]
)
def test_the_size_shows_in_the_limits(world: World, size: str, processes: str, memory: str) -> None:
    seen = world.ok("run", "-s", size, f"ulimit -u; echo $DYNO_RAM; {MEMORY}").split()
    assert seen == [processes, memory, str(int(memory) * 1024 * 1024)]


def test_a_runtime_sees_the_quota_though_the_kernel_kills_at_twice_of_it(world: World) -> None:
    limit, used, kernel = (int(word) for word in world.ok("run", f"{MEMORY}; {USED}; {KERNELS}").split())
    assert limit == 512 * 1024 * 1024
    assert 0 < used < limit
    assert kernel in {0, 2 * limit}


def test_orphans_are_reaped(world: World) -> None:
    script = "orphan=$(sleep 1 >&- & echo $!); while [ -e /proc/$orphan ]; do sleep 0.1; done; ps -eo stat= | grep -c Z"
    assert world.run("run", f"timeout 60 bash -c '{script}'").out.strip() == "0"


def test_variables_of_the_platform_begin_with_the_release_after_the_feature(world: World) -> None:
    assert "HEROKU_" not in world.ok("run", "env")
    world.ok("labs:enable", "runtime-dyno-metadata")
    try:
        assert "HEROKU_" not in world.ok("run", "env")
        world.ok("config:set", "NEW=1")
        found = dict(line.split("=", 1) for line in world.ok("run", "env; hostname").splitlines() if "=" in line)
        assert found["HEROKU_APP_NAME"] == world.name
        assert str(uuid.UUID(found["HEROKU_APP_ID"])) == found["HEROKU_APP_ID"]
        assert "HOSTNAME" not in found
        assert found["HEROKU_APP_DEFAULT_DOMAIN_NAME"].endswith(".herokuapp.com")
        assert re.fullmatch(r"v\d+", found["HEROKU_RELEASE_VERSION"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", found["HEROKU_RELEASE_CREATED_AT"])
        assert re.fullmatch(r"[0-9a-f]{40}", found["HEROKU_SLUG_COMMIT"])
        assert found["HEROKU_SLUG_DESCRIPTION"] == f"Deploy {found['HEROKU_SLUG_COMMIT'][:8]}"
    finally:
        world.ok("labs:disable", "runtime-dyno-metadata")
        world.ok("config:unset", "NEW")
