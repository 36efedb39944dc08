"""The classic Buildpack API, with small buildpacks of every kind a user may name."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support import engine_view
from support.localku import Localku, commit, git, write_app
from support.tiny import hurry

from localku.slugs import host_settings
from localku.slugs.release_image import ELSEWHERE

DETECT = "#!/usr/bin/env bash\necho Plain\n"
RELEASE = "#!/usr/bin/env bash\nprintf -- '---\\ndefault_process_types:\\n  web: sleep 1000\\n  console: bash\\n'\n"


def buildpack(folder: Path, compile_script: str, **more: str) -> Path:
    """Write a buildpack that runs `compile_script`; `more` are other bin files."""
    files = {"detect": DETECT, "compile": f"#!/usr/bin/env bash\nset -e\n{compile_script}\n", **more}
    for name, text in files.items():
        file = folder / "bin" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
    return folder


@pytest.fixture
def app(lk: Localku, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    name = request.node.name.replace("_", "-").replace("[", "-").strip("]")[-28:].strip("-")
    return write_app(tmp_path / f"a{name}", {"hello.txt": "hello"})


def use(lk: Localku, app: Path, *references: str) -> None:
    lk.ok("buildpacks:set", *references, cwd=app)


def test_export_cache_and_release_of_a_chain(lk: Localku, app: Path, tmp_path: Path) -> None:
    first = buildpack(
        tmp_path / "first",
        'echo "export FROM_FIRST=exported" > "$(dirname "$0")/../export"\n'
        'mkdir -p "$2"; echo run >> "$2/runs"; echo "       runs: $(wc -l < "$2/runs")"',
        release="#!/usr/bin/env bash\nprintf -- '---\\ndefault_process_types:\\n  first: false\\n'\n",
    )
    second = buildpack(tmp_path / "second", 'echo "       got $FROM_FIRST"; ls "$2"', release=RELEASE)
    (app / "Procfile").write_text("worker: sleep 1000\nweb: sleep 2000\n")
    use(lk, app, str(first), str(second))
    built = lk.ok("build", "--json", cwd=app).json
    assert "       got exported" in built["output"]
    assert "       runs: 1" in built["output"]
    assert built["process_types"] == {"worker": "sleep 1000", "web": "sleep 2000", "console": "bash"}
    assert "       Procfile declares types     -> web, worker" in built["output"]
    assert "       Default types for buildpack -> console" in built["output"]
    assert "-----> Using buildpacks:" in built["output"]
    assert "       runs: 2" in lk.ok("build", "--force", cwd=app).out
    assert "       runs: 1" in lk.ok("build", "--clear-cache", cwd=app).out


def test_env_dir_and_the_clean_environment(lk: Localku, app: Path, tmp_path: Path) -> None:
    plain = buildpack(
        tmp_path / "plain",
        'for f in "$3"/*; do echo "VAR $(basename "$f")=$(tr "\\n" "|" < "$f")"; done\n'
        'echo "ENV SECRET=${SECRET:-none} STACK=$STACK HOME=$HOME PATH=$PATH"\n'
        'echo "VERSION $SOURCE_VERSION"; echo "DIR $1 $2"; id -u; echo "STARTED in $PWD";'
        ' echo BEGIN; env; echo END; touch /usr/x 2>/dev/null || echo "no root"',
    )
    lk.ok("buildpacks:set", str(plain), cwd=app)
    lk.ok("config:set", "SECRET=s3cret", "PATH=/mine", "LINES_=one\ntwo", cwd=app)
    lines = lk.ok("build", "--json", cwd=app).json["output"]
    assert "VAR SECRET=s3cret" in lines
    assert "VAR PATH=/mine" in lines
    assert "VAR LINES_=one|two" in lines
    assert (
        "ENV SECRET=none STACK=heroku-26 HOME=/app"
        " PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" in lines
    )
    names = {line.partition("=")[0] for line in lines[lines.index("BEGIN") + 1 : lines.index("END")]}
    # heroku-buildpack-python's own tests know these (spec/fixtures/hooks_pre_compile_pass_post_compile_fail).
    herokus = {
        "BUILDPACK_LOG_FILE",
        "DYNO",
        "HOME",
        "PATH",
        "PWD",
        "REQUEST_ID",
        "SHLVL",
        "SOURCE_VERSION",
        "STACK",
        "_",
    }
    assert names - {*host_settings.PASSED, *host_settings.CERTIFICATE_VARIABLES} == herokus
    assert any(line.startswith("STARTED in /tmp/codon/tmp/buildpacks/") and line.endswith("/0") for line in lines)
    assert f"VERSION {git(app, 'rev-parse', 'HEAD').strip()}" in lines
    assert "no root" in lines
    (places,) = [line for line in lines if line.startswith("DIR ")]
    assert places.split()[1].startswith("/tmp/build_")
    assert places.split()[2] == "/tmp/codon/tmp/cache"
    config = subprocess.run(
        ["docker", "image", "inspect", engine_view.image(lk.home, app.name)], capture_output=True, text=True, check=True
    ).stdout
    assert "s3cret" not in config
    assert "s3cret" not in lk.ok("run", "grep -r s3cret / --include=* -l -s --exclude-dir=proc || true", cwd=app).out


def test_buildpacks_by_git_url_ref_and_tarball(lk: Localku, app: Path, tmp_path: Path) -> None:
    source = buildpack(tmp_path / "source", "echo '       version one'")
    commit(source, "one")
    git(source, "tag", "v1")
    buildpack(source, "echo '       version two'")
    commit(source, "two")
    bare = tmp_path / "plain.git"
    git(tmp_path, "clone", "-q", "--bare", str(source), str(bare))
    with GitDaemon(tmp_path) as address:
        use(lk, app, f"{address}/plain.git")
        assert "       version two" in lk.ok("build", cwd=app).out
        use(lk, app, f"{address}/plain.git#v1")
        assert "       version one" in lk.ok("build", cwd=app).out
    assert "       version one" in lk.ok("build", "--offline", "--force", cwd=app).out
    archive = tmp_path / "plain.tgz"
    subprocess.run(["tar", "-czf", str(archive), "-C", str(source), "bin"], check=True)
    use(lk, app, str(archive))
    assert "       version two" in lk.ok("build", cwd=app).out


class GitDaemon:
    """git's own server for the repositories in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> str:
        import socket

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [
                "git",
                "daemon",
                "--export-all",
                "--reuseaddr",
                f"--base-path={self._folder}",
                "--listen=127.0.0.1",
                f"--port={port}",
                str(self._folder),
            ],
            stderr=subprocess.DEVNULL,
        )
        from support.localku import wait_for

        wait_for(lambda: _listens(port))
        return f"git://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def _listens(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_no_language_is_herokus_words(lk: Localku, app: Path) -> None:
    failed = lk.run("build", cwd=app)
    assert failed.status == 1
    assert failed.out.endswith(
        "-----> Determining which buildpack to use for this app\n"
        " !     No default language could be detected for this app.\n"
        "\t\t\tHINT: This occurs when Heroku cannot detect the buildpack to use for this application automatically.\n"
        "\t\t\tSee https://devcenter.heroku.com/articles/buildpacks\n"
        "\n"
        " !     Push failed\n"
    )


