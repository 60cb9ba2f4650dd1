"""Signals that ask a run to stop."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Any

_AGAIN = 0.05  # seconds until a stop that was swallowed is asked for once more


def heed_signals() -> None:
    """Let SIGINT raise KeyboardInterrupt and SIGTERM SystemExit(143) in this process, whatever it is doing.

    A script's background process inherits an ignored SIGINT, so both are set. What a handler raises while a callback
    of C or a finaliser runs goes no further, Python can only report it: then the signal is sent again.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.unraisablehook = _ask_again


def _ask_again(lost: Any) -> None:
    if issubclass(lost.exc_type, KeyboardInterrupt | SystemExit):
        sign = signal.SIGINT if issubclass(lost.exc_type, KeyboardInterrupt) else signal.SIGTERM
        threading.Timer(_AGAIN, signal.pthread_kill, [threading.main_thread().ident, sign]).start()
    else:
        sys.__unraisablehook__(lost)
