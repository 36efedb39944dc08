from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localku.project.procfile import guess

if TYPE_CHECKING:
    from pathlib import Path

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def guessed(root: Path) -> str | None:
    found = guess(root)
    return found.lines if found else None


@pytest.mark.parametrize(
    ("settings", "wsgi", "expected"),
    [
        ("shop.settings", "shop/wsgi.py", "web: gunicorn shop.wsgi"),
        ("config.settings.production", "config/wsgi.py", "web: gunicorn config.wsgi"),
    ],
)
def test_django(tmp_path: Path, settings: str, wsgi: str, expected: str) -> None:
    put(tmp_path, "manage.py", MANAGE.format(settings))
    put(tmp_path, wsgi, "")
    put(tmp_path, "package.json", '{"scripts": {"start": "x"}}')
    found = guess(tmp_path)
    assert found is not None
    assert found.lines == expected
    assert settings in found.reason


def test_django_in_a_subfolder(tmp_path: Path) -> None:
    put(tmp_path, "src/manage.py", MANAGE.format("shop.settings"))
    put(tmp_path, "src/shop/wsgi.py", "")
    assert guessed(tmp_path) == "web: gunicorn --chdir src shop.wsgi"


def test_django_without_manage_py(tmp_path: Path) -> None:
    put(tmp_path, "shop/wsgi.py", "application = get_wsgi_application()")
    assert guessed(tmp_path) == "web: gunicorn shop.wsgi"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("app.py", "from flask import Flask\napp = Flask(__name__)\n", "web: gunicorn app:app"),
        ("wsgi.py", "import flask\nsite: flask.Flask = flask.Flask('x')\n", "web: gunicorn wsgi:site"),
        ("main.py", "api = FastAPI()\n", "web: uvicorn main:api --host 0.0.0.0 --port $PORT"),
        ("app.py", "Flask = (\n", None),
        ("app.py", "def f():\n    app = Flask()\n", None),
        ("app.py", "Flask" + "(" * 5000, None),
        ("package.json", '{"scripts": {"start": "node ."}}', "web: npm start"),
        ("package.json", "{broken", None),
        ("package.json", "{}", None),
        ("readme.md", "Flask", None),
    ],
)
def test_other_evidence(tmp_path: Path, name: str, text: str, expected: str | None) -> None:
    put(tmp_path, name, text)
    assert guessed(tmp_path) == expected


def test_server_js(tmp_path: Path) -> None:
    put(tmp_path, "package.json", "{}")
    put(tmp_path, "server.js", "")
    assert guessed(tmp_path) == "web: node server.js"


def test_unreadable_evidence_is_none(tmp_path: Path) -> None:
    (tmp_path / "app.py").mkdir()
    (tmp_path / "manage.py").write_bytes(b"\xff\xfe\0")
    assert guessed(tmp_path) is None
    assert guessed(tmp_path / "gone") is None


def test_a_settings_module_no_path_can_hold(tmp_path: Path) -> None:
    put(tmp_path, "manage.py", MANAGE.format("a" * 5000 + ".settings"))
    assert guessed(tmp_path) is None
