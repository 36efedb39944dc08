"""Making images from Debian packages: what is asked of the machine's tools, and what is said when they fail."""

# ruff: noqa: ARG002  stand-ins have the signatures of what they stand for
from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localku.debian import layer, recipe
from localku.debian.apt import Apt
from localku.debian.bootstrap import bootstrap
from localku.debian.sources import DEFAULT_MIRROR, Sources, sources
from localku.errors import LocalkuError

Add = Callable[[str, str], None]
HERE = Sources("http://mirror.example/debian", Path("/usr/share/keyrings/k.gpg"), "amd64")


def test_words_of_a_list(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("# why\none\n\n two  # and why\n")
    assert recipe.words(path) == ("one", "two")


def test_fingerprint_changes_with_contents_and_words(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("one")
    first = recipe.fingerprint([path])
    assert first == recipe.fingerprint([path])
    assert recipe.fingerprint([path], "amd64") != first
    path.write_text("two")
    assert recipe.fingerprint([path]) != first


def test_the_lists_that_ship_name_no_compiler_for_dynos_and_no_sqlite_headers() -> None:
    folder = recipe.folder("debian-14")
    run, build = recipe.words(folder / "run.packages"), recipe.words(folder / "build.packages")
    assert not {"build-essential", "gcc", "python3", "git", "nodejs"} & set(run)
    assert "build-essential" in build
    assert "libsqlite3-dev" not in build


def test_sources_take_the_mirror_of_this_machine(program: Add) -> None:
    program("dpkg", "echo amd64")
    program("apt-get", "echo 'x http://other.example/repo/'; echo 'x http://mirror.example/debian/'")
    assert sources().mirror == "http://mirror.example/debian"
    assert sources().line.endswith("http://mirror.example/debian forky main")


def test_sources_fall_back_to_debian(program: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    program("dpkg", "echo arm64")
    assert (sources().mirror, sources().architecture) == (DEFAULT_MIRROR, "arm64")
    monkeypatch.setenv("LOCALKU_DEBIAN_MIRROR", "http://near.example/debian/")
    assert sources().mirror == "http://near.example/debian"


def test_a_machine_that_is_not_debian(program: Add) -> None:
    with pytest.raises(LocalkuError, match="dpkg is not on this machine") as caught:
        sources()
    assert "--stack heroku-24" in caught.value.hint


def test_missing_keys(program: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localku.debian.sources._KEYRINGS", ("none.gpg",))
    with pytest.raises(LocalkuError, match="archive keys are not on this machine") as caught:
        sources()
    assert caught.value.hint == "Install them: apt-get install debian-archive-keyring"


def test_closure_reads_what_apt_would_fetch(program: Add, tmp_path: Path) -> None:
    program(
        "apt-get",
        """echo "'http://m/pool/a.deb' libc6_2.43-7_amd64.deb 12 SHA256:ab"
        echo "'http://m/pool/b.deb' git_1%3a2.53-1_amd64.deb 34 SHA256:cd" """,
    )
    assert Apt(tmp_path / "apt", HERE).closure(["git"]) == {"libc6", "git"}


def test_apt_says_what_is_wrong(program: Add, tmp_path: Path) -> None:
    program("apt-get", "echo noise >&2; echo 'E: Unable to locate package nope' >&2; exit 100")
    with pytest.raises(LocalkuError) as caught:
        Apt(tmp_path / "apt", HERE).closure(["nope"])
    assert caught.value.message == "apt-get could not install: E: Unable to locate package nope"
    assert "LOCALKU_DEBIAN_MIRROR" in caught.value.hint


def test_apt_leaves_the_machine_alone(program: Add, tmp_path: Path) -> None:
    program("apt-get", f"""for a in "$@"; do echo "$a"; done > {tmp_path}/asked""")
    Apt(tmp_path / "apt", HERE).update()
    asked = (tmp_path / "asked").read_text()
    assert f"Dir::State={tmp_path}/apt" in asked
    assert "Acquire::Check-Valid-Until=false" in asked
    assert (tmp_path / "apt/sources.list").read_text() == HERE.line + "\n"


class Images:
    def __init__(self) -> None:
        self.imported = b""

    def import_tar(self, archive: Iterable[bytes], repository: str, tag: str, changes: tuple[str, ...]) -> None:
        self.imported = b"".join(archive)


def start(images: Images, steps: list[str]) -> None:
    bootstrap(
        SimpleNamespace(images=images),  # type: ignore[arg-type]
        HERE,
        ["bash", "curl"],
        (Path("/stacks/begin run.sh"), Path("/stacks/finish.sh")),
        repository="localku/stack",
        tag="t",
        changes=(),
        progress=lambda step, _fraction: steps.append(step),
    )


def test_mmdebstrap_goes_straight_into_the_engine(program: Add, tmp_path: Path) -> None:
    program(
        "mmdebstrap",
        f"""for a in "$@"; do echo "$a"; done > {tmp_path}/asked
        echo 'I: running apt-get update...' >&2; echo 'I: creating tarball...' >&2; echo archive""",
    )
    images, steps = Images(), []  # type: ignore[var-annotated]
    start(images, steps)
    assert images.imported == b"archive\n"
    assert steps == ["Reading Debian's package lists", "Saving the run image"]
    asked = (tmp_path / "asked").read_text().splitlines()
    assert "--include=bash,curl" in asked
    assert "--extract-hook=sh '/stacks/begin run.sh' \"$1\"" in asked
    assert asked[-3:] == ["forky", "-", HERE.line]


def test_mmdebstrap_that_fails_leaves_no_image(program: Add) -> None:
    program("mmdebstrap", "echo half; echo 'E: apt-get update failed' >&2; exit 1")
    with pytest.raises(LocalkuError, match="E: apt-get update failed") as caught:
        start(Images(), [])
    assert "LOCALKU_DEBIAN_MIRROR" in caught.value.hint


def test_mmdebstrap_without_user_namespaces(program: Add) -> None:
    program("mmdebstrap", "echo 'E: unable to use unshare mode' >&2; exit 1")
    with pytest.raises(LocalkuError) as caught:
        start(Images(), [])
    assert "with sudo" in caught.value.hint


def test_mmdebstrap_missing(program: Add) -> None:
    with pytest.raises(
        LocalkuError, match="mmdebstrap, which puts the debian-14 stack together, is not here"
    ) as caught:
        start(Images(), [])
    assert "apt-get install mmdebstrap" in caught.value.hint


class Containers:
    def __init__(self, status: int, output: Iterable[bytes]) -> None:
        self.status, self.output = status, output
        self.names: list[str] = []
        self.committed: list[tuple[str, str, Any]] = []
        self.removed: list[str] = []

    def create(self, spec: Any) -> str:
        self.spec = spec
        return "c1"

    def put(self, container: str, path: str, archive: io.BufferedIOBase) -> None:
        with tarfile.open(fileobj=archive) as tar:
            self.names = tar.getnames()

    def start(self, container: str) -> None: ...

    def logs(self, container: str) -> Iterable[bytes]:
        return self.output

    def wait(self, container: str) -> int:
        return self.status

    def commit(self, container: str, repository: str, tag: str, config: Any) -> None:
        self.committed.append((repository, tag, config))

    def remove(self, container: str) -> None:
        self.removed.append(container)


class Tags:
    def __init__(self) -> None:
        self.removed: list[str] = []

    def find(self, tag: str) -> Any:
        return SimpleNamespace(id="old")

    def remove(self, image: str) -> bool:
        self.removed.append(image)
        return True


def add(containers: Containers, tags: Tags, files: Path, seen: list[str]) -> None:
    layer.add_layer(
        SimpleNamespace(containers=containers, images=tags),  # type: ignore[arg-type]
        "base",
        files,
        "make.sh",
        repository="localku/stack",
        tag="t",
        config=lambda lines: {"Labels": {"lines": str(len(lines))}},
        each_line=seen.append,
    )


def test_layer_runs_the_script_without_a_network_and_replaces_the_image(tmp_path: Path) -> None:
    (tmp_path / "make.sh").write_text("true")
    containers, tags, seen = Containers(0, [b"Unpack", b"ing a\nb\n"]), Tags(), []  # type: ignore[var-annotated]
    add(containers, tags, tmp_path, seen)
    assert containers.spec.network == "none"
    assert containers.spec.command == ("sh", "/localku-stack/make.sh")
    assert containers.names == ["localku-stack", "localku-stack/make.sh"]
    assert seen == ["Unpacking a", "b"]
    assert containers.committed == [("localku/stack", "t", {"Labels": {"lines": "2"}})]
    assert (tags.removed, containers.removed) == (["old"], ["c1"])


def test_layer_that_fails_is_not_kept(tmp_path: Path) -> None:
    containers, tags = Containers(1, [b"T dpkg: error\n"]), Tags()
    with pytest.raises(LocalkuError, match="dpkg: error"):
        add(containers, tags, tmp_path, [])
    assert containers.committed == []
    assert tags.removed == []
    assert containers.removed == ["c1"]
