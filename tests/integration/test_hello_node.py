"""A plain Node app without a Procfile, from build to reset-fs."""

from __future__ import annotations

import json
import re
import signal
import ssl
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import engine_view
from support.localku import Localku, Result, commit, copy_example, get, interrupt, wait_for
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from localku.platform.housekeeping import KEPT_SLUGS


@dataclass(frozen=True)
class Built:
    folder: Path
    first: Result


@pytest.fixture(scope="module")
def app(lk: Localku, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = copy_example("hello-node", tmp_path_factory.mktemp("apps") / "hello-node")
    return Built(folder, lk.ok("build", cwd=folder))


@pytest.fixture
def running(lk: Localku, app: Built) -> Iterator[str]:
    lk.ok("up", "--detach", cwd=app.folder)
    found = {row["name"]: row for row in lk.ok("apps", "--json", cwd=app.folder).json}
    yield f"http://127.0.0.1:{found['hello-node']['port']}"
    lk.ok("down", cwd=app.folder)


def test_the_build_prints_what_heroku_prints(app: Built) -> None:
    lines = app.first.out.splitlines()
    assert lines[0] == "-----> Building on the Debian-14 stack"
    assert lines[1] == "-----> Determining which buildpack to use for this app"
    assert "-----> Node.js app detected" in lines
    start = lines.index("-----> Discovering process types")
    assert lines[start + 1 : start + 4] == [
        "       Procfile declares types     -> (none)",
        "       Default types for buildpack -> web",
        "",
    ]
    assert lines[start + 4] == "-----> Compressing..."
    assert re.fullmatch(r"       Done: \d+(\.\d+)?[KM]", lines[start + 5])
    assert lines[start + 6 : start + 8] == ["-----> Launching...", "       Released v3"]
    assert lines[start + 8] == "       hello-node deployed to localku"


def test_what_a_build_printed_is_shown_later(lk: Localku, app: Built) -> None:
    (build,) = lk.ok("builds", "--json", cwd=app.folder).json
    assert (build["status"], build["release"]["version"], build["stack"]) == ("succeeded", 3, "debian-14")
    (release,) = [one for one in lk.ok("releases", "--json", cwd=app.folder).json if one["version"] == 3]
    assert (build["release"]["id"], build["slug"]) == (release["id"], release["slug"])
    assert lk.ok("builds:output", cwd=app.folder).out == app.first.out


def test_nothing_changed_builds_nothing(lk: Localku, app: Built) -> None:
    result = lk.ok("build", cwd=app.folder)
    assert re.fullmatch(r"No changes since v\d+; skipping build\.\n", result.out)


def test_json_for_ci(lk: Localku, app: Built) -> None:
    found = lk.ok("build", "--json", "--force", cwd=app.folder).json
    assert found["status"] == "succeeded"
    assert found["process_types"] == {"web": "npm start"}
    assert found["image"] in engine_view.images(lk.home, "hello-node")
    assert found["image"].endswith(f":{found['release']}")
    assert found["slug_size"] > 1024 * 1024
    assert "-----> Node.js app detected" in found["output"]


def test_quiet_prints_nothing(lk: Localku, app: Built) -> None:
    (app.folder / "quiet.txt").write_text("x")
    result = lk.ok("build", "--quiet", cwd=app.folder)
    assert (result.out, result.err) == ("", "")


def test_the_image_runs_by_itself(lk: Localku, app: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)  # its own helper image cannot be pulled here
    image = DockerContainer(engine_view.image(lk.home, "hello-node")).with_env("PORT", "8000").with_exposed_ports(8000)
    with image as container:
        address = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8000)}/"
        wait_for(lambda: _answers(address))


def _answers(address: str) -> bool:
    try:
        return get(address)[0] == 200
    except OSError:
        return False


def test_http_and_tls_on_one_port(lk: Localku, running: str) -> None:
    assert get(running, "hello-node.localhost")[0] == 200
    trusted = ssl.create_default_context(cafile=str(lk.home / "tls" / "ca.pem"))
    trusted.check_hostname = False
    secure = running.replace("http://", "https://")
    with urllib.request.urlopen(secure, context=trusted) as answer:
        assert answer.status == 200


def test_one_app_answers_at_plain_localhost_and_others_do_not_exist(running: str) -> None:
    assert get(running)[0] == 200
    status, page = get(running, "nobody.localhost")
    assert status == 404
    assert "no such app" in page.lower()


def test_router_and_dyno_lines_are_in_the_log(lk: Localku, app: Built, running: str) -> None:
    get(running, "hello-node.localhost")
    text = lk.ok("logs", "-n", "200", cwd=app.folder).out
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00"
    assert re.search(rf"^{stamp} heroku\[web\.1\]: Starting process with command `npm start`$", text, re.MULTILINE)
    assert re.search(rf"^{stamp} heroku\[web\.1\]: State changed from starting to up$", text, re.MULTILINE)
    assert re.search(rf"^{stamp} heroku\[router\]: at=info method=GET path=\"/\" .*status=200", text, re.MULTILINE)


