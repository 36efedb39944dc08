from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from localku.errors import LocalkuError
from localku.project import app_json, bower, package_json
from localku.project.app_json import AddonWanted, EnvEntry, Formation

if TYPE_CHECKING:
    from pathlib import Path


def put(root: Path, name: str, data: Any) -> None:
    (root / name).write_text(data if isinstance(data, str) else json.dumps(data))


def test_absent_files_are_none(tmp_path: Path) -> None:
    assert package_json.read(tmp_path) is None
    assert bower.read(tmp_path) is None
    assert app_json.read(tmp_path) is None


def test_package_json(tmp_path: Path) -> None:
    data = {
        "name": "shop",
        "engines": {"node": " 24.x ", "npm": 11, "yarn": None},
        "scripts": {"start": "node .", "odd": 1},
        "dependencies": {"pg": "^8"},
        "devDependencies": {"vite": "^7"},
        "cacheDirectories": ["a/b"],
        "packageManager": "pnpm@9.1.0",
    }
    put(tmp_path, "package.json", data)
    put(tmp_path, "yarn.lock", "")
    package = package_json.read(tmp_path)
    assert package is not None
    assert package.name == "shop"
    assert package.engines == {"node": "24.x", "npm": "11"}
    assert package.scripts == {"start": "node ."}
    assert package.dependencies == {"pg": "^8"}
    assert package.dev_dependencies == {"vite": "^7"}
    assert package.cache_directories == ("a/b",)
    assert package.package_manager == "pnpm@9.1.0"
    assert package.lock_files == ("yarn.lock",)
    assert package.raw == data


def test_package_json_old_name_of_cache_directories() -> None:
    assert package_json.from_data({"cache_directories": ["x"]}).cache_directories == ("x",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"engines": "24"}, "package.json: engines must be an object."),
        ({"engines": {"node": ["24"]}}, "package.json: engines.node must be a version range."),
        ({"scripts": []}, "package.json: scripts must be an object."),
        ({"cacheDirectories": "x"}, "package.json: cacheDirectories must be a list."),
        ({"cacheDirectories": [1]}, "package.json: cacheDirectories must be a list of folder names."),
        ({"packageManager": 1}, "package.json: packageManager must be a string."),
        ("[]", "package.json must hold a JSON object."),
        ('{"a": 1,}', "package.json is not valid JSON: "),
        ('{"a": NaN}', "package.json is not valid JSON: NaN is not a JSON value."),
        ('{"a": ' + "[" * 100_000, "package.json is nested too deeply."),
        ('{"a": ' + "1" * 5000 + "}", "package.json is not valid JSON: "),
        ('{"a": "\\ud800"}', "package.json is not valid JSON: "),
    ],
)
def test_bad_package_json(tmp_path: Path, data: Any, message: str) -> None:
    put(tmp_path, "package.json", data)
    with pytest.raises(LocalkuError) as caught:
        package_json.read(tmp_path)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_bower(tmp_path: Path) -> None:
    put(tmp_path, "bower.json", {"name": "site", "dependencies": {"jquery": "~2.2.0"}, "resolutions": {"a": "1"}})
    found = bower.read(tmp_path)
    assert found is not None
    assert (found.name, found.directory, found.registry) == ("site", "bower_components", ())
    assert found.dependencies == {"jquery": "~2.2.0"}
    assert found.resolutions == {"a": "1"}
    put(tmp_path, ".bowerrc", {"directory": "static/lib/", "registry": {"search": ["u"]}, "resolvers": ["r"]})
    found = bower.read(tmp_path)
    assert found is not None
    assert (found.directory, found.registry, found.resolvers) == ("static/lib", ("u",), ("r",))


@pytest.mark.parametrize(
    ("rc", "message"),
    [
        ({"directory": "/srv"}, ".bowerrc: directory '/srv' is not a folder below the app."),
        ({"directory": "../x"}, ".bowerrc: directory '../x' is not a folder below the app."),
        ({"directory": "."}, ".bowerrc: directory '.' is not a folder below the app."),
        ({"directory": 1}, ".bowerrc: directory must be a string."),
        ({"registry": 1}, ".bowerrc: registry must be a URL or an object."),
        ({"registry": {"search": [1]}}, ".bowerrc: registry.search must be a list of strings."),
        ("// no\n{}", ".bowerrc is not valid JSON"),
    ],
)
def test_bad_bowerrc(tmp_path: Path, rc: Any, message: str) -> None:
    put(tmp_path, "bower.json", {})
    put(tmp_path, ".bowerrc", rc)
    with pytest.raises(LocalkuError) as caught:
        bower.read(tmp_path)
    assert caught.value.message.startswith(message)


