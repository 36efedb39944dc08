"""An app that is built on, change by change, has in its image what the same source has that is built from nothing.

So has a large one, which is sent only what has changed and whose image stands on its last one.

The property, over random changes, is held without an engine (tests/unit/quick_builds). Here it is real: npm, pip,
Django's collectstatic that calls node and git, hooks, a build that fails in between, and the images' /app.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from support import engine_view
from support.likeness import Slug, differences, slug
from support.localku import Localku, write_app

if TYPE_CHECKING:
    from pathlib import Path

BUILD_FOLDER = re.compile(rb"(?<=/tmp/build_)[0-9a-f]+")

SETTINGS = """\
from pathlib import Path
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL, STATIC_ROOT, STATICFILES_DIRS = "static/", Path("staticfiles"), [Path("static")]
"""
CALLS = """\
import subprocess
Path("called.txt").write_text(subprocess.check_output(["node", "-p", "1 + 1"], text=True))
subprocess.check_call(["git", "hash-object", "settings.py"], stdout=Path("hash.txt").open("w"))
"""
FILES = {
    "package.json": '{"name": "app", "engines": {"node": "24.x"}, "dependencies": {"ms": "2.1.2"},'
    ' "devDependencies": {"mkdirp": "0.5.6"}, "scripts": {"build": "node build.js"}}',
    "build.js": "require('fs').writeFileSync('built.txt', Object.keys(require('mkdirp')).join())\n",
    "requirements.txt": "Django==5.2.19\n",
    ".python-version": "3.13\n",
    "manage.py": "import os, sys\nfrom django.core.management import execute_from_command_line\n"
    "os.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\nexecute_from_command_line(sys.argv)\n",
    "settings.py": SETTINGS,
    "views.py": "one = 1\n",
    "static/site.css": "body {}\n",
    "Procfile": "web: sleep 1000\n",
}


@pytest.fixture(scope="module")
def app(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_app(tmp_path_factory.mktemp("on") / "builton", FILES)
    lk.ok("build", cwd=folder)
    return folder


def image(lk: Localku, name: str, target: Path) -> Slug:
    """Return the /app of an app's newest image."""
    container = subprocess.check_output(["docker", "create", engine_view.image(lk.home, name)], text=True).strip()
    try:
        subprocess.run(["docker", "cp", "--quiet", f"{container}:/app", str(target)], check=True)
    finally:
        subprocess.run(["docker", "rm", container], check=True, stdout=subprocess.DEVNULL)
    return slug(target, BUILD_FOLDER)


def from_nothing(lk: Localku, app: Path, folder: Path) -> Slug:
    """Build the same source as another app without a cache, and return the /app of its image."""
    shutil.copytree(app, folder / "anew", ignore=shutil.ignore_patterns(".git"), symlinks=True)
    lk.ok("build", "--clear-cache", cwd=folder / "anew")
    found = image(lk, "anew", folder / "image")
    lk.ok("apps:destroy", "-a", "anew", "--confirm", "anew", cwd=folder)
    return found


def test_after_changes_of_the_source_and_a_hook_that_deletes_modules(lk: Localku, app: Path, tmp_path: Path) -> None:
    (app / "views.py").write_text("one = 2\n")
    lk.ok("build", cwd=app)
    (app / "static" / "site.css").rename(app / "static" / "look.css")
    (app / "views.py").chmod(0o755)
    (app / "bin").mkdir()
    (app / "bin" / "post_compile").write_text("#!/bin/sh\nrm -rf node_modules\n")
    lk.ok("build", cwd=app)
    (app / "bin" / "post_compile").unlink()
    (app / "link").symlink_to("views.py")
    lk.ok("build", cwd=app)
    here = image(lk, "builton", tmp_path / "on")
    assert "node_modules/ms/index.js" in here
    assert differences(here, from_nothing(lk, app, tmp_path)) == []


def test_after_a_build_that_failed_and_changes_of_dependencies(lk: Localku, app: Path, tmp_path: Path) -> None:
    (app / "settings.py").write_text(f"{SETTINGS}def (\n")
    assert lk.run("build", cwd=app).status == 1
    (app / "settings.py").write_text(SETTINGS + CALLS)
    lk.ok("build", cwd=app)
    (app / "requirements.txt").write_text("Django==5.2.19\nwhitenoise==6.12.0\n")
    (app / "package.json").write_text(FILES["package.json"].replace('"ms": "2.1.2"', '"ms": "2.1.3"'))
    lk.ok("build", cwd=app)
    here = image(lk, "builton", tmp_path / "on")
    assert here["called.txt"][-1] == "2\n"
    assert any(path.endswith("site-packages/whitenoise/__init__.py") for path in here)
    assert differences(here, from_nothing(lk, app, tmp_path)) == []


