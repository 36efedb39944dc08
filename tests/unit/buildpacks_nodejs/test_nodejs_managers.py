import json
from pathlib import Path

import pytest
from nodejs_buildpack import install, managers, pnpm_workspace, preflight, scripts
from nodejs_buildpack.binaries import Manager
from nodejs_buildpack.build import Build, begin
from nodekit.output import BuildFailed
from nodekit.semver import Version


def build(folder: Path, *files: str, package: dict[str, object] | None = None, **config: str) -> Build:
    app, env = folder / "app", folder / "env"
    app.mkdir()
    env.mkdir()
    for name in files:
        (app / name).write_text("")
    for name, value in config.items():
        (env / name).write_text(value)
    (app / "package.json").write_text(json.dumps(package or {}))
    return begin(app, folder / "cache", env, folder / "buildpack", preflight.check(app))


def npm(major: int) -> Manager:
    return Manager("npm", Version(major, 0, 0))


@pytest.mark.parametrize(
    ("major", "files", "verb", "title"),
    [
        (11, ["package-lock.json"], "ci", "Installing node modules"),
        (6, ["npm-shrinkwrap.json"], "ci", "Installing node modules"),
        (5, ["package-lock.json"], "install", "Installing node modules (package.json + package-lock)"),
        (3, ["npm-shrinkwrap.json"], "install", "Installing node modules (package.json + shrinkwrap)"),
        (11, [], "install", "Installing node modules (package.json)"),
    ],
)
def test_npm_ci_needs_a_lockfile_and_npm_6(tmp_path: Path, major: int, files: list[str], verb: str, title: str) -> None:
    wanted = managers.install(build(tmp_path, *files), npm(major))
    assert wanted.command[:2] == ("npm", verb)
    assert wanted.title == title


def test_an_empty_script_is_not_given_to_yarn_1_which_refuses_it(tmp_path: Path) -> None:
    yarn = Manager("yarn", Version(1, 22, 22))
    scripts.build_script(build(tmp_path, package={"scripts": {"heroku-postbuild": "", "build": "false"}}), yarn)
    (tmp_path / "other").mkdir()
    with pytest.raises(BuildFailed):
        scripts.build_script(build(tmp_path / "other", package={"scripts": {"build": "false"}}), yarn)


@pytest.mark.parametrize(("version", "told"), [(Version(2, 1, 1), False), (Version(2, 4, 3), True)])
def test_an_early_yarn_2_is_not_told_of_telemetry_that_it_does_not_know(
    tmp_path: Path, version: Version, told: bool
) -> None:
    environment = managers.understood(build(tmp_path), Manager("berry", version))
    assert ("YARN_ENABLE_TELEMETRY" in environment) is told
    assert "YARN_ENABLE_MIRROR" in environment


def test_pnpm_reports_as_the_config_var_says(tmp_path: Path) -> None:
    pnpm = Manager("pnpm", Version(10, 0, 0))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    wanted = managers.install(build(tmp_path / "a", PNPM_INSTALL_REPORTER="ndjson"), pnpm)
    assert (wanted.command[-1], wanted.notes) == ("--reporter=ndjson", ())
    unknown = managers.install(build(tmp_path / "b", PNPM_INSTALL_REPORTER="loud"), pnpm)
    assert not any("reporter" in word for word in unknown.command)
    assert unknown.notes[0].startswith("Warning: Invalid PNPM_INSTALL_REPORTER value 'loud'. Valid values: default,")


def test_use_npm_install_turns_npm_ci_off(tmp_path: Path) -> None:
    app = build(tmp_path, "package-lock.json", USE_NPM_INSTALL="true")
    assert managers.install(app, npm(11)).command[1] == "install"


def test_npm_is_told_of_its_age_and_of_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALKU_OFFLINE", "1")
    app = build(tmp_path)
    assert "--offline" in managers.npm_options(app, npm(11))
    assert "--unsafe-perm" in managers.npm_options(app, npm(11))
    assert "--unsafe-perm" not in managers.npm_options(app, npm(12))
    assert "--cache-min=9999999" in managers.npm_options(app, npm(3))


@pytest.mark.parametrize(
    ("config", "manager", "why"),
    [
        ({"NODE_ENV": "test"}, "npm", "NODE_ENV is 'test'"),
        ({"NODE_ENV": "staging"}, "npm", "NODE_ENV is not 'production'"),
        ({"NPM_CONFIG_PRODUCTION": "false"}, "npm", "NPM_CONFIG_PRODUCTION is 'false'"),
        ({"YARN_PRODUCTION": "true"}, "yarn", "YARN_PRODUCTION is 'true'"),
        ({"PNPM_SKIP_PRUNING": "true"}, "pnpm", "PNPM_SKIP_PRUNING is 'true'"),
        ({"YARN2_SKIP_PRUNING": "true"}, "berry", "YARN2_SKIP_PRUNING is 'true'"),
    ],
)
def test_pruning_may_be_skipped(tmp_path: Path, config: dict[str, str], manager: str, why: str) -> None:
    app = build(tmp_path, **config)
    assert managers.prune(app, Manager(manager, Version(11, 0, 0))).skipped == why


