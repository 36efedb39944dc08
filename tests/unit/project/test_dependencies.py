from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.errors import LocalkuError
from localku.project import app_json, dependencies

if TYPE_CHECKING:
    from pathlib import Path


def test_find(tmp_path: Path) -> None:
    assert dependencies.find(tmp_path) == ()
    for name in ("yarn.lock", "package.json", "requirements.txt"):
        (tmp_path / name).touch()
    assert dependencies.find(tmp_path) == ("requirements.txt", "package.json", "yarn.lock")


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("requirements.txt", "Django==5\nPsycopg2_Binary>=2.9  # db\n", "requirements.txt lists psycopg2-binary"),
        ("requirements.txt", "psycopg[binary]>=3 ; python_version > '3'\n", "requirements.txt lists psycopg"),
        ("requirements.txt", "asyncpg==1 \\\n  --hash=sha256:0\n", "requirements.txt lists asyncpg"),
        ("requirements.txt", "-e git+https://x/y#egg=psycopg2\n", "requirements.txt lists psycopg2"),
        ("requirements.txt", "psycopg2-like\n# psycopg2\n--pre\n???\n", None),
        ("Pipfile.lock", '{"default": {"dj-database-url": {}}}', "Pipfile.lock lists dj-database-url"),
        ("Pipfile.lock", '{"develop": {"psycopg2": {}}}', None),
        ("poetry.lock", '[[package]]\nname = "psycopg2"\n', "poetry.lock lists psycopg2"),
        ("uv.lock", '[[package]]\nname = "psycopg"\n', "uv.lock lists psycopg"),
        ("uv.lock", "package = 1", None),
        ("package.json", '{"dependencies": {"pg": "^8"}}', "package.json depends on pg"),
        ("package.json", '{"devDependencies": {"pg": "^8"}}', None),
    ],
)
def test_needs_postgres(tmp_path: Path, name: str, text: str, reason: str | None) -> None:
    (tmp_path / name).write_text(text)
    assert dependencies.needs_postgres(tmp_path) == reason


def test_included_requirements(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r requirements/prod.txt\n-r ../outside.txt\n-r requirements.txt\n")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/prod.txt").write_text("--requirement=base.txt\n-r gone.txt\n")
    (tmp_path / "requirements/base.txt").write_bytes("psycopg2\n".encode("utf-16"))
    assert dependencies.needs_postgres(tmp_path) == "requirements/base.txt lists psycopg2"


def test_app_json_addon_is_the_first_reason(tmp_path: Path) -> None:
    wanted = app_json.from_data({"addons": ["heroku-postgresql:mini"]})
    assert dependencies.needs_postgres(tmp_path, wanted) == "app.json asks for heroku-postgresql:mini"
    assert dependencies.needs_postgres(tmp_path, app_json.from_data({"addons": ["heroku-redis"]})) is None


@pytest.mark.parametrize("text", ["[", "a = " + "[" * 5000, "a = 1\na = 2"])
def test_a_broken_lock_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "uv.lock").write_text(text)
    with pytest.raises(LocalkuError, match=r"uv\.lock is not valid TOML"):
        dependencies.needs_postgres(tmp_path)