def test_ps_lists_the_dyno(lk: Localku, app: Built, running: str) -> None:
    (dyno,) = lk.ok("ps", "--json", cwd=app.folder).json
    assert (dyno["name"], dyno["state"], dyno["command"]) == ("web.1", "up", "npm start")
    assert "=== web (Basic): npm start (1)" in lk.ok("ps", cwd=app.folder).out


def test_run_passes_status_streams_and_input(lk: Localku, app: Built) -> None:
    result = lk.run("run", "cat; echo to stderr >&2; exit 7", cwd=app.folder, stdin="from stdin\n")
    assert (result.status, result.out) == (7, "from stdin\n")
    assert "to stderr" in result.err


def test_a_one_off_dyno_is_an_unprivileged_user_in_app(lk: Localku, app: Built) -> None:
    out = lk.ok("run", "id -un; id -gn; pwd; echo $HOME; ulimit -u; echo $DYNO; echo $PORT", cwd=app.folder).out
    user, group, folder, home, processes, dyno, port = out.split()
    assert re.fullmatch(r"u\d{5}", user)
    assert (group, folder, home, processes) == ("dyno", "/app", "/app", "256")
    assert re.fullmatch(r"run\.\d{4}", dyno)
    assert 3000 <= int(port) < 60000


def test_reset_fs_reports_takes_away_and_checks(lk: Localku, app: Built, running: str) -> None:
    get(running, "hello-node.localhost")
    report = lk.ok("reset-fs", "--json", "--dry-run", cwd=app.folder).json
    written = {entry["path"] for entry in report["dynos"][0]["entries"]}
    assert "/app/greetings.json" in written
    assert "reset" not in report

    failed = lk.run("reset-fs", "--check", cwd=app.folder)
    assert failed.status == 1
    assert "greetings.json" in failed.out
    assert lk.run("reset-fs", "--check", "--ignore", "greetings.json", cwd=app.folder).status == 0

    shown = lk.ok("reset-fs", cwd=app.folder)
    assert "The files are gone." in shown.out
    assert "GET / returned 200" in shown.out


def test_up_in_the_foreground_says_at_the_end_what_is_lost(lk: Localku, app: Built) -> None:
    process = lk.start("up", "-p", "5700", cwd=app.folder)
    port = wait_for(lambda: _up_port(lk, app))
    get(f"http://127.0.0.1:{port}", "hello-node.localhost")
    out = interrupt(process)
    assert process.returncode == 0
    assert "Stopping all processes with SIGTERM" in out
    assert re.search(r"web\.1 wrote .*greetings\.json", out)
    assert engine_view.after_down(lk.home, "hello-node") == []


def test_up_tidies_up_though_nobody_reads_its_output_any_more(lk: Localku, app: Built) -> None:
    process = lk.start("up", "-p", "5720", cwd=app.folder)
    wait_for(lambda: _up_port(lk, app))
    assert process.stdout
    process.stdout.close()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 0
    assert engine_view.after_down(lk.home, "hello-node") == []


def _up_port(lk: Localku, app: Built) -> int | None:
    dynos = lk.ok("ps", "--json", cwd=app.folder).json
    apps = lk.ok("apps", "--json", cwd=app.folder).json
    return apps[0]["port"] if dynos and dynos[0]["state"] == "up" else None


def test_a_busy_port_is_named_and_the_next_one_taken(lk: Localku, app: Built, running: str) -> None:
    busy = int(running.rpartition(":")[2])
    other = app.folder.parent / "second"
    if not other.exists():
        copy_example("hello-node", other)
    result = lk.ok("up", "--detach", "-p", str(busy), cwd=other)
    port = next(row["port"] for row in lk.ok("apps", "--json", cwd=other).json if row["name"] == "second")
    assert port > busy  # the next one, unless another program has that
    assert f":{port} (and https)" in result.out
    assert f"Port {busy} is in use by the app hello-node; trying {busy + 1}" in result.err
    log = lk.home / "server" / "server.log"
    assert log.stat().st_mode & 0o777 == 0o600
    lk.ok("run", "true", cwd=other)
    assert "heroku[" not in log.read_text(), "the app's log is kept in one place"
    lk.ok("down", cwd=other)


def test_a_changed_line_is_a_new_release_on_the_same_layer(lk: Localku, app: Built) -> None:
    layers = _layers(lk)
    (app.folder / "server.js").write_text((app.folder / "server.js").read_text() + "\n// changed\n")
    commit(app.folder, "change")
    assert lk.ok("build", "--json", cwd=app.folder).json["built"] is True
    assert _layers(lk) == layers


def _layers(lk: Localku) -> set[str]:
    return {image for image in engine_view.images(lk.home, "hello-node") if ":deps-" in image}


def test_old_images_are_pruned(lk: Localku, app: Built) -> None:
    for number in range(KEPT_SLUGS):
        (app.folder / "number.txt").write_text(str(number))
        lk.ok("build", "--quiet", cwd=app.folder)
    listed = engine_view.images(lk.home, "hello-node")
    assert len([image for image in listed if re.search(r":v\d+$", image)]) == KEPT_SLUGS
    assert json.loads(lk.ok("releases", "--json", cwd=app.folder).out)[0]["current"] is True
