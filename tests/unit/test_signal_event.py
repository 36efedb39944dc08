"""An event that a signal handler sets, at whatever moment of the wait for it the signal comes."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading

import pytest

from localku.signal_event import SignalEvent

EVERY_MOMENT = """
import faulthandler, signal, sys
from localku.signal_event import SignalEvent

faulthandler.dump_traceback_later(20, exit=True)
moments = 0
while True:
    event, left = SignalEvent(), moments
    signal.signal(signal.SIGTERM, lambda *_: event.set())

    def trace(frame, what, _):
        global left
        frame.f_trace_opcodes = True
        if what == "opcode" and frame.f_code.co_name == "wait":
            left -= 1
            if left == -1:
                signal.raise_signal(signal.SIGTERM)
        return trace

    sys.settrace(trace)
    event.wait(0.01)
    sys.settrace(None)
    if left >= 0:
        break
    assert event.is_set()
    moments += 1
print(moments)
"""
"""`threading.Event` in its place waits for its own lock for ever at some of these moments."""


def test_a_signal_at_any_moment_of_the_wait_ends_it() -> None:
    done = subprocess.run([sys.executable, "-c", EVERY_MOMENT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 5


def test_it_stays_set_and_whoever_waits_is_told() -> None:
    event = SignalEvent()
    assert (event.is_set(), event.wait(0.01)) == (False, False)
    timer = threading.Timer(0.05, event.set)
    timer.start()
    assert event.wait()
    assert (event.is_set(), event.wait()) == (True, True)
    timer.join()


def test_it_may_be_set_any_number_of_times_and_leaves_no_descriptor() -> None:
    event = SignalEvent()
    for _ in range(70_000):
        event.set()
    assert event.is_set()
    descriptor = event.fileno()
    del event
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
