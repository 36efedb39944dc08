"""A server whose files are gone goes on: its processes import nothing that was not there when they were forked."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import localku
from localku.server import preloading
from localku.server.preloading import NOT_NEEDED, ROUTERS, SERVING

ROOT = Path(localku.__file__).parent

COMMANDS_ONLY = {"webbrowser", "rich.console", "watchdog.observers", "watchdog.events", "_typeshed"}
"""What is imported by parts of localku that only commands use, or for the sake of types."""

ALL = "from localku.server.preloading import Preloading\nlist(Preloading().rest())"


CONTROLS = "from localku.server.preloading import of_control\nlist(of_control())"

FORKED = """
import sys
from localku.server import children
from localku.server.preloading import Preloading, of_router
loading = Preloading()
loading.first()
list(loading.serving())
list(of_router())
print(*sys.modules)
"""
"""What the router is forked with, and imports at leisure."""

ENGINES = {
    *("docker", "docker.context", "docker.errors", "requests.adapters", "requests.exceptions", "urllib3.exceptions"),
    *("localku.services.postgres.postgres_service",),
}
"""What asks the engine or a database, which the router never does."""

ONLY_FORKED = {"localku.server.children"}
"""What gives the router what it needs, in its own process."""


def imported_late(without: tuple[str, ...] = (), only: set[str] | None = None) -> set[str]:
    """Names of all modules that any module the server needs may import, in functions too; `without` some of ours.

    With `only`, that any of those may import.
    """
    found: set[str] = set()
    for file in ROOT.rglob("*.py"):
        name = ".".join(("localku", *file.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        if name.startswith((*NOT_NEEDED, *without)) or (only is not None and name not in only):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
    return {one for one in found - COMMANDS_ONLY if not one.startswith(NOT_NEEDED)}


def printed(program: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_all_that_is_imported_late_is_there() -> None:
    there = printed(f"import sys\n{ALL}\nprint(*sys.modules)")
    assert sorted(imported_late() - there) == []


def test_control_has_all_that_is_imported_late_and_nothing_that_only_the_router_needs() -> None:
    there = printed(f"import sys\n{CONTROLS}\nprint(*sys.modules)")
    assert sorted(imported_late((*ROUTERS, *ONLY_FORKED)) - there) == []
    assert there.isdisjoint({"localku.router.listener", "localku.server.router_process", "uvloop"})


def test_the_router_has_all_that_is_imported_late_by_what_it_is_forked_with() -> None:
    own = printed(
        f"import {', '.join(SERVING)}, localku.opening, localku.server.parent.port_link, sys\nprint(*sys.modules)"
    )
    there = printed(FORKED)
    assert own <= there
    assert sorted(imported_late(only=own) - there - ENGINES) == []
    assert "docker" not in there


@pytest.mark.parametrize("fault", ["import nowhere_to_be_found", "raise AttributeError('GEN_EMAIL')"])
def test_a_part_of_a_library_that_does_not_fit_this_machine_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    package = tmp_path / "ill_fitting"
    package.mkdir()
    for name, text in (("__init__", ""), ("a_part", fault), ("b_part", "")):
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    for _ in preloading._library("ill_fitting"):
        continue
    assert {name for name in sys.modules if name.startswith("ill_fitting")} == {"ill_fitting", "ill_fitting.b_part"}
    for name in ("ill_fitting", "ill_fitting.b_part"):
        monkeypatch.delitem(sys.modules, name)


USES = f"""
import sys
{ALL}

class Refusing:
    def find_spec(self, name, path=None, target=None):
        print(name)
        return None

sys.meta_path.insert(0, Refusing())
"""


def test_libraries_import_nothing_more_when_they_are_used() -> None:
    """The parts of each library that the server's processes use, with the engine that is there or none."""
    uses = """
import contextlib, datetime, idna, logging, socket, ssl, uuid
from pathlib import Path
from cronsim import CronSim
next(CronSim("*/5 * * * *", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)))
from packaging.requirements import Requirement
Requirement("a[b]>=1; python_version > '3'").marker.evaluate()
from publicsuffixlist import PublicSuffixList
PublicSuffixList().publicsuffix("example.co.uk")
"b\\u00fccher.example".encode("idna"), idna.encode("b\\u00fccher.example", uts46=True)
ssl.create_default_context()
socket.getaddrinfo("localhost", 80)
from localku.engine.client import Engine
from localku.errors import LocalkuError
with contextlib.suppress(LocalkuError):
    Engine().version
with contextlib.suppress(LocalkuError):
    Engine().containers.find({"org.localku.none": "none"})
    Engine().api.ping()
logging.getLogger("any").error("text", exc_info=ValueError("why"))
"""
    assert printed(USES + uses) == set()


def test_a_certificate_is_made_without_another_import() -> None:
    uses = """
import tempfile
from pathlib import Path
from localku.router.tls import certificates
certificates.context(Path(tempfile.mkdtemp()) / "tls", ("one.localhost",))
"""
    assert printed(USES + uses) == set()
