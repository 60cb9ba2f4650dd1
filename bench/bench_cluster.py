"""Reading on a Dask cluster of this machine beside reading in one process: the same tables, also when workers are killed.

    python -m bench.bench_cluster [--articles 20000] [--workers 2 4] [--kills 20] [--killed-articles 1200]

Made articles (bench/corpora.py). Every table is compared row by row, as a digest over the hash of each row. A killed
run loses one worker (SIGKILL) at a random moment of its reading. Exit code 1 where a table differs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import sys
import threading
import time

import pandas as pd

from analysis.options import Options
from bench.timing import load_made, read_whole


def digest(loaded: pd.DataFrame, options: Options) -> tuple[dict[str, str], float]:
    """Return the digest of every table that reading gives, and the seconds it took by the clock."""
    began = time.perf_counter()
    tables = read_whole(loaded, options)
    seconds = time.perf_counter() - began
    return {name: _hash(table) for name, table in sorted(tables.items())}, seconds


def _hash(table: pd.DataFrame) -> str:
    plain = table.astype({c: str for c in table.columns if table[c].dtype == object})
    rows = pd.util.hash_pandas_object(plain, index=False).to_numpy()
    return hashlib.sha256(repr(list(table.columns)).encode() + rows.tobytes()).hexdigest()


def kill_one(after: float, rng: random.Random, killed: list[int]) -> None:
    """Kill a random worker of this process once, ``after`` so many seconds of there being one."""
    import psutil

    def workers() -> list[psutil.Process]:
        found = psutil.Process().children(recursive=True)
        return [p for p in found if "spawn_main" in " ".join(p.cmdline())]

    while not workers():
        time.sleep(0.05)
    time.sleep(after)
    if alive := workers():
        killed.append(rng.choice(alive).pid)
        os.kill(killed[-1], signal.SIGKILL)


def main() -> None:
    """Run all and print one line each."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--articles", type=int, default=20_000)
    words.add_argument("--workers", type=int, nargs="*", default=[2, 4])
    words.add_argument("--kills", type=int, default=20)
    words.add_argument("--killed-articles", type=int, default=1_200)
    given = words.parse_args()
    wrong = 0
    loaded = load_made(given.articles)
    alone, seconds = digest(loaded, Options())
    print(f"{given.articles} articles, one process: {seconds:.0f} s", flush=True)
    for n in given.workers:
        found, seconds = digest(loaded, Options(workers=n))
        differ = [name for name in alone if alone[name] != found.get(name)]
        wrong += bool(differ)
        print(
            f"{given.articles} articles, {n} workers: {seconds:.0f} s, tables that differ: {differ or 'none'}",
            flush=True,
        )
    loaded = load_made(given.killed_articles)
    alone, seconds = digest(loaded, Options())
    equal, killed, rng = 0, [], random.Random(3)
    for _ in range(given.kills):
        thread = threading.Thread(target=kill_one, args=(rng.uniform(0.5, 3 + seconds / 2), rng, killed), daemon=True)
        thread.start()
        equal += digest(loaded, Options(workers=2))[0] == alone
        thread.join()
    wrong += equal < given.kills
    if given.kills:
        print(
            f"{given.killed_articles} articles, 2 workers, {len(killed)} of {given.kills} runs lost one: {equal} equal"
        )
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
