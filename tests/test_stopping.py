"""A stop signal ends a process where Python would lose it, and nothing else is taken for one."""

import signal
import subprocess
import sys

import pytest
from conftest import ROOT

WORK = """
import signal, sys, time
from analysis.stopping import heed_signals

class Swallows:
    def __del__(self):
        {act}

heed_signals()
try:
    Swallows()
    time.sleep(300)
except KeyboardInterrupt:
    sys.exit(130)
"""


def end(act, **kw):
    return subprocess.run(
        [sys.executable, "-c", WORK.format(act=act)], cwd=ROOT, capture_output=True, text=True, timeout=60, **kw
    )


@pytest.mark.parametrize(("sign", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_stop_in_a_finaliser_is_not_lost(sign, code):
    done = end(f"signal.raise_signal(signal.{sign})")
    assert (done.returncode, done.stderr) == (code, "")


def test_the_background_process_of_a_script_heeds_an_interrupt():
    ignore = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)}
    assert end("signal.raise_signal(signal.SIGINT)", **ignore).returncode == 130


def test_another_error_of_a_finaliser_stops_nothing():
    done = end("signal.setitimer(signal.ITIMER_REAL, 0.3); signal.signal(signal.SIGALRM, lambda *_: sys.exit(0)); 1 / 0")
    assert done.returncode == 0
    assert "ZeroDivisionError" in done.stderr
