from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.project import dependencies

if TYPE_CHECKING:
    from pathlib import Path


def test_find(tmp_path: Path) -> None:
    assert dependencies.find(tmp_path) == ()
    for name in ("yarn.lock", "package.json", "requirements.txt"):
        (tmp_path / name).touch()
    assert dependencies.find(tmp_path) == ("requirements.txt", "package.json", "yarn.lock")


POETRY = '[[package]]\nname = "psycopg2"\n{}\n'
UV = """
[[package]]
name = "shop"
source = {{ virtual = "." }}
{}
[[package]]
name = "databases"
source = {{ registry = "https://pypi.example/simple" }}
[package.optional-dependencies]
fast = [{{ name = "asyncpg" }}]
[[package]]
name = "asyncpg"
"""


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("requirements.txt", "Django==5\nPsycopg2_Binary>=2.9  # db\n", "requirements.txt lists psycopg2-binary"),
        ("requirements.txt", "psycopg[binary]>=3 ; python_version > '3'\n", "requirements.txt lists psycopg"),
        ("requirements.txt", "asyncpg==1 \\\n  --hash=sha256:0\n", "requirements.txt lists asyncpg"),
        ("requirements.txt", "-e git+https://x/y#egg=psycopg2\n", "requirements.txt lists psycopg2"),
        ("requirements.txt", "databases[asyncpg]\n", "requirements.txt lists databases[asyncpg]"),
        (
            "requirements.txt",
            "SQLAlchemy[asyncio,postgresql-pg8000]\n",
            "requirements.txt lists SQLAlchemy[postgresql-pg8000]",
        ),
        ("requirements.txt", "SQLAlchemy[asyncio]\npsycopg2-like\n# psycopg2\n--pre\n???\n", None),
        ("requirements.txt", "psycopg2 ; sys_platform == 'win32'\n", None),
        ("requirements.txt", "Django\ndj-database-url\ndjango-environ[develop]\nenviron\nSQLAlchemy\n", None),
        ("Pipfile.lock", '{"default": {"pg8000": {}}}', "Pipfile.lock lists pg8000"),
        ("Pipfile.lock", '{"default": {"dj-database-url": {}}}', None),
        ("Pipfile.lock", '{"develop": {"psycopg2": {}}}', None),
        ("poetry.lock", POETRY.format('groups = ["main", "dev"]'), "poetry.lock lists psycopg2"),
        ("poetry.lock", POETRY.format('groups = ["dev"]'), None),
        ("poetry.lock", POETRY.format('groups = ["main"]\noptional = true'), None),
        ("poetry.lock", POETRY.format('category = "main"'), "poetry.lock lists psycopg2"),
        ("poetry.lock", POETRY.format('category = "dev"'), None),
        ("uv.lock", UV.format('dependencies = [{ name = "asyncpg" }]'), "uv.lock lists asyncpg"),
        ("uv.lock", UV.format('dependencies = [{ name = "databases", extra = ["fast"] }]'), "uv.lock lists asyncpg"),
        ("uv.lock", UV.format('dependencies = [{ name = "databases" }]'), None),
        ("uv.lock", UV.format('[package.dev-dependencies]\ndev = [{ name = "asyncpg" }]'), None),
        ("uv.lock", UV.format('[package.optional-dependencies]\npg = [{ name = "asyncpg" }]'), None),
        ("uv.lock", "package = 1", None),
        ("package.json", '{"dependencies": {"pg": "^8"}}', "package.json depends on pg"),
        ("package.json", '{"dependencies": {"pg-connection-string": "2", "pg-hstore": "2", "knex": "3"}}', None),
        ("package.json", '{"devDependencies": {"pg": "^8"}}', None),
        ("package.json", '{"optionalDependencies": {"pg": "^8"}, "peerDependencies": {"pg": "^8"}}', None),
    ],
)
def test_a_driver_of_postgres(tmp_path: Path, name: str, text: str, reason: str | None) -> None:
    (tmp_path / name).write_text(text)
    assert dependencies.postgres_driver(tmp_path) == reason


ASKS = {
    "of Poetry's own": '[tool.poetry.dependencies]\npython = "^3.12"\nSQL_Alchemy = {version = "2", extras = ["pg"]}',
    "of PEP 621": '[project]\ndependencies = ["sql-alchemy[pg]>=2"]',
}


@pytest.mark.parametrize("asks", ASKS)
def test_a_poetry_lock_without_groups(tmp_path: Path, asks: str) -> None:
    """Those of Poetry 1.5 to 1.8: only what the project asks for tells what is for development."""
    lock = '[[package]]\nname = "sql-alchemy"\n[package.dependencies]\npsycopg2 = {version = "*", optional = true}\n'
    (tmp_path / "poetry.lock").write_text(lock + POETRY.format("optional = false"))
    (tmp_path / "pyproject.toml").write_text(ASKS[asks])
    assert dependencies.postgres_driver(tmp_path) == "poetry.lock lists psycopg2"
    (tmp_path / "pyproject.toml").write_text("[tool.poetry.group.dev.dependencies]\npsycopg2 = '*'\n")
    assert dependencies.postgres_driver(tmp_path) is None
    assert dependencies.python_packages(tmp_path).left_out["psycopg2"] == "poetry.lock"


@pytest.mark.parametrize(
    "line", ["Django", "a", "psycopg2_binary", "zope.interface==5.4", "x ~= 1.4.2", "y>=2.0", "z< 3.10"]
)
def test_the_lines_most_files_have_are_read_without_the_library_that_reads_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    (tmp_path / "requirements.txt").write_text(f"{line}\n")
    name = canonicalize_name(Requirement(line).name)
    monkeypatch.setitem(sys.modules, "packaging.requirements", None)
    assert dependencies.python_packages(tmp_path).installed == {name: "requirements.txt"}


@pytest.mark.parametrize("line", ["x==1", "x>=1.0,<2.0", "x[y]==1.0", "x==1.*", "x==1.0; python_version > '3'"])
def test_of_the_others_none_is_lost(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"{line}\n")
    assert dependencies.python_packages(tmp_path).installed == {"x": "requirements.txt"}


def test_included_requirements(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r requirements/prod.txt\n-r ../outside.txt\n-r requirements.txt\n")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/prod.txt").write_text("--requirement=base.txt\n-r gone.txt\n")
    (tmp_path / "requirements/base.txt").write_bytes("psycopg2\n".encode("utf-16"))
    assert dependencies.postgres_driver(tmp_path) == "requirements/base.txt lists psycopg2"


@pytest.mark.parametrize("text", ["[", "a = " + "[" * 5000, "a = 1\na = 2"])
def test_a_broken_lock_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "uv.lock").write_text(text)
    with pytest.raises(LocalkuError, match=r"uv\.lock is not valid TOML"):
        dependencies.postgres_driver(tmp_path)
