"""The python buildpack with a real Python and all four package managers, as an unprivileged user; no engine needed.

`python_apps/one` depends on six, `python_apps/two` on itsdangerous too, for each package manager.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.buildpack_fixtures import engine, look, write_app  # noqa: F401 - fixtures
from support.buildpack_run import Builder, Built

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = Path(__file__).parent / "python_apps"
SERIES = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSION = platform.python_version()
MANAGERS = ("pip", "uv", "poetry", "pipenv")
CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "PIP_INDEX_URL")
SETTINGS = """\
import os
from pathlib import Path

BASE_DIR = Path(__file__).parent
SECRET_KEY = os.environ["DJANGO_KEY"]
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "assets"]
"""
MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
LOCAL = {
    "requirements.txt": "-e ./pkg\nsix==1.17.0\n",
    "pkg/mypkg.py": "NAME = 'mine'\n",
    "pkg/pyproject.toml": (
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        '[project]\nname = "mypkg"\nversion = "1"\n[tool.setuptools]\npy-modules = ["mypkg"]\n'
    ),
}


class World(Builder):
    """Builds with a Python prepared on the "stack", and with a folder of its own in place of /app."""

    @property
    def app_dir(self) -> Path:
        return self.folder / "home"

    def _environment(self, offline: bool) -> dict[str, str]:
        certificates = {name: os.environ[name] for name in CERTIFICATES if name in os.environ}
        return {
            **super()._environment(offline),
            **certificates,
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LOCALKU_PYTHON_HOME": str(self.folder.parent / "pythons"),
            "LOCALKU_APP_DIR": str(self.app_dir),
        }

    def start(self, built: Built, code: str) -> str:
        """Run Python as a dyno would: the slug in its place, the profile sourced, the build folder gone."""
        shutil.rmtree(self.app_dir)
        built.build_dir.rename(self.app_dir)
        script = 'for each in .profile.d/*.sh; do . "$each"; done 2>/dev/null; exec python -c "$0"'
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.app_dir)}
        command = ["bash", "-c", script, code]
        return subprocess.run(
            command, cwd=self.app_dir, env=env, capture_output=True, text=True, check=True
        ).stdout.strip()


@pytest.fixture
def world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="lkpy_"))
    folder.chmod(0o755)
    prepare_python(folder / "pythons" / VERSION)
    yield World(folder / "world")
    shutil.rmtree(folder)


def prepare_python(target: Path) -> None:
    """Make a prefix as a stack has it out of the Python that runs these tests."""
    source, name = Path(sys.base_prefix), f"python{SERIES}"
    (target / "bin").mkdir(parents=True)
    shutil.copy2(source / "bin" / name, target / "bin" / name)
    (target / "bin" / "python3").symlink_to(name)
    left_out = shutil.ignore_patterns("site-packages", "test", "idlelib", "config-*", "*.opt-?.pyc")
    shutil.copytree(source / "lib" / name, target / "lib" / name, symlinks=True, ignore=left_out)
    (target / "lib" / name / "site-packages").mkdir()
    for library in (source / "lib").glob("libpython*.so*"):
        shutil.copy2(library, target / "lib" / library.name, follow_symlinks=False)


def app(tmp_path: Path, kind: str, manager: str) -> Path:
    folder = tmp_path / f"{kind}_{manager}"
    shutil.copytree(APPS / kind / manager, folder)
    (folder / ".python-version").write_text(f"{SERIES}\n")
    return folder


def ok(built: Built) -> Built:
    assert built.status == 0, built.output
    return built


@pytest.mark.parametrize("manager", MANAGERS)
def test_once_with_network_then_without(manager: str, world: World, tmp_path: Path) -> None:
    source = app(tmp_path, "one", manager)
    first = ok(world.build(source, "python"))
    assert f"-----> Using Python {SERIES} specified in .python-version\n" in first.output
    assert f"-----> Installing Python {VERSION}\n" in first.output

    (source / "app.py").write_text("CHANGED = True\n")
    second = ok(world.build(source, "python", offline=True))
    assert "-----> Restoring cache\n" in second.output
    assert f"-----> Using cached install of Python {VERSION}\n" in second.output
    assert "unchanged since the last build." in second.output
    assert look(second.build_dir, ".heroku") == look(first.build_dir, ".heroku")

    third = world.build(app(tmp_path, "two", manager), "python", offline=True)
    assert third.status == 1
    assert "The package 'itsdangerous==2.2.0' is not in the cache." in third.output
    assert "Build once with network" in third.output

    again = ok(world.build(source, "python", offline=True))
    assert "unchanged since the last build." in again.output, "a failed build has not cost the cache"
    shutil.rmtree(first.build_dir)
    shutil.rmtree(second.build_dir)
    said = world.start(again, "import six, app, sys; print(six.__version__, app.CHANGED, sys.prefix)")
    assert said == f"1.17.0 True {world.app_dir}/.heroku/python"


def test_less_is_installed_without_network(world: World, tmp_path: Path) -> None:
    ok(world.build(app(tmp_path, "two", "pip"), "python"))
    built = ok(world.build(app(tmp_path, "one", "pip"), "python", offline=True))
    assert "-----> Discarding cache since:\n       - The contents of requirements.txt changed\n" in built.output
    site = built.build_dir / f".heroku/python/lib/python{SERIES}/site-packages"
    assert (site / "six.py").exists()
    assert not (site / "itsdangerous").exists()


def test_django(world: World, tmp_path: Path) -> None:
    files = {"requirements.txt": "Django==5.1.4\n", "manage.py": MANAGE, "settings.py": SETTINGS, "assets/a.css": "b{}"}
    source = write_app(tmp_path / "django", {**files, ".python-version": SERIES})
    failed = world.build(source, "python")
    assert failed.status == 1
    assert "       KeyError: 'DJANGO_KEY'\n" in failed.output
    assert " !     Error: Unable to generate Django static files.\x1b[0m\n" in failed.output
    assert "heroku config:set DJANGO_KEY=..." in failed.output

    world.config["DJANGO_KEY"] = "secret"
    first = ok(world.build(source, "python"))
    assert "-----> $ python manage.py collectstatic --noinput\n" in first.output
    assert "       1 static file copied to" in first.output
    assert (first.build_dir / "staticfiles" / "a.css").exists()
    second = ok(world.build(source, "python", offline=True))
    assert look(second.build_dir, ".heroku") == look(first.build_dir, ".heroku")


def test_a_package_in_the_source(world: World, tmp_path: Path) -> None:
    source = write_app(tmp_path / "local", {**LOCAL, ".python-version": SERIES})
    ok(world.build(source, "python"))
    (source / "pkg" / "mypkg.py").write_text("NAME = 'changed'\n")
    built = ok(world.build(source, "python", offline=True))
    assert world.start(built, "import mypkg; print(mypkg.NAME)") == "changed"


def test_the_network_goes_away_unannounced(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ok(world.build(app(tmp_path, "two", "pip"), "python"))
    without_network = world._prefix(offline=True)
    monkeypatch.setattr(world, "_prefix", lambda _: without_network)
    built = ok(world.build(app(tmp_path, "one", "pip"), "python"))
    assert "       The network can't be reached: installing from the cache instead.\n" in built.output
    assert (built.build_dir / f".heroku/python/lib/python{SERIES}/site-packages/six.py").exists()


def test_nothing_of_the_host_is_in_the_slug(world: World, tmp_path: Path) -> None:
    world.config["TOKEN"] = "a-config-var-s-value"
    built = ok(world.build(app(tmp_path, "one", "pip"), "python"))
    secrets = [b"a-config-var-s-value", *(os.environ[name].encode() for name in CERTIFICATES if name in os.environ)]
    for file in built.build_dir.rglob("*"):
        if file.is_file() and not file.is_symlink() and "site-packages" not in file.parts:
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret in content], file
