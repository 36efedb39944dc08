"""Which `docker` can use BuildKit, and what a run takes away again."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.contenders import docker_client, sweeping
from benchmarks.contenders.contender import Unavailable
from benchmarks.contenders.docker_client import DockerClient
from benchmarks.stopwatch import CommandFailed

PROGRAM = """#!/bin/sh
case $1 in
  version) echo {version} ;;
  buildx) exit {buildx} ;;
esac
"""


def program(folder: Path, text: str) -> str:
    folder.mkdir()
    file = folder / "docker"
    file.write_text(text)
    file.chmod(0o755)
    return str(file)


def client(folder: Path, version: str, *, buildx: bool) -> str:
    return program(folder, PROGRAM.format(version=version, buildx=0 if buildx else 1))


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        ([("28.2.2", False), ("20.10.24", False)], 1),
        ([("28.2.2", True), ("20.10.24", False)], 0),
        ([("20.10.24", False), ("28.2.2", True)], 0),
    ],
)
def test_first_that_has_buildx_or_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: list[tuple[str, bool]], found: int
) -> None:
    programs = [client(tmp_path / str(i), version, buildx=has) for i, (version, has) in enumerate(versions)]
    monkeypatch.setenv("PATH", ":".join(str(Path(one).parent) for one in programs))
    assert docker_client.with_buildkit() == DockerClient(programs[found], buildkit=True)
    assert docker_client.classic() == DockerClient(programs[0], buildkit=False)


def test_without_such_a_client_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = client(tmp_path / "new", "28.2.2", buildx=False)
    monkeypatch.setenv("PATH", str(Path(new).parent))
    with pytest.raises(Unavailable, match="buildx"):
        docker_client.with_buildkit()


def test_builder_is_chosen_by_the_variable() -> None:
    assert DockerClient("docker", buildkit=True).environment == {"DOCKER_BUILDKIT": "1"}
    assert DockerClient("docker", buildkit=False).environment == {"DOCKER_BUILDKIT": "0"}


ENGINE = """#!/bin/bash
echo "$*" >> {folder}/asked
case "$1 $2" in
  "ps --all") cat {folder}/containers 2>/dev/null ;;
  "rm --force") [ -e {folder}/stuck ] || rm -f {folder}/containers ;;
  "system df") [ -e {folder}/cache ] || exit 1; cat {folder}/cache ;;
  "builder prune")
    id=${{!##*=}}
    grep -q "^$id-child$" {folder}/cache && exit
    echo "Deleted build cache objects: $id"
    sed -i "/^$id$/d" {folder}/cache ;;
esac
true
"""


def engine(tmp_path: Path) -> DockerClient:
    return DockerClient(program(tmp_path / "bin", ENGINE.format(folder=tmp_path)), buildkit=False)


def test_all_that_carries_the_label_is_removed(tmp_path: Path) -> None:
    (tmp_path / "containers").write_text("one\ntwo\n")
    assert sweeping.sweep(engine(tmp_path), "localku.benchmark=x") == []
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[:2] == [
        "ps --all --quiet --no-trunc --filter label=localku.benchmark=x",
        "rm --force --volumes one two",
    ]
    assert [line.split()[0] for line in asked if line.endswith("label=localku.benchmark=x")] == [
        "ps", "ps", "images", "volume", "network",
    ]  # fmt: skip


def test_what_stays_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PAUSE", 0.0)
    (tmp_path / "containers").write_text("one\n")
    (tmp_path / "stuck").touch()
    assert sweeping.sweep(engine(tmp_path), "a=b") == ["one"]


def test_only_new_records_of_the_build_cache_are_pruned_and_each_after_what_is_made_from_it(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("old\nnew\nnew-child\nused\nused-child\n")
    found = engine(tmp_path)
    sweeping.prune_build_cache(found, {"old", "used-child"})
    assert (tmp_path / "cache").read_text() == "old\nused\nused-child\n"
    asked = (tmp_path / "asked").read_text()
    assert "id=old" not in asked
    assert asked.count("system df") == 1


def test_nothing_is_pruned_when_the_engine_does_not_say_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "DISK_TRIES", 2)
    monkeypatch.setattr(sweeping, "PAUSE", 0.0)
    with pytest.raises(CommandFailed, match="build cache"):
        sweeping.build_cache(engine(tmp_path))
    assert len((tmp_path / "asked").read_text().splitlines()) == 2
