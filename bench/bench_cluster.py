"""The whole line on a Dask cluster of this machine beside one process: the same bytes, also when workers are killed.

    python -m bench.bench_cluster [--articles 20000] [--workers 2 4] [--kills 20] [--killed-articles 400]

Made articles (bench/corpora.py), each run as the command `analysis tables`. Every table file is compared byte by byte. A killed
run loses one worker (SIGKILL) at a random moment. Exit code 1 where a file differs.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from bench.corpora import write_corpus
from bench.timing import run_command


def kill_one(process: subprocess.Popen, after: float, rng: random.Random, killed: list[int]) -> None:
    """Kill a random worker of a run, ``after`` so many seconds of there being one."""

    def workers() -> list[psutil.Process]:
        try:
            found = psutil.Process(process.pid).children(recursive=True)
            return [p for p in found if "spawn_main" in " ".join(p.cmdline())]
        except psutil.Error:
            return []

    while not workers() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(after)
    if alive := workers():
        os.kill(rng.choice(alive).pid, signal.SIGKILL)
        killed.append(1)


def main() -> None:
    """Run all and print one line each."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--articles", type=int, default=20_000)
    words.add_argument("--workers", type=int, nargs="*", default=[2, 4])
    words.add_argument("--kills", type=int, default=20)
    words.add_argument("--killed-articles", type=int, default=400)
    given = words.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        if given.articles and given.workers:
            corpus = write_corpus(given.articles, Path(place))
            alone, seconds = run_command(corpus)
            print(f"{given.articles} articles, one process: {seconds:.0f} s", flush=True)
            for n in given.workers:
                found, seconds = run_command(corpus, "--workers", str(n))
                differ = [name for name in alone if alone[name] != found.get(name)]
                wrong += bool(differ)
                print(f"{given.articles} articles, {n} workers: {seconds:.0f} s, "
                      f"{len(found)} table files, other bytes in: {', '.join(differ) or 'none'}", flush=True)  # fmt: skip
        if given.kills:
            wrong += kill_workers(write_corpus(given.killed_articles, Path(place)), given.kills)
    sys.exit(wrong > 0)


def kill_workers(corpus: Path, kills: int) -> bool:
    """Run again and again, killing a worker each time; print and return whether a run gave other bytes."""
    alone, _ = run_command(corpus)
    usual, seconds = run_command(corpus, "--workers", "2")
    equal, killed, rng = int(usual == alone), [], random.Random(3)
    for _ in range(kills):

        def watch(process: subprocess.Popen) -> None:
            after = rng.uniform(0, 0.9 * seconds)
            threading.Thread(target=kill_one, args=(process, after, rng, killed), daemon=True).start()

        found, took = run_command(corpus, "--workers", "2", watch=watch)
        equal += found == alone
        print(f"  {len(killed)} killed, {equal - 1} with the same bytes, {took:.0f} s", flush=True)
    print(f"{corpus.stem.removeprefix('made')} articles, 2 workers ({seconds:.0f} s undisturbed): "
          f"{len(killed)} of {kills} runs lost one; same bytes as one process in {equal} of {kills + 1}")  # fmt: skip
    return equal <= kills


if __name__ == "__main__":
    main()
