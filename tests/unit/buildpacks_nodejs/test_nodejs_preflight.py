import json
from pathlib import Path
from typing import Any

import pytest
from nodejs_buildpack import preflight
from nodekit.output import BuildFailed


def app(folder: Path, package: Any, *files: str) -> Path:
    text = package if isinstance(package, str) else json.dumps(package)
    (folder / "package.json").write_text(text)
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    return folder


def error_of(build_dir: Path) -> str:
    with pytest.raises(BuildFailed) as caught:
        preflight.check(build_dir)
    return str(caught.value)


def test_a_plain_app_passes(tmp_path: Path) -> None:
    package = preflight.check(app(tmp_path, {"engines": {"node": "24.x", "npm": 3}}, "package-lock.json"))
    assert package.engines == {"node": "24.x"}


@pytest.mark.parametrize(
    ("package", "files", "first_line", "named"),
    [
        ("{ bad", [], "Error: Unable to parse your package.json.", "line 1"),
        ("[]", [], "Error: Unable to parse your package.json.", "not a JSON object"),
        ({}, [".heroku"], "Error: The directory .heroku could not be created.", ".slugignore"),
        ({}, [".heroku/node"], "Error: The directory .heroku/node could not be created.", ".slugignore"),
        ({}, ["yarn.lock", "package-lock.json"], "Error: Multiple lockfiles found.", "for npm: git rm yarn.lock"),
        (
            {},
            ["pnpm-lock.yaml", "npm-shrinkwrap.json"],
            "Error: Multiple lockfiles conflicting with npm-shrinkwrap.json.",
            "pnpm-lock.yaml",
        ),
        (
            {"engines": {"npm": "10"}, "packageManager": "yarn@4.0.0"},
            [],
            "Multiple package managers declared in package.json",
            "packageManager (yarn@4.0.0)",
        ),
        (
            {"engines": {"npm": "10.x", "pnpm": "9.x"}, "packageManager": "pnpm@9.9.0"},
            [],
            "Multiple package managers declared in package.json",
            "- pnpm: engines.pnpm (9.x)\n- pnpm: packageManager (pnpm@9.9.0)",
        ),
        ({"engines": {"iojs": "3.x"}}, [], "Error: io.js is no longer supported.", "3.x"),
    ],
)
def test_what_no_build_can_work_with_is_said_first(
    tmp_path: Path, package: Any, files: list[str], first_line: str, named: str
) -> None:
    text = error_of(app(tmp_path, package, *files))
    assert text.splitlines()[0] == first_line
    assert named in text


def test_one_manager_named_twice_is_fine(tmp_path: Path) -> None:
    preflight.check(app(tmp_path, {"engines": {"pnpm": "9"}, "packageManager": "pnpm@9.1.0+sha256.x"}))


def test_cache_directories_have_two_spellings(tmp_path: Path) -> None:
    assert preflight.check(app(tmp_path, {"cache_directories": ["a", 1]})).cache_directories == ("a",)


@pytest.mark.parametrize(
    ("field", "local"),
    [
        ({"dependencies": {"a": "file:./a"}}, True),
        ({"devDependencies": {"a": "workspace:*"}}, True),
        ({"workspaces": ["packages/*"]}, True),
        ({"dependencies": {"a": "^1.0.0"}}, False),
    ],
)
def test_local_dependencies_change_with_the_source(tmp_path: Path, field: dict[str, Any], local: bool) -> None:
    assert preflight.check(app(tmp_path, field)).local_dependencies is local