@pytest.mark.parametrize(
    ("name", "major", "command"),
    [
        ("npm", 11, ("npm", "prune")),
        ("yarn", 1, ("yarn", "install")),
        ("berry", 4, ("yarn", "heroku", "prune")),
        ("pnpm", 9, ("pnpm", "prune", "--prod")),
    ],
)
def test_pruning_is_the_managers_own(tmp_path: Path, name: str, major: int, command: tuple[str, ...]) -> None:
    found = managers.prune(build(tmp_path), Manager(name, Version(major, 0, 0)))
    assert found.command[: len(command)] == command


@pytest.mark.parametrize(("version", "prunes"), [((5, 6, 0), False), ((5, 1, 0), False), ((5, 7, 1), True)])
def test_an_npm_that_breaks_what_it_prunes_does_not(
    version: tuple[int, int, int], prunes: bool, tmp_path: Path
) -> None:
    assert managers.prune(build(tmp_path), Manager("npm", Version(*version))).runs == prunes


def test_pnpm_before_8_15_6_knows_no_ignore_scripts_and_prunes_no_app_with_lifecycle_scripts(tmp_path: Path) -> None:
    plain = build(tmp_path)
    assert managers.prune(plain, Manager("pnpm", Version(8, 15, 5))).command == ("pnpm", "prune", "--prod")
    assert managers.prune(plain, Manager("pnpm", Version(8, 15, 6))).command[-1] == "--ignore-scripts"

    (plain.build_dir / "package.json").write_text('{"scripts": {"prepare": "husky"}}')
    old = managers.prune(plain, Manager("pnpm", Version(7, 33, 7)))
    assert not old.runs
    assert old.warning.startswith("Pruning skipped due to presence of lifecycle scripts\n\npnpm 7.33.7 runs")
    assert managers.prune(plain, Manager("pnpm", Version(9, 0, 0))).runs


def test_a_pnpm_workspace_lists_packages(tmp_path: Path) -> None:
    app = build(tmp_path, "pnpm-lock.yaml")
    settings = app.build_dir / "pnpm-workspace.yaml"
    settings.write_text("onlyBuiltDependencies:\n  - packages\n")
    assert not pnpm_workspace.configured(app)
    assert install.repeatable(app, Manager("pnpm", Version(10, 5, 0)))
    settings.write_text("packages:\n  - 'apps/*'\n")
    assert pnpm_workspace.configured(app)
    assert not install.repeatable(app, Manager("pnpm", Version(10, 5, 0)))


@pytest.mark.parametrize("version", [Version(5, 3, 0), Version(5, 6, 0)])
def test_npms_with_a_broken_prune_do_not_prune(tmp_path: Path, version: Version) -> None:
    assert "known issue" in managers.prune(build(tmp_path), Manager("npm", version)).skipped


def test_build_flags_reach_the_script(tmp_path: Path) -> None:
    command = managers.run_script(build(tmp_path), npm(11), "build", "--prod --x")
    assert command[-3:] == ("--", "--prod", "--x")


@pytest.mark.parametrize(
    ("package", "repeatable"),
    [
        ({}, True),
        ({"scripts": {"build": "webpack"}}, True),
        ({"scripts": {"postinstall": "bower install"}}, True),
        ({"scripts": {"postinstall": "node_modules/.bin/bower install --production"}}, True),
        ({"scripts": {"postinstall": "bower install && gulp"}}, False),
        ({"scripts": {"prepare": "tsc"}}, False),
        ({"dependencies": {"mine": "file:lib/mine"}}, False),
    ],
)
def test_only_an_install_that_files_decide_is_repeated(
    tmp_path: Path, package: dict[str, object], repeatable: bool
) -> None:
    assert install.repeatable(build(tmp_path, package=package), npm(11)) is repeatable


def test_secrets_stay_out_of_the_log(tmp_path: Path) -> None:
    app = build(
        tmp_path,
        NPM_CONFIG__AUTH="c2VjcmV0",
        NPM_CONFIG_REGISTRY="https://me:pass@npm.example/",
        NODE_ENV="staging",
    )
    assert "NPM_CONFIG__AUTH=***" in app.shown
    assert "NPM_CONFIG_REGISTRY=https://***@npm.example/" in app.shown
    assert "NODE_ENV=staging" in app.shown


def test_the_hosts_own_settings_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://mirror.example/")
    app = build(tmp_path)
    assert app.env["NPM_CONFIG_REGISTRY"] == "http://mirror.example/"
    assert not any("mirror" in line for line in app.shown)


def test_config_vars_cannot_replace_the_path(tmp_path: Path) -> None:
    assert build(tmp_path, PATH="/nowhere").env["PATH"] != "/nowhere"


def test_the_hosts_authority_has_every_name_a_tool_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("")
    for name in ("NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "npm_config_cafile", "GIT_SSL_CAINFO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    env = build(tmp_path).env
    assert [env[name] for name in ("NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "GIT_SSL_CAINFO")] == [str(bundle)] * 3
