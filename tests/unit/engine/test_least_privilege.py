"""Which of our containers have more than a container has by default: none, unless it is in the table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import localku

ROOT = Path(localku.__file__).parent

LOOSER = ("capabilities", "limits", "network", "user")
"""What a spec says where the default does not do: no capability, 512 MB, 128 processes, no network."""

ASKED = {
    "slugs/building/build_spec.py": {
        "limits": "Limits(pids=PROCESSES)",
        "network": "NO_NETWORK if job.offline else job.network or ENGINES_NETWORK",
        "user": "f'{job.who.uid}:{job.who.gid}'",
    },
    "slugs/building/furnished.py": {"user": "'0:0'"},
    "slugs/slug_image.py": {"limits": "COPYING", "user": "f'{self._who.uid}:{self._who.gid}'"},
    "slugs/release_image.py": {"limits": "COPYING", "user": "f'{who.uid}:{who.gid}'"},
    "platform/backups/crossing.py": {"limits": "Limits()", "network": "HOSTS_NETWORK", "user": "USER"},
    "platform/databases/tools_here.py": {
        "limits": "Limits()",
        "network": "HOSTS_NETWORK",
        "user": "f'{os.geteuid()}:{os.getegid()}'",
    },
    "debian/layer.py": {"capabilities": "INSTALLS", "limits": "Limits()", "user": "'0'"},
    "dyno/dyno_spec.py": {
        "limits": (
            "Limits(memory=order.size.quota * KILL_FACTOR, pids=order.size.processes,"
            " cpu_shares=1024 * order.size.share, nproc=order.size.processes)"
        ),
        "network": "context.network",
    },
    "dyno/quota_file.py": {},
    "ephemeral/slug_files.py": {},
    "dyno/readonly_mounts.py": {"capabilities": "COPIES", "user": "'0:0'"},
    "services/postgres/postgres_server.py": {
        "limits": "Limits(memory=plan.most_memory, pids=plan.processes)",
        "network": "place.network",
        "user": "USER",
    },
}


def specs() -> Iterator[tuple[str, ast.Call]]:
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ContainerSpec"):
                yield str(file.relative_to(ROOT)), node


def test_each_container_asks_for_what_it_needs_and_a_new_one_is_looked_at() -> None:
    found: dict[str, dict[str, str]] = {}
    for file, call in specs():
        name = file if file not in found else f"{file} (2)"
        assert not any(keyword.arg is None for keyword in call.keywords), f"{file} hides what it asks for"
        found[name] = {one.arg: ast.unparse(one.value) for one in call.keywords if one.arg in LOOSER}
    assert found == ASKED


def test_no_container_is_made_but_from_a_spec() -> None:
    makers = sorted(
        str(file.relative_to(ROOT))
        for file in ROOT.rglob("*.py")
        if "create_container" in (text := file.read_text()) or "privileged" in text.lower()
    )
    assert makers == ["engine/containers.py", "engine/direct_api.py"]