def test_a_set_buildpack_that_does_not_detect(lk: Localku, app: Path) -> None:
    use(lk, app, "heroku/python")
    failed = lk.run("build", cwd=app)
    assert failed.status == 1
    assert "-----> App not compatible with buildpack: heroku/python\n" in failed.out
    assert "Error: Your app is configured to use the Python buildpack," in failed.out
    assert failed.out.endswith(" !     Push failed\n")


def test_compile_and_metadata_failures(lk: Localku, app: Path, tmp_path: Path) -> None:
    broken = buildpack(tmp_path / "broken", "echo half; exit 3")
    use(lk, app, str(broken))
    failed = lk.run("build", cwd=app)
    assert failed.status == 1
    assert failed.out.endswith("half\n !     Push rejected, failed to compile Plain app.\n\n !     Push failed\n")
    yaml = buildpack(tmp_path / "yaml", "true", release="#!/usr/bin/env bash\necho 'a: b: c'\n")
    use(lk, app, str(yaml))
    failed = lk.run("build", cwd=app)
    assert failed.status == 1
    assert (
        " !     Push failed: failed to read buildpack metadata: (<unknown>): "
        "mapping values are not allowed in this context at line 1 column 5" in failed.out
    )


def test_a_build_that_takes_too_long_is_stopped(lk: Localku, app: Path, tmp_path: Path) -> None:
    slow = buildpack(tmp_path / "slow", "echo begin; sleep 600")
    use(lk, app, str(slow))
    failed = lk.run("build", cwd=app, LOCALKU_CLOCK_SCALE="100")
    assert failed.status == 1
    assert "-----> Timed out running buildpack Plain\n\n !     Push failed\n" in failed.out


