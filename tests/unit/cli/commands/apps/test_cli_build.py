"""`build`, `create` and what they print; the container is not real."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import deploy_kit
import pytest
from deploy_kit import Builds

from localku.slugs.build_errors import BuildFailed, Undetected

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Command

    from localku.context import Context

UNDETECTED = (" !     No default language could be detected for this app.",)
NO_PG_CONFIG = ("       Error: pg_config executable not found.",)


@pytest.fixture
def builds(context: Context, monkeypatch: pytest.MonkeyPatch) -> Builds:
    return deploy_kit.builds(context, monkeypatch)


def test_a_build_as_json(localku: Command, context: Context, root: Path, builds: Builds) -> None:
    found = json.loads(localku("build", "--json").out)
    (app,) = context.store.apps.all()
    assert (found["status"], found["built"], found["release"]) == ("succeeded", True, "v3")
    assert found["image"] == f"localku/{app.uuid}:v3"
    assert found["output"][-2:] == ["       Released v3", "       one deployed to localku"]
    assert localku("build").out == "No changes since v3; skipping build.\n"


def test_a_build_that_failed_is_explained(localku: Command, root: Path, builds: Builds) -> None:
    (root / "requirements.txt").write_text("psycopg2\n")
    builds.error = BuildFailed("failed to compile Python app", NO_PG_CONFIG)
    done = localku("build", "--quiet")
    assert (done.status, done.out) == (1, "")
    assert f"-----> Fake app detected\n{NO_PG_CONFIG[0]}\nlocalku doctor: [#17 PG_CONFIG]" in done.err
    found = json.loads(localku("build", "--json").out)
    assert (found["status"], len(found["findings"])) == ("failed", 1)


def test_a_folder_that_is_no_app_is_explained_and_becomes_none(
    localku: Command, context: Context, root: Path, builds: Builds
) -> None:
    (root / "Requirements.txt").write_text("flask\n")
    builds.error = Undetected("no default language could be detected", UNDETECTED)
    done = localku("build")
    assert done.status == 1
    assert "localku doctor: [" in done.err
    assert "by a defect of localku" not in done.err
    assert context.store.apps.all() == ()


def test_an_app_that_was_created_stays_one(localku: Command, context: Context, root: Path, builds: Builds) -> None:
    assert "Creating shop... done" in localku("create", "shop").err
    builds.error = Undetected("no default language could be detected", ())
    assert localku("build").status == 1
    (app,) = context.store.apps.all()
    assert (app.name, app.root) == ("shop", root)
    assert f"{root} already belongs to app shop." in localku("apps:create", "two").err


def test_a_formation_that_nobody_can_read_is_refused_before_anything_is_built(
    localku: Command, context: Context, root: Path, builds: Builds
) -> None:
    done = localku("up", "-f", "web")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(" !     Invalid scale argument 'web'.\n")
    assert context.store.apps.all() == ()
