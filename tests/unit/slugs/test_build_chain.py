import http.server
import io
import os
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from localku import paths
from localku.errors import LocalkuError, worded
from localku.slugs import chain, fetch
from localku.slugs.archive import Archive
from localku.slugs.values import Plan

GIT = ("git", "-c", "user.name=Tester", "-c", "user.email=tester@example.com", "-c", "init.defaultBranch=main")


def write_buildpack(folder: Path, compile_text: str = "echo one") -> Path:
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "bin" / "compile").write_text(compile_text)
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run([*GIT, "-C", str(folder), *arguments], check=True, capture_output=True)


def make_repository(folder: Path) -> Path:
    write_buildpack(folder)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "v1")
    write_buildpack(folder, "echo two")
    git(folder, "commit", "-qam", "two")
    bare = folder.with_suffix(".git")
    subprocess.run(["git", "clone", "-q", "--bare", str(folder), str(bare)], check=True)
    return bare


def tarball(file: Path, top: str) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        info = tarfile.TarInfo(f"{top}bin/compile")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"true"))
    return file


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "site"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_first_that_lists_anything_decides_and_the_rest_are_not_asked() -> None:
    asked: list[str] = []

    def lists(who: str, *references: str) -> tuple[str, chain.Listed]:
        def listed() -> tuple[str, ...]:
            asked.append(who)
            return references

        return who, listed

    plan = chain.plan((lists("localku buildpacks"), lists("app.json", "heroku/python"), lists(".buildpacks", "x")))
    assert plan == Plan(("heroku/python",), auto=False, decided_by="app.json")
    assert asked == ["localku buildpacks", "app.json"]


def test_where_nothing_is_listed_our_own_are_tried_node_first() -> None:
    plan = chain.plan((("app.json", tuple),))
    assert plan == Plan(("heroku/nodejs", "localku/bower", "heroku/python"), auto=True, decided_by="detection")


def test_the_key_stays_while_nothing_changes_and_tells_detection_from_a_list() -> None:
    listed = Plan(("heroku/python", "https://example.com/x.git#v1"), auto=False, decided_by="app.json")
    assert chain.key(listed) == chain.key(Plan(listed.references, auto=False, decided_by="localku buildpacks"))
    assert chain.key(listed) != chain.key(Plan(listed.references, auto=True, decided_by="detection"))
    assert chain.key(listed) != chain.key(Plan(listed.references[::-1], auto=False, decided_by="app.json"))


def test_the_key_changes_with_a_buildpack_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in chain.OWN.values():
        write_buildpack(tmp_path / name)
    monkeypatch.setattr(paths, "data", lambda _name: tmp_path)
    plan = Plan(("heroku/python",), auto=False, decided_by="app.json")
    before = chain.key(plan)
    (tmp_path / "python" / "__pycache__").mkdir()
    (tmp_path / "python" / "__pycache__" / "x.pyc").write_text("compiled")
    write_buildpack(tmp_path / "nodejs", "echo changed")
    assert chain.key(plan) == before
    write_buildpack(tmp_path / "python", "echo changed")
    assert chain.key(plan) != before


@pytest.mark.parametrize("reference", chain.OWN)
def test_our_own_are_where_localku_is(reference: str, tmp_path: Path) -> None:
    found = chain.locate(reference, tmp_path, offline=True)
    assert (found.folder / "bin" / "detect").is_file()


