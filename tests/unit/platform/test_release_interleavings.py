"""Releases of an app asked for at the same time by processes that fail, lose their client, or are killed anywhere."""

import json
import multiprocessing
import os
import random
import sys
import time
from itertools import pairwise
from multiprocessing import forkserver
from pathlib import Path

import pytest
import release_actor
from release_actor import Act
from verbs_kit import deploy

from localku.context import Context
from localku.platform.releasing import release_turn, releases
from localku.records import App, Release
from localku.states import ReleaseStatus

VERBS = ("deploy", "deploy", "set", "set", "rollback", "addon")
DEATHS = ("", "", "", "", "transaction", "numbered", "phase", "anywhere")
ROUNDS, AT_ONCE = 4, 4


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Forks of a process that has imported all there is to import, and opened nothing."""
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(["release_actor"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # it is not told of ours before Python 3.12
        forkserver.ensure_running()
    return made


def acts(chance: random.Random) -> list[list[Act]]:
    """Rounds of acts that overlap; `anywhere` is a kill from outside at some moment."""
    return [
        [
            Act(
                verb=chance.choice(VERBS),
                number=100 * turn + each + 10,
                dies=chance.choice(DEATHS),
                hangs_up=chance.random() < 0.15,
                has_phase=chance.random() < 0.8,
                phase_seconds=chance.choice((0.0, 0.02, 0.1)),
                phase_status=int(chance.random() < 0.2),
            )
            for each in range(AT_ONCE)
        ]
        for turn in range(ROUNDS)
    ]


def carries_code(made: Release) -> bool:
    return made.description.startswith(("Deploy", "Rollback"))


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_newest_code_runs_numbers_are_whole_and_config_is_the_last_change(
    seed: int, processes: multiprocessing.context.ForkServerContext, context: Context, app: App, tmp_path: Path
) -> None:
    deploy(context, app, 1)
    results, chance = tmp_path / "results", random.Random(seed)  # noqa: S311
    results.touch()
    for together in acts(chance):
        given = [(str(context.home), str(results), act) for act in together]
        started = [processes.Process(target=release_actor.play, args=each) for each in given]
        for one in started:
            one.start()
        for one, act in zip(started, together, strict=True):
            if act.dies == "anywhere":
                time.sleep(chance.uniform(0, 0.15))
                one.kill()
        for one in started:
            one.join(60)
            assert one.exitcode is not None
            assert one.exitcode in {0, -9}
    reported = [json.loads(line) for line in results.read_text().splitlines()]
    listed = tuple(reversed(releases.listed(context, app)))
    check_numbers(listed, reported)
    check_code(context, app, listed, reported)
    check_config(context, app, listed, reported)


def check_numbers(listed: tuple[Release, ...], reported: list[tuple[str, int, int]]) -> None:
    assert [one.version for one in listed] == list(range(1, len(listed) + 1))
    assert ReleaseStatus.PENDING not in {one.status for one in listed}
    assert len({version for _, _, version in reported}) == len(reported)
    assert {listed[version - 1].status for _, _, version in reported} <= {ReleaseStatus.SUCCEEDED}


def check_code(context: Context, app: App, listed: tuple[Release, ...], reported: list[tuple[str, int, int]]) -> None:
    runs = None
    for one in listed:
        if not carries_code(one):
            assert one.slug_id == runs, f"v{one.version} carries other code than what ran"
        elif one.status is ReleaseStatus.SUCCEEDED:
            runs = one.slug_id
    current = context.store.releases.current_slug(app)
    assert current is not None
    assert current.id == runs
    for verb, number, version in reported:
        if verb == "deploy":
            assert context.store.releases.slug(listed[version - 1].slug_id or 0).fingerprint == f"f{number}"


def check_config(context: Context, app: App, listed: tuple[Release, ...], reported: list[tuple[str, int, int]]) -> None:
    assert context.store.apps.config(app) == listed[-1].config
    for before, one in pairwise(listed):
        if one.description.startswith("Deploy"):
            assert one.config == before.config
        if one.description == "Set K config vars":
            assert one.config == {**before.config, "K": one.config["K"]}
    for verb, number, version in reported:
        if verb == "set":
            assert listed[version - 1].config["K"] == str(number)


def test_a_release_killed_between_its_number_and_its_phase_leaves_config_and_release_in_agreement(
    processes: multiprocessing.context.ForkServerContext, context: Context, app: App, tmp_path: Path
) -> None:
    """And the turn is free at once."""
    old = deploy(context, app, 1, release_actor.TYPES)
    (tmp_path / "results").touch()
    for act in (Act("set", 1, dies="transaction"), Act("set", 2, dies="phase"), Act("deploy", 3, dies="numbered")):
        one = processes.Process(target=release_actor.play, args=(str(context.home), str(tmp_path / "results"), act))
        one.start()
        one.join(60)
        assert one.exitcode == -9
        newest, *_ = releases.listed(context, app)
        assert context.store.apps.config(app) == newest.config
    assert [(one.version, one.status, one.config) for one in releases.listed(context, app)[:2]] == [
        (5, "expired", {"K": "2"}),
        (4, "expired", {"K": "2"}),
    ]
    assert context.store.releases.current(app) == old
    with release_turn.turn(context, app, lambda _: pytest.fail("it is free"), 0):
        pass