LARGE = {
    "requirements.txt": "",
    ".python-version": "3.13\n",
    "views.py": "one = 1\n",
    "parts/one.py": "one = 1\n",
    "parts/deep/two.py": "two = 2\n",
    "Procfile": "web: sleep 1000\n",
}
WRITES_OVER = """\
#!/bin/bash
set -e
printf '#' | dd of=data/1.bin conv=notrunc status=none
touch -r data/2.bin data/1.bin
mv data/3.bin kept; cp -p data/4.bin data/3.bin; mv kept data/4.bin
mv data elsewhere; mv elsewhere data
ln data/5.bin linked.bin
chmod 600 data/6.bin
(sleep 1; while :; do printf '#' | dd of=data/7.bin conv=notrunc status=none; done) >/dev/null 2>&1 &
"""


@pytest.fixture(scope="module")
def large(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_app(tmp_path_factory.mktemp("large") / "largeone", LARGE)
    (folder / "data").mkdir()
    for number in range(69):
        (folder / "data" / f"{number}.bin").write_bytes(bytes([number]) * 1_000_000)
    lk.ok("build", cwd=folder)
    return folder


def layers(lk: Localku) -> int:
    named = engine_view.image(lk.home, "largeone")
    count = ["docker", "inspect", "--format", "{{len .RootFS.Layers}}", named]
    return int(subprocess.check_output(count, text=True))


def test_a_large_app_after_changes_of_all_kinds(lk: Localku, large: Path, tmp_path: Path) -> None:
    anew = layers(lk)
    (large / "views.py").write_text("one = 2\n")
    (large / "data" / "8.bin").chmod(0o755)
    (large / "data" / "9.bin").unlink()
    (large / "data" / "10.bin").write_bytes(b"#" * 1_000_000)
    shutil.rmtree(large / "parts")
    (large / "parts").write_text("a file by now\n")
    (large / "link").symlink_to("data")
    lk.ok("build", cwd=large)
    (large / "link").unlink()
    (large / "link").mkdir()
    (large / "link" / "x").write_text("x")
    lk.ok("build", cwd=large)
    assert layers(lk) == anew + 2, "an image on an image"
    assert differences(image(lk, "largeone", tmp_path / "on"), from_nothing(lk, large, tmp_path)) == []


def test_what_the_app_s_programs_write_over_its_source_is_in_no_later_build(
    lk: Localku, large: Path, tmp_path: Path
) -> None:
    (large / "bin").mkdir()
    (large / "bin" / "post_compile").write_text(WRITES_OVER)
    lk.ok("build", cwd=large)
    assert image(lk, "largeone", tmp_path / "over")["linked.bin"]
    (large / "bin" / "post_compile").write_text(f"{WRITES_OVER}exit 1\n")
    assert lk.run("build", cwd=large).status == 1
    (large / "bin" / "post_compile").unlink()
    (large / "bin").rmdir()
    lk.ok("build", cwd=large)
    here = image(lk, "largeone", tmp_path / "on")
    assert {path for path in here if path.endswith(".bin")} == {
        f"data/{file.name}" for file in (large / "data").iterdir()
    }
    assert differences(here, from_nothing(lk, large, tmp_path)) == []


HOOK = """\
#!/bin/sh
rm -rf node_modules
cp -p .heroku/node/LICENSE license.before
tr a-z n-za-m <license.before >license.new
touch -r license.before license.new
chmod 644 license.new
mv license.new .heroku/node/LICENSE
rm license.before
"""
LATE = {
    "late/bin/detect": "#!/bin/sh\necho Late\n",
    "late/bin/compile": "#!/bin/sh\ncd $1/.heroku/node\necho late >late\nmv lib/node_modules/npm moved\n",
}


def test_what_is_done_to_an_earlier_buildpacks_folders_is_in_the_image(lk: Localku, tmp_path: Path) -> None:
    """Those are on their way into the image while a hook of the next one, and a third buildpack, change them."""
    buildpacks = "heroku/nodejs\nheroku/python\n./late\n"
    folder = write_app(tmp_path / "changed", FILES | LATE | {".buildpacks": buildpacks, "bin/post_compile": HOOK})
    lk.ok("build", cwd=folder)
    found = image(lk, "changed", tmp_path / "image")
    assert not [path for path in found if path.startswith("node_modules")]
    node = tmp_path / "image" / ".heroku" / "node"
    assert (node / "late").read_text() == "late\n"
    assert (node / "moved" / "package.json").is_file()
    assert not (node / "lib" / "node_modules" / "npm").exists()
    assert "yvprafrq" in (node / "LICENSE").read_text(), "written over with as many bytes of the same time"
    lk.ok("apps:destroy", "-a", "changed", "--confirm", "changed", cwd=folder)