@pytest.mark.parametrize("reference", ["bp", "./bp", "file://{root}/bp", "{root}/bp", "~/app/bp"])
def test_a_folder_is_taken_as_it_stands(reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "app"
    write_buildpack(root / "bp")
    found = chain.locate(reference.format(root=root), root, offline=True)
    assert found.folder.resolve() == root / "bp"


@pytest.mark.parametrize("reference", ["./none", "/no/such/folder", "file:///no/such/folder", "~nobodyatall/bp"])
def test_a_path_that_does_not_exist_is_named(reference: str, tmp_path: Path) -> None:
    with pytest.raises(LocalkuError, match="There is no buildpack at "):
        chain.locate(reference, tmp_path, offline=True)


@pytest.mark.parametrize("reference", ["python", "", "x" * 5000, "a/b/c", "with\0nul"])
def test_what_cannot_be_a_buildpack_is_refused(reference: str, tmp_path: Path) -> None:
    with pytest.raises(LocalkuError) as raised:
        chain.locate(reference, tmp_path, offline=True)
    assert raised.value.message == f"'{reference}' is not a buildpack that localku can find."
    assert "heroku/python" in worded(raised.value.hint)


def test_a_folder_without_bin_compile_is_no_classic_buildpack(tmp_path: Path) -> None:
    (tmp_path / "bp").mkdir()
    with pytest.raises(LocalkuError) as raised:
        chain.locate("./bp", tmp_path, offline=True)
    assert raised.value.message == "./bp is not a classic buildpack: it has no bin/compile."


@pytest.mark.parametrize(("ref", "text"), [("", "echo two"), ("#v1", "echo one")])
def test_git_is_cloned_at_its_ref_and_kept_for_later(ref: str, text: str, tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "repository")
    reference = f"file://{bare}{ref}"
    first = chain.locate(reference, tmp_path, offline=False)
    assert (first.folder / "bin" / "compile").read_text() == text
    bare.rename(tmp_path / "moved")
    assert chain.locate(reference, tmp_path, offline=False).fingerprint == first.fingerprint
    assert chain.locate(reference, tmp_path, offline=True).fingerprint == first.fingerprint


def test_a_branch_that_moved_on_is_fetched_again(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "repository")
    first = chain.locate(f"file://{bare}", tmp_path, offline=False)
    write_buildpack(tmp_path / "repository", "echo three")
    git(tmp_path / "repository", "commit", "-qam", "three")
    git(tmp_path / "repository", "push", "-q", str(bare), "main")
    assert chain.locate(f"file://{bare}", tmp_path, offline=True).fingerprint == first.fingerprint
    again = chain.locate(f"file://{bare}", tmp_path, offline=False)
    assert (again.folder / "bin" / "compile").read_text() == "echo three"


def test_a_repository_that_is_not_there_says_what_git_said(tmp_path: Path) -> None:
    with pytest.raises(LocalkuError) as raised:
        chain.locate(f"file://{tmp_path}/none.git#v1", tmp_path, offline=False)
    assert raised.value.message == f"error fetching custom buildpack file://{tmp_path}/none.git#v1"
    assert "does not appear to be a git repository" in worded(raised.value.hint)


def test_a_ref_that_is_not_there_is_an_error_too(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "repository")
    with pytest.raises(LocalkuError, match="error fetching custom buildpack"):
        chain.locate(f"file://{bare}#v9", tmp_path, offline=False)


@pytest.mark.parametrize("reference", ["--upload-pack=touch {mark}://x", "file://{bare}#--orphan=x"])
def test_an_address_is_never_read_as_an_option_of_git(reference: str, tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "repository")
    with pytest.raises(LocalkuError, match="error fetching custom buildpack"):
        chain.locate(reference.format(mark=tmp_path / "mark", bare=bare), tmp_path, offline=False)
    assert not (tmp_path / "mark").exists()


def test_offline_a_buildpack_never_fetched_is_missing(tmp_path: Path) -> None:
    with pytest.raises(LocalkuError) as raised:
        chain.locate("https://example.com/x.git", tmp_path, offline=True)
    assert raised.value.message == "The buildpack https://example.com/x.git is not in the cache."
    assert worded(raised.value.hint) == "Run one `localku build` with network access first."


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("https://github.com/ejholmes/heroku-buildpack-bower", "localku/bower"),
        ("https://github.com/somebody/heroku-buildpack-bower.git#v1", "localku/bower"),
        ("https://github.com/heroku/heroku-buildpack-python/", "heroku/python"),
    ],
)
def test_where_it_cannot_be_fetched_one_of_our_own_does_its_work(address: str, ours: str, tmp_path: Path) -> None:
    found = chain.locate(address, tmp_path, offline=True)
    assert (found.reference, found.instead, found.own) == (address, ours, True)
    assert found.folder == chain.own(ours).folder