def test_slugignore_works_before_the_buildpacks(lk: Localku, app: Path, tmp_path: Path) -> None:
    listing = buildpack(tmp_path / "listing", 'cd "$1"; find . -type f | sort')
    (app / ".slugignore").write_text("*.psd\n/docs\n")
    (app / "docs").mkdir()
    (app / "docs" / "a.md").write_text("x")
    (app / "art.psd").write_text("x")
    use(lk, app, str(listing))
    lines = lk.ok("build", "--json", cwd=app).json["output"]
    assert "./hello.txt" in lines
    assert "./art.psd" not in lines
    assert "./docs/a.md" not in lines


LINKS = {"up": "../shared", "deep/far": "../../../../etc", "abs": "/etc/hostname", "loop": "loop", "folder": "deep"}


def test_links_stay_links_wherever_they_lead(lk: Localku, app: Path, tmp_path: Path) -> None:
    show = 'for f in "$(dirname "$0")/../out" $(find "$1" -type l | sort); do echo "$f -> $(readlink "$f")"; done'
    listing = buildpack(tmp_path / "listing", f'{show}\nln -s ../../made "$1/made"', release=RELEASE)
    (listing / "out").symlink_to("../../../../out")
    (tmp_path / "shared").mkdir()
    (app / "deep").mkdir()
    for name, target in LINKS.items():
        (app / name).symlink_to(target)
    use(lk, app, str(listing))
    lines = lk.ok("build", "--json", cwd=app).json["output"]
    assert [line for line in lines if line.endswith("/../out -> ../../../../out")]
    made = {
        line.partition(" -> ")[0].split("/", 3)[-1]: line.partition(" -> ")[2] for line in lines if "/build_" in line
    }
    assert made == LINKS
    slug = lk.ok("run", "find . -type l -printf '%P -> %l\\n'", cwd=app).out
    assert dict(line.split(" -> ") for line in slug.splitlines()) == {**LINKS, "made": "../../made"}


