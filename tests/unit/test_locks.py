import fcntl
import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localku import locks
from localku.errors import LocalkuError

HOLDER = """
import sys, time
from pathlib import Path
from localku import locks
with locks.held(Path(sys.argv[1]), "busy"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def held_elsewhere(file: Path) -> Iterator[subprocess.Popen[str]]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(file)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    yield holder
    holder.kill()
    holder.wait()
    holder.stdout.close()


def test_another_processs_lock_is_seen_refused_and_freed_by_kill_9(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with held_elsewhere(file) as other:
        assert locks.holder(file) == other.pid
        with pytest.raises(LocalkuError) as raised, locks.held(file, "It is busy.", "Wait."):
            raise AssertionError
        assert (raised.value.message, raised.value.hint) == ("It is busy.", "Wait.")
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert locks.holder(file) is None
        with locks.held(file, "busy"):
            assert locks.holder(file) == os.getpid()
    assert locks.holder(file) is None


def test_a_lock_nobody_ever_had_is_free_and_asking_leaves_no_file(tmp_path: Path) -> None:
    assert locks.holder(tmp_path / "lock") is None
    assert not (tmp_path / "lock").exists()


def test_an_exception_lets_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locks.held(tmp_path / "lock", "busy"):
        raise KeyError
    assert locks.holder(tmp_path / "lock") is None


def test_only_the_owner_may_read_who_holds_it(tmp_path: Path) -> None:
    with locks.held(tmp_path / "lock", "busy"):
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_no_file_stays_open(tmp_path: Path) -> None:
    gc.collect()  # what other tests have left open goes now, and not while this one counts
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with locks.held(tmp_path / "lock", "busy"), pytest.raises(LocalkuError), locks.held(tmp_path / "lock", "busy"):
            raise AssertionError
        locks.holder(tmp_path / "lock")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_those_who_only_ask_keep_nobody_from_taking_it_and_never_see_a_holder(tmp_path: Path) -> None:
    file, stop = tmp_path / "lock", threading.Event()
    seen: list[int | None] = []
    with locks.held(file, "busy"):
        pass

    def ask() -> None:
        while not stop.wait(0.001):
            seen.append(locks.holder(file))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    threading.Event().wait(0.2)
    assert set(seen) == {None}
    for _ in range(20):
        with locks.held(file, "busy"):
            pass
    stop.set()
    for asker in askers:
        asker.join()
    assert set(seen) <= {None, 0, os.getpid()}


def test_one_who_asks_and_is_held_up_meanwhile_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with file.open("w") as asker:
        fcntl.flock(asker, fcntl.LOCK_SH)
        threading.Timer(0.5, lambda: fcntl.flock(asker, fcntl.LOCK_UN)).start()
        with locks.held(file, "busy"):
            assert locks.holder(file) == os.getpid()


def test_waiting_takes_turns(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with locks.waited(tmp_path / "lock"):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(10)
    assert most == [1] * 8