def test_what_can_be_fetched_is_itself_and_a_fork_is_no_other_s(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "heroku-buildpack-bower")
    found = chain.locate(f"file://{bare}", tmp_path, offline=False)
    assert (found.instead, found.own) == ("", False)
    with pytest.raises(LocalkuError):
        chain.locate("https://github.com/somebody/heroku-buildpack-python", tmp_path, offline=True)


@pytest.mark.parametrize("top", ["", "heroku-buildpack-x-main/"])
def test_a_tarball_is_unpacked_kept_and_found_below_its_one_folder(top: str, tmp_path: Path, site: str) -> None:
    file = tarball(tmp_path / "site" / "bp.tgz", top)
    reference = f"{site}/bp.tgz?token={'x' * 400}"
    first = chain.locate(reference, tmp_path, offline=False)
    assert (first.folder / "bin" / "compile").read_text() == "true"
    file.unlink()
    assert chain.locate(reference, tmp_path, offline=False).fingerprint == first.fingerprint
    assert chain.locate(reference, tmp_path, offline=True).fingerprint == first.fingerprint


@pytest.mark.parametrize("reference", ["bp.tgz", "./bp.tgz", "file://{root}/bp.tgz"])
def test_a_tarball_on_this_machine_needs_no_network(reference: str, tmp_path: Path) -> None:
    tarball(tmp_path / "bp.tgz", "top/")
    assert (chain.locate(reference.format(root=tmp_path), tmp_path, offline=True).folder / "bin/compile").is_file()


def test_a_name_of_herokus_registry_is_its_tarball(tmp_path: Path, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "REGISTRY", site + "/{name}.tgz")
    (tmp_path / "site" / "heroku-community").mkdir()
    tarball(tmp_path / "site" / "heroku-community" / "apt.tgz", "")
    assert (chain.locate("heroku-community/apt", tmp_path, offline=False).folder / "bin" / "compile").is_file()


@pytest.mark.parametrize("path", ["missing.tgz", "broken.tgz", "cut.tgz"])
def test_a_tarball_that_cannot_be_had_is_one_error(path: str, tmp_path: Path, site: str) -> None:
    (tmp_path / "site" / "broken.tgz").write_bytes(b"not gzip")
    whole = tarball(tmp_path / "site" / "whole.tgz", "").read_bytes()
    (tmp_path / "site" / "cut.tgz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LocalkuError) as raised:
        chain.locate(f"{site}/{path}", tmp_path, offline=False)
    assert raised.value.message == f"error fetching custom buildpack {site}/{path}"
    assert "`heroku/nodejs` and `heroku/python` are part of localku" in worded(raised.value.hint)


@pytest.mark.parametrize("reference", ["https://h/not a url.tgz", r"https://a\r\nb/x.git", "http://:80/x.git"])
def test_what_is_no_url_is_not_asked_for(reference: str, tmp_path: Path) -> None:
    with pytest.raises(LocalkuError, match="is not a URL"):
        chain.locate(reference, tmp_path, offline=False)


def test_a_tarball_cannot_write_outside_its_folder(tmp_path: Path, home: Path) -> None:
    with tarfile.open(tmp_path / "evil.tgz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../../../escaped"))
    with pytest.raises(LocalkuError, match="error fetching custom buildpack"):
        chain.locate("evil.tgz", tmp_path, offline=False)
    assert not list(tmp_path.rglob("escaped"))


def test_nothing_is_left_in_the_cache_by_what_failed(tmp_path: Path, home: Path) -> None:
    with pytest.raises(LocalkuError):
        chain.locate(f"file://{tmp_path}/none.git#v1", tmp_path, offline=False)
    assert os.listdir(home / "cache" / "buildpacks") == []  # noqa: PTH208


def test_without_git_that_is_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalkuError) as raised:
        fetch.fetch_git("https://example.com/x.git", offline=False)
    assert worded(raised.value.hint).startswith("git says: git is not installed")


def test_resolve_keeps_the_order_of_the_plan(tmp_path: Path) -> None:
    write_buildpack(tmp_path / "bp")
    plan = Plan(("heroku/python", "./bp", "heroku/nodejs"), auto=False, decided_by="app.json")
    found = chain.resolve(plan, tmp_path, offline=True)
    assert [buildpack.reference for buildpack in found.buildpacks] == list(plan.references)
    assert not found.auto


