import io
import tarfile
from pathlib import Path

import pytest

from localku.slugs import host_settings, image_entry, users
from localku.slugs.archive import Archive, read_file

PASSWD = "root:x:0:0:root:/root:/bin/bash\nu10000:x:1:1::/:/bin/sh\n"


def test_the_apps_user_is_added_once() -> None:
    who = users.identity(10000)
    once = users.passwd(PASSWD, who)
    assert once == "root:x:0:0:root:/root:/bin/bash\nu10000:x:10000:1000::/app:/bin/bash\n"
    assert users.passwd(once, who) == once


def test_the_group_is_called_dyno_whatever_the_stack_calls_it() -> None:
    once = users.group("root:x:0:\nubuntu:x:1000:\n")
    assert once.splitlines()[0] == "dyno:x:1000:"
    assert users.group(once) == once


def test_an_archive_holds_what_was_put_in_with_owner_and_mode(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "compile").write_text("x")
    (tmp_path / "bin" / "compile").chmod(0o755)
    for hidden in (".git", "__pycache__"):
        (tmp_path / hidden).mkdir()
        (tmp_path / hidden / "x").write_text("x")
    archive = Archive()
    archive.folder("env", uid=7, gid=8, mode=0o700)
    archive.file("env/KEY", b"secret", uid=7, gid=8, mode=0o600)
    archive.tree("bp/0", tmp_path, uid=7, gid=8)
    with tarfile.open(fileobj=io.BytesIO(archive.bytes())) as tar:
        found = {member.name: (member.uid, member.gid, member.mode & 0o777) for member in tar}
    assert found["env"] == (7, 8, 0o700)
    assert found["env/KEY"] == (7, 8, 0o600)
    assert found["bp/0/bin/compile"] == (7, 8, 0o755)
    assert not any(".git" in name or "__pycache__" in name for name in found)


def test_the_first_file_of_an_archive_is_read() -> None:
    archive = Archive()
    archive.folder("etc")
    archive.file("etc/passwd", b"root")
    assert read_file(archive.bytes()) == b"root"
    empty = Archive()
    empty.folder("etc")
    assert read_file(empty.bytes()) == b""


def test_the_bundle_is_every_named_file_once_and_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("own", "gits", "system"):
        (tmp_path / name).write_text(f"CERT {name}")
    monkeypatch.setattr(host_settings, "_SYSTEM_BUNDLES", (str(tmp_path / "none"), str(tmp_path / "system")))
    own, gone = str(tmp_path / "own"), str(tmp_path / "gone")
    environ = {"SSL_CERT_FILE": own, "PIP_CERT": own, "NODE_EXTRA_CA_CERTS": gone}
    assert host_settings.certificates(environ) == b"CERT own\nCERT system\n"
    environ |= {"GIT_SSL_CAINFO": str(tmp_path / "gits"), "CURL_CA_BUNDLE": own}
    assert host_settings.certificates(environ) == b"CERT own\nCERT gits\nCERT system\n"


def test_without_any_certificates_there_is_no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_settings, "_SYSTEM_BUNDLES", ())
    assert host_settings.certificates({}) is None


def test_only_known_settings_reach_the_build() -> None:
    environ = {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "", "AWS_SECRET": "x", "PIP_INDEX_URL": "https://i"}
    plain = host_settings.variables(environ, bundle=False, offline=False)
    assert plain == {"HTTPS_PROXY": "http://proxy:3128", "PIP_INDEX_URL": "https://i"}
    full = host_settings.variables({}, bundle=True, offline=True)
    assert full["LOCALKU_OFFLINE"] == "1"
    assert full["PIP_CERT"] == full["NODE_EXTRA_CA_CERTS"] == "/etc/ssl/certs/ca-certificates.crt"


@pytest.mark.parametrize("web", [None, "gunicorn app:app"])
def test_an_image_runs_its_web_process_by_itself(web: str | None) -> None:
    config = image_entry.configuration(users.identity(10000), {"a": "b"}, web)
    assert config["Cmd"] == [web or "bash"]
    assert (config["User"], config["WorkingDir"], config["Entrypoint"]) == (
        "10000:1000",
        "/app",
        ["/usr/local/bin/dyno"],
    )
    assert config["Labels"] == {"a": "b"}
