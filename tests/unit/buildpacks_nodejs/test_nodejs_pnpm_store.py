from pathlib import Path

import pytest
from nodejs_buildpack import managers, pnpm_store, preflight
from nodejs_buildpack.binaries import Manager
from nodejs_buildpack.build import Build, begin
from nodekit.output import BuildFailed
from nodekit.semver import Version

PNPM = Manager("pnpm", Version(10, 0, 0))


def build(folder: Path, pnpm: str, monkeypatch: pytest.MonkeyPatch, **config: str) -> Build:
    """An app and a `pnpm` that is this script."""
    for name in ("app", "cache", "env", "programs"):
        (folder / name).mkdir()
    for name, value in config.items():
        (folder / "env" / name).write_text(value)
    (folder / "programs" / "pnpm").write_text(f"#!/bin/sh\n{pnpm}\n")
    (folder / "programs" / "pnpm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}/programs:/usr/bin:/bin")
    (folder / "app" / "package.json").write_text("{}")
    app = folder / "app"
    return begin(app, folder / "cache", folder / "env", folder / "buildpack", preflight.check(app))


@pytest.mark.parametrize(
    ("before", "after", "cleaned"),
    [(None, "39", False), ("1", "0", False), ("0", "40", True), ("-1", "39", False), ("", "39", False)],
)
def test_every_fortieth_build_cleans_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None, after: str, cleaned: bool
) -> None:
    app = build(tmp_path, f'echo "$* in $npm_config_store_dir" > {tmp_path}/called', monkeypatch)
    counter = tmp_path / "cache" / "pnpm_prune_store_counter"
    if before is not None:
        counter.write_text(before)
    pnpm_store.clean(app, PNPM)
    assert counter.read_text().strip() == after
    called = tmp_path / "called"
    expected = f"store prune in {tmp_path}/cache/nodejs/pnpm\n"
    assert (called.read_text() if called.exists() else "") == (expected if cleaned else "")


def test_an_empty_store_is_clean_and_another_failure_ends_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = build(tmp_path, f"cat {tmp_path}/says; exit 1", monkeypatch)
    for says, fails in (("ENOENT: no such file or directory, scandir '/v3/files'", False), ("EACCES", True)):
        (tmp_path / "cache" / "pnpm_prune_store_counter").write_text("0")
        (tmp_path / "says").write_text(says)
        if fails:
            with pytest.raises(BuildFailed, match="EACCES"):
                pnpm_store.clean(app, PNPM)
        else:
            pnpm_store.clean(app, PNPM)


def test_pnpm_config_cache_says_where_the_store_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = build(tmp_path, "true", monkeypatch, PNPM_CONFIG_CACHE="/elsewhere")
    assert managers.pnpm_store(app, PNPM)["npm_config_store_dir"] == "/elsewhere"
    assert managers.pnpm_store(app, Manager("pnpm", Version(11, 0, 0)))["pnpm_config_store_dir"] == "/elsewhere"