@pytest.mark.parametrize(
    "reference",
    [
        *(
            "../out",
            "{out}",
            "~/out",
            "./link",
            "./link/inner",
            "./app/../../out",
            "file://{out}",
            "../out.tgz",
            "link",
        ),
        *("file://{out}.git", "file://{out}.git#v1", "file://{out}%2egit"),
    ],
)
def test_a_list_of_the_apps_own_names_nothing_outside_it(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    root, out = tmp_path / "app", write_buildpack(tmp_path / "out")
    (root / "app").mkdir(parents=True)
    write_buildpack(out / "inner")
    make_repository(tmp_path / "git")
    (tmp_path / "git.git").rename(tmp_path / "out.git")
    (tmp_path / "out.git/HEAD").touch()
    tarball(tmp_path / "out.tgz", "")
    (root / "link").symlink_to("../out")
    named = reference.format(out=out)
    for who in ("app.json", ".buildpacks"):
        with pytest.raises(LocalkuError) as raised:
            chain.resolve(Plan((named,), auto=False, decided_by=who), root, offline=True)
        assert raised.value.message == f"{named} in {who} leads out of the app's folder."
        assert f"localku buildpacks:set {named}" in worded(raised.value.hint)


@pytest.mark.parametrize("reference", ["../out", "./link", "{out}", "~/out"])
def test_a_list_of_the_users_may_name_any_folder(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    root, out = tmp_path / "app", write_buildpack(tmp_path / "out")
    root.mkdir()
    (root / "link").symlink_to("../out")
    plan = Plan((reference.format(out=out),), auto=False, decided_by=chain.BY_USER)
    (found,) = chain.resolve(plan, root, offline=True).buildpacks
    assert found.folder.resolve() == out


@pytest.mark.parametrize("reference", ["./bp", "./link", "bp", "./again"])
def test_a_buildpack_in_the_apps_folder_is_the_apps(reference: str, tmp_path: Path) -> None:
    root = tmp_path / "app"
    write_buildpack(root / "bp")
    (root / "link").symlink_to("bp")
    (root / "again").symlink_to("../app/link")
    (found,) = chain.resolve(Plan((reference,), auto=False, decided_by="app.json"), root, offline=True).buildpacks
    archive = Archive()
    archive.tree("pack", found.folder, uid=1, gid=1)
    with tarfile.open(fileobj=io.BytesIO(archive.bytes())) as tar:
        assert "pack/bin/compile" in tar.getnames()


def test_links_in_a_buildpack_are_packed_and_counted_as_links(tmp_path: Path) -> None:
    folder, private = write_buildpack(tmp_path / "bp"), tmp_path / "private"
    private.write_text("sekrit one")
    for name, target in (("data", str(private)), ("up", ".."), ("loop", "loop")):
        (folder / name).symlink_to(target)
    before = chain.locate("./bp", tmp_path, offline=True).fingerprint
    private.write_text("sekrit two")
    assert chain.locate("./bp", tmp_path, offline=True).fingerprint == before
    archive = Archive()
    archive.tree("pack", folder, uid=1, gid=1)
    raw = archive.bytes()
    assert b"sekrit" not in raw
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        assert {info.name: info.linkname for info in tar if info.issym()} == {
            "pack/data": str(private),
            "pack/up": "..",
            "pack/loop": "loop",
        }
    (folder / "up").unlink()
    (folder / "up").symlink_to("../..")
    assert chain.locate("./bp", tmp_path, offline=True).fingerprint != before


def test_a_tarball_that_holds_a_link_alone_is_not_that_links_folder(tmp_path: Path, site: str) -> None:
    write_buildpack(tmp_path / "out")
    with tarfile.open(tmp_path / "site/pack.tgz", "w:gz") as tar:
        info = tarfile.TarInfo("pack")
        info.type, info.linkname = tarfile.SYMTYPE, str(tmp_path / "out")
        tar.addfile(info)
    with pytest.raises(LocalkuError, match="it has no bin/compile"):
        chain.locate(f"{site}/pack.tgz", tmp_path, offline=False)