def test_app_json(tmp_path: Path) -> None:
    put(tmp_path, "app.json", {
        "name": "shop", "stack": "heroku-24", "success_url": "/hello",
        "buildpacks": [{"url": "heroku/nodejs"}, {"url": "heroku/python"}],
        "env": {
            "A": "1", "N": 2, "S": {"generator": "secret", "description": "key"},
            "O": {"required": False}, "V": {"value": True}, "R": {},
        },
        "formation": {"web": {"quantity": 2, "size": "standard-1x"}, "worker": {}},
        "addons": ["heroku-postgresql:mini", {"plan": "x", "as": "DB", "options": {"version": 17}}],
        "scripts": {"postdeploy": "bin/p", "dokku": {"predeploy": "bin/q"}},
        "environments": {"test": {"scripts": {"test": "pytest"}}},
    })  # fmt: skip
    found = app_json.read(tmp_path)
    assert found is not None
    assert (found.name, found.stack, found.success_url) == ("shop", "heroku-24", "/hello")
    assert found.buildpacks == ("heroku/nodejs", "heroku/python")
    assert found.env == (
        EnvEntry("A", "1"),
        EnvEntry("N", "2"),
        EnvEntry("S", generator="secret", description="key"),
        EnvEntry("O", required=False),
        EnvEntry("V", "true"),
        EnvEntry("R"),
    )
    assert found.formation == {"web": Formation(2, "standard-1x"), "worker": Formation(1, None)}
    assert found.addons == (
        AddonWanted("heroku-postgresql:mini", None, {}),
        AddonWanted("x", "DB", {"version": "17"}),
    )
    assert found.scripts == {"postdeploy": "bin/p", "dokku.predeploy": "bin/q"}
    assert found.environments == {"test": {"scripts": {"test": "pytest"}}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"buildpacks": ["heroku/python"]}, 'app.json: buildpacks must be a list of objects with a "url".'),
        ({"buildpacks": {}}, "app.json: buildpacks must be a list."),
        ({"env": []}, "app.json: env must be an object."),
        ({"env": {"A B": "1"}}, "app.json: 'A B' cannot be the name of a config var."),
        ({"env": {"A": ["1"]}}, "app.json: env.A must be a string."),
        ({"env": {"A": {"required": "yes"}}}, "app.json: env.A.required must be true or false."),
        ({"env": {"A": {"generator": "x"}}}, 'app.json: env.A.generator must be "secret", the only generator.'),
        ({"env": {"A": {"generator": ["x"]}}}, "app.json: env.A.generator must be"),
        ({"env": {"A": {"value": "a\0b"}}}, "app.json: env.A.value must be a string."),
        ({"formation": {"web": 1}}, "app.json: formation.web must be an object."),
        ({"formation": {"web": {"quantity": -1}}}, "app.json: formation.web.quantity must be a number from 0 to 100."),
        ({"formation": {"web": {"quantity": True}}}, "app.json: formation.web.quantity must be a number"),
        ({"addons": [{}]}, 'app.json: addons must be a list of plans or objects with a "plan".'),
        ({"scripts": {"postdeploy": 1}}, "app.json: scripts.postdeploy must be a command."),
        ({"stack": 24}, "app.json: stack must be a string."),
    ],
)
def test_bad_app_json(tmp_path: Path, data: Any, message: str) -> None:
    put(tmp_path, "app.json", data)
    with pytest.raises(LocalkuError) as caught:
        app_json.read(tmp_path)
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_resolve_env() -> None:
    entries = (
        EnvEntry("SET", "new"),
        EnvEntry("PLAIN", "1"),
        EnvEntry("EMPTY", ""),
        EnvEntry("KEY", generator="secret"),
        EnvEntry("MUST"),
        EnvEntry("MAY", required=False),
    )
    values, missing = app_json.resolve_env(entries, {"SET"}, lambda: "s3cret")
    assert values == {"PLAIN": "1", "EMPTY": "", "KEY": "s3cret"}
    assert missing == ("MUST",)
