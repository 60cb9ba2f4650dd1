"""How two sides are timed: CPU of one core, in turn; another package runs in an interpreter of its own, a round at a time."""

from __future__ import annotations

import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from bench.corpora import make_articles

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
Row = tuple[str, str, str, str, str, str]
_PEERS = Path(__file__).with_name("peers.py")


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def in_turn(*sides: Callable[[], object], rounds: int = ROUNDS) -> list[list[float]]:
    """Return the CPU seconds of each side in each round, after one round that warms up."""
    for side in sides:
        side()
    taken = [[cpu(side) for side in sides] for _ in range(rounds)]
    return [list(column) for column in zip(*taken, strict=True)]


def row(what: str, values: list[float], goal: str, met: Callable[[float], bool], on: str, *, unit: str = "×") -> Row:
    """Return a line of the table from the values of the rounds."""
    middle = statistics.median(values)
    reached = "" if not goal else "yes" if met(middle) else "no"
    return what, f"{middle:.2f} {unit}", f"{min(values):.2f}–{max(values):.2f}", goal, reached, on


def ratios(one: list[float], other: list[float]) -> list[float]:
    """Return the ratio of each round."""
    return [a / b for a, b in zip(one, other, strict=True)]


def load_made(n: int) -> pd.DataFrame:
    """Return made articles as `load_corpus` would."""
    frame = pd.DataFrame(make_articles(n))
    return frame.assign(date_basis="stated", url="", event="", file="made", line=range(1, n + 1), flags=[()] * n)


class Peer:
    """A task of bench/peers.py in the interpreter that has its package; ``values`` is what its first run found.

    Raises
    ------
    LookupError
        The interpreter does not have the package, or it cannot do this without a download.
    """

    def __init__(self, python: str, name: str, given: object):
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            [python, str(_PEERS), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
        )  # fmt: skip
        try:
            self.values = json.loads(self._ask(json.dumps(given)))
        except OSError:  # it ended before it read
            raise LookupError(f"{name}: {self._last_words()}") from None

    def _ask(self, line: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise LookupError(f"{self._process.args[-1]}: {self._last_words()}")  # type: ignore[index]
        return answer

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        said = self._errors.read().strip().splitlines() or [f"ended with {self._process.returncode}"]
        return said[-1][:200]

    def against(self, ours: Callable[[], object], *, rounds: int = ROUNDS) -> tuple[list[float], list[float]]:
        """Return the CPU seconds of ours and of the peer in each round, in turn; then the peer is let go."""
        ours()
        taken = [(cpu(ours), float(self._ask(""))) for _ in range(rounds)]
        self._process.communicate()
        mine, theirs = zip(*taken, strict=True)
        return list(mine), list(theirs)


def run_command(
    corpus: Path, *options: str, watch: Callable[[subprocess.Popen], None] = lambda process: None
) -> tuple[dict[str, str], float]:
    """Run `analysis tables`; return the SHA-256 of every table file, and the seconds it took by the clock."""
    with tempfile.TemporaryDirectory(dir=corpus.parent) as place:
        command = [sys.executable, "-m", "analysis", "tables", str(corpus), "--out", f"{place}/out", "--no-cache"]
        began = time.perf_counter()
        with subprocess.Popen(
            [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            watch(process)
            said = process.communicate()[0].decode(errors="replace")
        seconds = time.perf_counter() - began
        if process.returncode:
            sys.exit(f"{' '.join(options)}: ended with {process.returncode}: {said[-500:]}")
        files = sorted(Path(place, "out", "tables").glob("*.csv"))
        return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}, seconds
