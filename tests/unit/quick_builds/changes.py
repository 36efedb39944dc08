"""What may happen to a source between two builds. Each change gets a random number to choose by."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from shelf import NODES, NPM, PYTHONS, wheel
from source import ALL, MANAGE, SETTINGS, Source, Text

Change = Callable[[Source, int], None]
CHANGES: dict[str, Change] = {}
T = TypeVar("T")


def change(act: Change) -> Change:
    CHANGES[act.__name__] = act
    return act


def pick(choices: Sequence[T], number: int) -> T:
    return choices[number % len(choices)]


def own(source: Source) -> list[str]:
    """Return the files that no other change is about."""
    return sorted(path for path in source.files if path.startswith(("app/", "static/", "notes/")))


@change
def add_a_file(source: Source, number: int) -> None:
    source.put(
        pick(["app/more.py", "static/js/more.js", "notes/a b.txt", "app/deep/er/x.py", "notes/é.txt"], number),
        f"{number}\n",
    )


@change
def change_a_file(source: Source, number: int) -> None:
    if own(source):
        source.put(pick(own(source), number), f"changed = {number}\n")


@change
def delete_a_file(source: Source, number: int) -> None:
    if own(source):
        del source.files[pick(own(source), number)]


@change
def rename_a_file(source: Source, number: int) -> None:
    if own(source):
        path = pick(own(source), number)
        source.files[f"{Path(path).parent}/renamed{number % 3}.txt"] = source.files.pop(path)


@change
def another_mode(source: Source, number: int) -> None:
    paths = [path for path in own(source) if isinstance(source.files[path], Text)]
    if paths:
        entry = source.files[pick(paths, number)]
        assert isinstance(entry, Text)
        entry.mode = pick([0o755, 0o600, 0o644, 0o444], number // 7)


@change
def a_link(source: Source, number: int) -> None:
    source.files["current"] = pick(["app/views.py", "static", "nowhere", "/etc/hostname"], number)


@change
def node_dependencies(source: Source, number: int) -> None:
    if source.package:
        versions = pick([{"left": "1.0.0"}, {"left": "1.1.0", "right": "1.0.0"}, {"@scope/tool": "1.0.0"}, {}], number)
        source.package["dependencies"] = versions


@change
def node_dev_dependencies(source: Source, number: int) -> None:
    if source.package:
        source.package["devDependencies"] = pick([{}, {"dev": "1.0.0"}, {"dev": "2.0.0", "right": "1.0.0"}], number)


@change
def a_local_module(source: Source, number: int) -> None:
    if source.package:
        source.put("libs/mine/index.js", f"{number}\n")
        source.package["dependencies"] = {"left": "1.0.0", "mine": "file:libs/mine"}


@change
def lock_file(source: Source, number: int) -> None:
    for name in ("package-lock.json", "yarn.lock", "pnpm-lock.yaml"):
        source.files.pop(name, None)
    name = pick(["", "package-lock.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"], number)
    if name and source.package:
        version = pick(["1.0.0", "1.2.3"], number // 5)
        source.put(name, f'{{"packages": {{"left": "{version}"}}}}')


@change
def versions_of_node(source: Source, number: int) -> None:
    if source.package:
        node = pick(["24.x", "22.x", *NODES], number)
        source.package["engines"] = {"node": node, **({"npm": NPM} if number % 3 == 0 else {})}


@change
def npm_settings(source: Source, number: int) -> None:
    source.files.pop(".npmrc", None)
    if number % 2:
        source.put(".npmrc", f"loglevel={pick(['warn', 'error'], number // 2)}\n")


LEFT = "node_modules/left/index.js"
"""What writes into it does not put its time back: layers are told apart by paths, modes, sizes and times."""

BUILDS = (
    "mkdir -p dist; echo $GREETING > dist/greeting.txt",
    "cat node_modules/*/index.js > bundle.js",
    "mkdir -p node_modules/.cache; echo hit >> node_modules/.cache/hits; cp node_modules/.cache/hits hits.txt",
    f"echo more >> {LEFT}",
    f"chmod 600 {LEFT}",
    f"sed -i s/exports/EXPORTS/ {LEFT}",
    f"printf EXPORTS | dd of={LEFT} conv=notrunc status=none",
    "rm -rf node_modules/left",
    "rm -rf node_modules",
    "rm -f node_modules/.package-lock.json; ln -s left node_modules/alias",
    "ls -A node_modules > seen.txt; ls node_modules/dev >> seen.txt",
    "mkdir -p bower_components/own; echo own > bower_components/own/own.js",
    "mkdir .heroku/node/lib/node_modules/gulp; echo g > .heroku/node/lib/node_modules/gulp/index.js",
    "true",
)


@change
def build_script(source: Source, number: int) -> None:
    """Let a file be what package.json names: the manifest does not show what has changed."""
    source.put("build.sh", f"{pick(BUILDS, number)} || true\n")
    if source.package:
        source.package["scripts"] = {**source.package.get("scripts", {}), "build": "sh build.sh"}


@change
def build_script_alone(source: Source, number: int) -> None:
    if "build.sh" in source.files:
        source.put("build.sh", f"{pick(BUILDS, number)} || true\n")


@change
def other_scripts(source: Source, number: int) -> None:
    if source.package:
        name = pick(["heroku-prebuild", "heroku-cleanup", "heroku-postbuild", "postinstall", "build"], number)
        scripts = {key: text for key, text in source.package.get("scripts", {}).items() if key != name}
        if number % 2:
            scripts[name] = "sh other.sh"
        source.package["scripts"] = scripts
        body = ["echo $GREETING > said.txt", "rm -rf node_modules/right", "echo x >> node_modules/right/index.js"]
        source.put("other.sh", f"{pick(body, number // 10)} || true\n")


@change
def modules_in_the_source(source: Source, number: int) -> None:
    if source.files.pop("node_modules/mine/index.js", None) is None:
        source.put("node_modules/mine/index.js", f"{number}\n")


@change
def a_file_in_a_modules_folder_below(source: Source, number: int) -> None:
    source.put("app/node_modules/x.js", f"{number}\n")


@change
def kept_folders(source: Source, number: int) -> None:
    if source.package:
        source.package.pop("cacheDirectories", None)
        if number % 2:
            source.package["cacheDirectories"] = pick([["node_modules", "dist"], ["bower_components"]], number // 2)


@change
def bower_dependencies(source: Source, number: int) -> None:
    source.bower = pick(
        [{"jquery": "3.7.1"}, {"jquery": "2.2.4", "bootstrap": "3.4.1"}, {}, {"bootstrap": "5.3.8"}], number
    )


@change
def bower_folder(source: Source, number: int) -> None:
    folder = pick([None, "static/vendor", "app/static/lib/", "bower_components", "vendor/js", "node_modules/b"], number)
    source.bowerrc = {"directory": folder} if folder else {}


@change
def a_file_in_bowers_folder(source: Source, number: int) -> None:
    path = f"{(source.components_folder or 'bower_components').strip('/')}/mine/mine.js"
    if source.files.pop(path, None) is None:
        source.put(path, f"{number}\n")


@change
def a_local_component(source: Source, number: int) -> None:
    source.put("libs/part/part.js", f"{number}\n")
    source.bower = {"jquery": "3.7.1", **({"part": "./libs/part"} if number % 2 else {})}


@change
def requirements(source: Source, number: int) -> None:
    lines = [["django==5.2"], ["left_pad==1.0", "right_pad==2.0"], ["django", "right_pad"], ["-r more.txt", "django"]]
    source.requirements = list(pick(lines, number))
    source.put("more.txt", f"{pick(['right_pad', 'left_pad', 'right_pad2'], number // 4)}\n")


@change
def included_requirements(source: Source, number: int) -> None:
    source.put("more.txt", f"{pick(['right_pad', 'left_pad', 'right_pad2'], number)}\n")


@change
def a_wheel_of_the_app(source: Source, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = wheel(Path(folder), "local_pad", "1.0", f"# {number % 3}\n")
        source.put("wheels/local_pad-1.0-py3-none-any.whl", file.read_bytes())
    line = pick([["./wheels/local_pad-1.0-py3-none-any.whl"], ["--find-links ./wheels", "local_pad"]], number)
    source.requirements = ["django==5.2", *line]


@change
def version_of_python(source: Source, number: int) -> None:
    source.files.pop(".python-version", None)
    version = pick([None, *PYTHONS], number)
    if version:
        source.put(".python-version", f"{version}\n")


@change
def config_vars(source: Source, number: int) -> None:
    names = {
        "GREETING": ["hello", "good day"],
        "NODE_ENV": ["production", "test", "development"],
        "NODE_MODULES_CACHE": ["true", "false"],
        "NPM_CONFIG_PRODUCTION": ["true", "false"],
        "YARN_PRODUCTION": ["true", "false"],
        "PNPM_SKIP_PRUNING": ["true"],
        "USE_NPM_INSTALL": ["true"],
        "NPM_CONFIG_LOGLEVEL": ["warn"],
        "DISABLE_COLLECTSTATIC": ["1", "0"],
        "BOWER_X": ["1", "2"],
        "PIP_EXTRA_INDEX_URL": ["http://127.0.0.1:9/"],
        "SOME_SECRET": ["a", "b"],
    }
    name = pick(sorted(names), number)
    if name in source.config and number % 3:
        del source.config[name]
    else:
        source.config[name] = pick(names[name], number // 12)


@change
def chain(source: Source, number: int) -> None:
    orders = (ALL, ALL[::-1], ("heroku/python", "heroku/nodejs", "localku/bower"), ALL[1:], ALL[:1], ALL[2:],
              ("localku/bower", "heroku/nodejs", "heroku/python"), (ALL[0], ALL[2]), ALL[1:2])  # fmt: skip
    source.auto = number % 2 == 0
    source.buildpacks = ALL if source.auto else pick(orders, number // 2)


COLLECTS = (
    "pass",
    "import subprocess; (out / 'n.txt').write_bytes(subprocess.run(['node', 'tool.js'], stdout=-1).stdout)",
    "import subprocess; (out / 'g.txt').write_bytes(subprocess.check_output(['git', 'hash-object', 'manage.py']))",
    "import left_pad, pathlib; pathlib.Path(left_pad.__file__).with_name('made.txt').write_text('made')",
    "import shutil; shutil.rmtree('node_modules/left', ignore_errors=True)",
    "import pathlib; [f.unlink() for f in pathlib.Path('bower_components').glob('*/.bower.json')]",
    "import pathlib; [f.chmod(0o600) for f in pathlib.Path('bower_components').glob('*/*.js')]",
    "import django, pathlib; pathlib.Path(django.__file__).with_name('data.txt').write_text('written over\\n')",
    "import django, os; os.chmod(os.path.join(os.path.dirname(django.__file__), 'data.txt'), 0o600)",
    "raise SystemExit('no')",
)


@change
def collectstatic(source: Source, number: int) -> None:
    source.put("manage.py", MANAGE, 0o755)
    source.put("tool.js", f"print({number})\n")
    source.put("settings.py", f"def collected(out):\n    out.mkdir(exist_ok=True)\n    {pick(COLLECTS, number)}\n")


@change
def settings_that_fail(source: Source, number: int) -> None:
    source.put("settings.py", pick(["def (\n", "raise ValueError\n", SETTINGS], number))


HOOKS = (
    "rm -rf node_modules",
    "rm -rf node_modules/left bower_components",
    "rm -rf .heroku/node",
    "rm -rf .heroku/python/lib/python3*/site-packages/django",
    "chmod 600 .heroku/python/lib/python3*/site-packages/*/data.txt",
    "echo hooked > .heroku/python/hooked.txt",
    "find bower_components -name '*.js' -exec sed -i s/jquery/JQUERY/ {} +",
    "mv node_modules modules",
    "cp -r node_modules copy",
    "exit 1",
    "sed -i s/return/RETURN/ app/views.py; chmod 700 settings.py",
    "for f in static/*.css; do printf X | dd of=$f conv=notrunc status=none; touch -d @1000000000 $f; done",
    "mv app apps; mkdir app; cp apps/*.py app",
    "mv static parts; mv parts static; ln static/site.css linked.css",
    "rm -rf static/js; ln -s . static/js; touch manage.py",
    "mv static/site.css app/; echo new > static/site.css",
)


@change
def hooks(source: Source, number: int) -> None:
    for name in ("bin/pre_compile", "bin/post_compile"):
        source.files.pop(name, None)
    if number % 4:
        name = pick(["bin/post_compile", "bin/post_compile", "bin/pre_compile"], number)
        source.put(name, f"#!/bin/sh\n{pick(HOOKS, number // 4)}\ntrue\n", 0o755)


@change
def kinds_of_app(source: Source, number: int) -> None:
    """Take away what makes an app one of a language, or bring it back."""
    first = Source.first()
    if number % 3 == 0:
        source.package = {} if source.package else first.package
    elif number % 3 == 1:
        source.bower = {} if source.bower else first.bower
    else:
        source.requirements = [] if source.requirements else first.requirements


@change
def nothing(_source: Source, _number: int) -> None:
    pass
