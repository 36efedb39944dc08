"""The python buildpack on the stack, with a Python of it and all four package managers, as an unprivileged user.

`python_apps/one` depends on six, `python_apps/two` on itsdangerous too, for each package manager.
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.buildpack_fixtures import look, write_app
from support.buildpack_run import Builder, Built
from support.stack_workshop import Workshop, pythons, workshop

from localku.engine.client import Engine
from localku.slugs import host_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = Path(__file__).parent / "python_apps"
SERIES = "3.13"
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


@dataclass
class World(Builder):
    """Builds on the stack, with a Python that stands ready there, and with a folder of its own in place of /app."""

    workshop: Workshop = field(kw_only=True)
    version: str = field(kw_only=True)
    unplugged: bool = False
    """Whether the network is gone, though nobody has said so to the buildpack."""

    @property
    def app_dir(self) -> Path:
        return self.folder / "home"

    @property
    def site(self) -> str:
        return f".heroku/python/lib/python{self.version.rpartition('.')[0]}/site-packages"

    def start(self, built: Built, code: str) -> str:
        """Run Python as a dyno would: the slug in its place, the profile sourced, the build folder gone."""
        shutil.rmtree(self.app_dir)
        built.build_dir.rename(self.app_dir)
        profile = 'for each in .profile.d/*.sh; do . "$each"; done 2>/dev/null'
        script = f"cd {self.app_dir}; {profile}; exec python -c {shlex.quote(code)}"
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.app_dir)}
        status, output = self.workshop.run(script, env, offline=True)
        assert status == 0, output
        return output.strip()

    def _environment(self, offline: bool) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": "/nonexistent",
            "STACK": "debian-14",
            "LOCALKU_APP_DIR": str(self.app_dir),
            **host_settings.variables(os.environ, bundle=True, offline=offline),
        }

    def _run(self, script: str, *, offline: bool) -> tuple[int, str]:
        return self.workshop.run(script, self._environment(offline), offline=offline or self.unplugged)


@pytest.fixture(scope="module")
def shop() -> Iterator[Workshop]:
    with workshop(Engine()) as made:
        yield made


@pytest.fixture
def world(shop: Workshop) -> World:
    version = next(one for one in pythons(shop.online.engine) if one.startswith(f"{SERIES}."))
    folder = Path(tempfile.mkdtemp(dir=shop.folder))
    folder.chmod(0o755)
    return World(folder / "world", workshop=shop, version=version)


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
    assert f"-----> Installing Python {world.version}\n" in first.output

    (source / "app.py").write_text("CHANGED = True\n")
    second = ok(world.build(source, "python", offline=True))
    assert "-----> Restoring cache\n" in second.output
    assert f"-----> Using cached install of Python {world.version}\n" in second.output
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
    site = built.build_dir / world.site
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


def test_the_network_goes_away_unannounced(world: World, tmp_path: Path) -> None:
    ok(world.build(app(tmp_path, "two", "pip"), "python"))
    world.unplugged = True
    built = ok(world.build(app(tmp_path, "one", "pip"), "python"))
    assert "       The network can't be reached: installing from the cache instead.\n" in built.output
    assert (built.build_dir / world.site / "six.py").exists()


def test_nothing_of_the_host_is_in_the_slug(world: World, tmp_path: Path) -> None:
    world.config["TOKEN"] = "a-config-var-s-value"
    built = ok(world.build(app(tmp_path, "one", "pip"), "python"))
    host = host_settings.variables(os.environ, bundle=True, offline=False)
    secrets = [b"a-config-var-s-value", *(host[name].encode() for name in CERTIFICATES if name in host)]
    for file in built.build_dir.rglob("*"):
        if file.is_file() and not file.is_symlink() and "site-packages" not in file.parts:
            content = file.read_bytes()
            assert not [secret for secret in secrets if secret in content], file


def test_heroku_ci_has_test_dependencies_and_runs_the_apps_tests(world: World, tmp_path: Path) -> None:
    files = {
        ".python-version": f"{SERIES}\n",
        "requirements.txt": "django\n",
        "requirements-test.txt": "six==1.17.0\n",
        "manage.py": MANAGE,
        "settings.py": "SECRET_KEY = 'x'\nSTATIC_URL = 'static/'\n",
        "tests.py": "import unittest\nclass T(unittest.TestCase):\n    def test(self): import six\n",
    }
    source = write_app(tmp_path, files)
    built = ok(world.build(source, "python", tests=True))
    assert "using 'pip install -r requirements.txt -r requirements-test.txt'" in built.output
    assert "Skipping Django collectstatic since the env var DISABLE_COLLECTSTATIC is set." in built.output
    assert "-----> Running test command `python manage.py test`...\n" in built.output
    assert "Ran 1 test in" in built.output
    assert built.output.endswith("-----> test command `python manage.py test` completed successfully\n")
    (source / "tests.py").unlink()
    scripts = '{"test-setup": "echo prepared", "test": "python -c \'import six, sys; sys.exit(3)\'"}'
    (source / "app.json").write_text(f'{{"environments": {{"test": {{"scripts": {scripts}}}}}}}')
    failed = world.build(source, "python", tests=True)
    assert failed.status == 3
    assert "-----> Running test-setup command `echo prepared`...\nprepared\n" in failed.output
    assert failed.output.endswith(" failed with exit status 3\n")
