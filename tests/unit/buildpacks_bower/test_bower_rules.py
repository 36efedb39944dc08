import json
import subprocess
from pathlib import Path

import pytest
from bower_buildpack import components, settings
from bower_buildpack.diagnose import diagnose, failure
from nodekit.output import BuildFailed


def app(folder: Path, bower: str = "{}", bowerrc: str | None = None) -> Path:
    (folder / "bower.json").write_text(bower)
    if bowerrc is not None:
        (folder / ".bowerrc").write_text(bowerrc)
    return folder


def test_detect(buildpack: Path, tmp_path: Path) -> None:
    detect = buildpack / "bin" / "detect"
    missing = subprocess.run([detect, tmp_path], capture_output=True, text=True, check=False)
    assert (missing.returncode, missing.stderr) == (1, "No bower.json\n")
    done = subprocess.run([detect, app(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "Bower\n")


@pytest.mark.parametrize(
    ("bowerrc", "env", "directory"),
    [
        (None, {}, "bower_components"),
        ('{"directory": "static/vendor/"}', {}, "static/vendor"),
        ('{"directory": "./static"}', {}, "static"),
        ('{"directory": "static"}', {"bower_directory": "other"}, "other"),
    ],
)
def test_the_components_folder(tmp_path: Path, bowerrc: str | None, env: dict[str, str], directory: str) -> None:
    assert settings.read(app(tmp_path, bowerrc=bowerrc), env).directory == directory


@pytest.mark.parametrize("directory", ["../outside", "/srv/static", "."])
def test_components_outside_the_app_would_not_be_in_the_slug(tmp_path: Path, directory: str) -> None:
    with pytest.raises(BuildFailed, match="outside of the app"):
        settings.read(app(tmp_path, bowerrc=json.dumps({"directory": directory})), {})


@pytest.mark.parametrize(
    ("bower", "bowerrc", "first_line"),
    [
        ("{ bad", None, "Error: Unable to parse your bower.json."),
        ("[]", None, "Error: Unable to parse your bower.json."),
        ("{}", "{,}", "Error: Unable to parse your .bowerrc."),
    ],
)
def test_files_that_do_not_parse(tmp_path: Path, bower: str, bowerrc: str | None, first_line: str) -> None:
    with pytest.raises(BuildFailed) as caught:
        settings.read(app(tmp_path, bower, bowerrc), {})
    assert str(caught.value).splitlines()[0] == first_line


@pytest.mark.parametrize(
    ("bower", "bowerrc", "repeatable"),
    [
        ({"dependencies": {"jquery": "~2.2.0"}}, {}, True),
        ({"dependencies": {"x": "https://git.example/x.git#1.0"}}, {"directory": "static"}, True),
        ({"dependencies": {"mine": "./js/mine"}}, {}, False),
        ({"devDependencies": {"mine": "/srv/mine"}}, {}, False),
        ({}, {"scripts": {"postinstall": "gulp"}}, False),
    ],
)
def test_only_an_install_that_files_decide_is_repeated(
    tmp_path: Path, bower: dict[str, object], bowerrc: dict[str, object], repeatable: bool
) -> None:
    assert settings.read(app(tmp_path, json.dumps(bower), json.dumps(bowerrc)), {}).repeatable is repeatable


def test_a_key_changes_with_everything_bower_reads(tmp_path: Path) -> None:
    app(tmp_path)
    keys = [components.key(tmp_path, {}, "1.8.14"), components.key(tmp_path, {}, "1.8.8")]
    keys.append(components.key(tmp_path, {"bower_registry": "http://r.example"}, "1.8.14"))
    (tmp_path / ".bowerrc").write_text("{}")
    keys.append(components.key(tmp_path, {}, "1.8.14"))
    (tmp_path / "bower.json").write_text('{"dependencies": {}}')
    keys.append(components.key(tmp_path, {"HOME": "/x"}, "1.8.14"))
    assert len(set(keys)) == len(keys)
    assert components.key(tmp_path, {"HOME": "/y"}, "1.8.14") == keys[-1]


def test_kept_components_come_back_unless_somebody_changed_them(tmp_path: Path) -> None:
    source = tmp_path / "app" / "bower_components"
    (source / "jquery").mkdir(parents=True)
    (source / "jquery" / "jquery.js").write_text("one")
    kept = components.Kept(tmp_path / "cache")
    assert not kept.restore("key", tmp_path / "early")
    kept.keep("key", source)
    assert not kept.restore("other key", tmp_path / "other")
    assert kept.restore("key", tmp_path / "again")
    assert (tmp_path / "again" / "jquery" / "jquery.js").read_text() == "one"

    (tmp_path / "again" / "jquery" / "jquery.js").write_text("changed in place")
    assert not kept.restore("key", tmp_path / "late")


CONFLICT = "bower jquery#~1.12.0        ECONFLICT Unable to find suitable version for jquery"
MISSING_TAG = "bower jquery#~9.0.0       ENORESTARGET No tag found that was able to satisfy ~9.0.0"
UNKNOWN = "bower nosuch#1.0             ENOTFOUND Package nosuch not found"
NO_DNS = "bower jquery#*  ENOTFOUND Request to https://registry.bower.io/packages/jquery failed: getaddrinfo ENOTFOUND"
GIT = 'bower x#1.0   ECMDERR Failed to execute "git ls-remote --tags --heads git://h/x.git", exit code of #128'


@pytest.mark.parametrize(
    ("output", "named"),
    [
        (CONFLICT, '"resolutions": { "jquery": "VERSION" }'),
        (MISSING_TAG, "No tag found that was able to satisfy ~9.0.0"),
        (UNKNOWN, "The registry does not know nosuch."),
        (NO_DNS, "could not be reached: https://registry.bower.io/packages/jquery"),
        (GIT, "git ls-remote --tags --heads git://h/x.git"),
        ("bower EMALFORMED Failed to read bower.json", "Failed to read bower.json"),
    ],
)
def test_usual_causes(output: str, named: str) -> None:
    text = diagnose(output, offline=False)
    assert text is not None
    assert named in text


@pytest.mark.parametrize("output", [MISSING_TAG, UNKNOWN, GIT, NO_DNS])
def test_offline_the_component_is_named(output: str) -> None:
    text = diagnose(output, offline=True)
    assert text is not None
    assert text.startswith(f"Not in the cache, and this build has no network: {output.split()[1]}\n")


def test_an_unknown_cause_still_says_what_failed() -> None:
    assert failure("odd", 3, offline=False).splitlines() == [
        "Error: Unable to install components using bower.",
        "",
        "`bower install` ended with status 3. The lines above say why; run it in the app's folder to see the same.",
    ]