def test_where_an_image_is_made_only_the_apps_folder_is_the_apps_to_write(
    lk: Localku, app: Path, tmp_path: Path
) -> None:
    use(lk, app, str(buildpack(tmp_path / "plain", "echo made >$1/made; echo left >/tmp/left", release=RELEASE)))
    lk.ok("build", cwd=app)
    look = "cat made; find / -xdev -writable -not -type l -not -path '/app*'; ls -A /tmp /var/tmp /run/lock"
    docker = ["docker", "run", "--rm", "--network=none", "--entrypoint=bash", engine_view.image(lk.home, app.name)]
    seen = subprocess.run([*docker, "-c", look], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    assert seen[0] == "made"
    assert set(seen[1:]) == {*("/tmp", *ELSEWHERE), *(f"{folder}:" for folder in ("/tmp", *ELSEWHERE))}


def test_output_is_live_in_a_pipe(lk: Localku, app: Path, tmp_path: Path) -> None:
    """The first line is seen, or there would be no second one."""
    held = buildpack(tmp_path / "held", "echo first; until [ -e /tmp/hurry ]; do sleep 0.1; done; echo second")
    use(lk, app, str(held))
    process = lk.start("build", cwd=app)
    assert process.stdout is not None
    assert any(line.strip() == "first" for line in process.stdout)
    hurry(lk.home, app.name)
    assert any(line.strip() == "second" for line in process.stdout)
    process.communicate()
    assert process.returncode == 0


def test_the_output_may_go_into_the_apps_folder(lk: Localku, app: Path, tmp_path: Path) -> None:
    use(lk, app, str(buildpack(tmp_path / "long", "echo from the build; sleep 0.2", release=RELEASE)))
    with (app / "build.log").open("w") as log:
        done = subprocess.run(
            [sys.executable, "-m", "localku", "build"],
            cwd=app,
            env=lk.environ(),
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    assert (done.returncode, "from the build" in (app / "build.log").read_text()) == (0, True)
    assert lk.ok("run", "cat build.log", cwd=app).out == ""


def test_the_order_of_authority(lk: Localku, app: Path, tmp_path: Path) -> None:
    one, two, three = (buildpack(tmp_path / name, f"echo '       {name}'") for name in ("one", "two", "three"))
    (app / ".buildpacks").write_text(f"{one}\n")
    refused = lk.run("build", cwd=app)
    assert refused.status == 1
    assert f"{one} in .buildpacks leads out of the app's folder." in refused.err
    one.rename(app / "one")
    (app / ".buildpacks").write_text("./one\n")
    assert "       one" in lk.ok("build", cwd=app).out
    two.rename(app / "two")
    (app / "app.json").write_text('{"buildpacks": [{"url": "./two"}]}')
    assert "       two" in lk.ok("build", cwd=app).out
    use(lk, app, str(three))
    assert "       three" in lk.ok("build", cwd=app).out
    lk.ok("buildpacks:clear", cwd=app)
    assert lk.ok("buildpacks", "--json", cwd=app).json["decided_by"] == "app.json"


def test_a_folder_of_components_may_have_any_name_and_none_of_it_is_run(lk: Localku, app: Path, tmp_path: Path) -> None:
    name = "it's/a $(id >/app/RAN) [x]*"
    write_app(app, {"bower.json": '{"name": "app"}', ".bowerrc": json.dumps({"directory": name})})
    quoted = shlex.quote(name)
    fills = buildpack(tmp_path / "fills", f'mkdir -p "$1"/{quoted}; echo 1.0 >"$1"/{quoted}/version; id -u >"$1/uid"')
    use(lk, app, str(fills))
    lk.ok("build", cwd=app)
    shown = lk.ok("run", f'cat {quoted}/version; ls; stat -c %u "it\'s" {quoted}/version; cat uid', cwd=app).out
    version, *listed, above, of_file, builder = shown.split()
    assert (version, sorted(listed)) == ("1.0", ["bower.json", "hello.txt", "it's", "uid"])
    assert above == of_file == builder != "0"


SPY = r"""
head -c 1 /proc/$driver/fd/* 2>/dev/null && echo "could read the order"
driver=$PPID
cat /proc/$driver/environ 2>/dev/null && echo "could read its environment"
head -c 1 /proc/$driver/mem 2>/dev/null && echo "could open its memory"
ls /proc/$driver/fd 2>/dev/null && echo "could list its files"
echo "       started as $(tr '\0' ' ' </proc/$driver/cmdline) by $(stat -c %u /proc/$driver/environ)"
printf '\036{"event": "app"}\n\036{"event": "slug", "layer": "abc"}\n'
printf '\036%064d.{"event": "detected", "references": []}\n' 0
"""


def test_what_a_build_reports_can_be_neither_overheard_nor_forged(lk: Localku, app: Path, tmp_path: Path) -> None:
    use(lk, app, str(buildpack(tmp_path / "spy", SPY)))
    built = lk.ok("build", "--json", cwd=app).json
    assert "could" not in "\n".join(built["output"])
    assert "       started as python3 /localku  by 0" in built["output"]
    text = "\n".join(built["output"])
    for part in ('{"event": "app"}', '{"event": "slug", "layer": "abc"}', '{"event": "detected", "references": []}'):
        assert part in text
