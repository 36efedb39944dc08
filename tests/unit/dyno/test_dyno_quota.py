import pytest

from localku.dyno import dyno_sizes, memory_quota, runtime_metrics
from localku.dyno.memory_sample import Sample
from localku.engine import usage
from localku.engine.usage import MemoryUse

MB = 1 << 20


def used(rss: float, cache: float = 0, shared: float = 0, swap: float = 0) -> MemoryUse:
    return MemoryUse(int(rss * MB), int(cache * MB), int(shared * MB), int(swap * MB), 9, 0)


@pytest.mark.parametrize(
    ("use", "lines"),
    [
        (used(100), ()),
        (used(512), ()),
        (used(400, cache=2000), ()),  # cached files never push a dyno over its quota
        (used(646.2), ("Process running mem=646M(126.2%)", memory_quota.R14)),
        (used(500, cache=300, shared=100), ("Process running mem=600M(117.2%)", memory_quota.R14)),
        (used(300, swap=300), ("Process running mem=600M(117.2%)", memory_quota.R14)),
        (used(300, cache=900, shared=900), ("Process running mem=1200M(234.4%)", memory_quota.R14)),
        (used(1038.3), ("Process running mem=1038M(202.8%)", memory_quota.R15, memory_quota.STOPPING_HARD)),
        (used(900, swap=124), ("Process running mem=1024M(200.0%)", memory_quota.R15, memory_quota.STOPPING_HARD)),
    ],
)
def test_what_a_sample_of_a_dyno_of_512_mb_says(use: MemoryUse, lines: tuple[str, ...]) -> None:
    assert memory_quota.lines(Sample(use, 512)) == lines


def test_a_dyno_the_kernel_stopped_had_all_it_may_have() -> None:
    assert memory_quota.out_of_memory(dyno_sizes.named("standard-2x")) == (
        "Process running mem=2048M(200.0%)",
        memory_quota.R15,
        memory_quota.STOPPING_HARD,
    )


def test_both_versions_of_control_groups_are_read() -> None:
    one = {
        "total_rss": 5,
        "total_cache": 7,
        "total_active_file": 3,
        "total_inactive_file": 2,
        "total_pgpgin": 11,
        "total_pgpgout": 13,
        "total_swap": 17,
    }
    assert usage.memory({"memory_stats": {"stats": one}}) == MemoryUse(5, 7, 2, 17, 11, 13)
    two = {"anon": 5, "file": 7, "shmem": 2}
    assert usage.memory({"memory_stats": {"stats": two}}) == MemoryUse(5, 7, 2, 0, 0, 0)
    assert usage.memory({"memory_stats": {}}) is None


def test_the_lines_of_log_runtime_metrics() -> None:
    sample = Sample(MemoryUse(int(34.33 * MB), int(0.08 * MB), 0, 0, 9, 0), 512)
    load = "sample#load_avg_1m=0.00"
    fields = (
        "sample#memory_total=34.41MB sample#memory_rss=34.33MB sample#memory_cache=0.08MB"
        " sample#memory_swap=0.00MB sample#memory_pgpgin=9pages sample#memory_pgpgout=0pages"
        " sample#memory_quota=512.00MB"
    )
    source = "source=web.1 dyno=heroku.2.7f9b"
    told = runtime_metrics.lines("web.1", "heroku.2.7f9b", sample, load)
    assert told == (f"{source} {load}", f"{source} {fields}")
    assert len(runtime_metrics.lines("web.1", "heroku.2.7f9b", sample, "")) == 1


def test_a_load_average_appears_once_the_dyno_is_as_old_as_its_window() -> None:
    load = runtime_metrics.Load()
    assert load.shown(59) == ""
    assert load.shown(60) == "sample#load_avg_1m=0.00"
    assert load.shown(301) == "sample#load_avg_1m=0.00 sample#load_avg_5m=0.00"


def test_load_averages_follow_the_runnable_tasks() -> None:
    load = runtime_metrics.Load()
    load.add(2, 20)
    assert load.shown(900) == "sample#load_avg_1m=0.57 sample#load_avg_5m=0.13 sample#load_avg_15m=0.04"
    for _ in range(500):
        load.add(2, 20)
    assert load.shown(900) == "sample#load_avg_1m=2.00 sample#load_avg_5m=2.00 sample#load_avg_15m=2.00"
