"""Does time grow in proportion to the length of hostile text, for every public function that takes text?

    .venv/bin/python bench/bench_time_growth.py [NAME …] [--light 1000000] [--whole 64000] [--step 2] [--limit 20]
        [--families FILE] [--slowest N] [--json FILE]

Each function meets every family of strings of bench/text_functions.py, or of a probe that has a table FAMILIES, at lengths
that grow by a step, in a process of its own. The exponent is the slope of log time over log length through the points of
20 ms or more of CPU time (at least three); a function passes with an exponent of 1.2 or less and no call over the limit.
A function that is over it on three families is not asked about the others. With --slowest only the N families that took
longest at about a sixteenth of the length go on to the longest texts. Exit code 1 where one does not pass.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import math
import multiprocessing
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.text_functions import FAMILIES, FUNCTIONS, LIGHT

STEEPEST, SHORTEST = 1.2, 0.02
Families = Mapping[str, Callable[[int], str]]


def load_families(file: Path | None) -> Families:
    """Return the families of a probe's file, ours where none is named."""
    if file is None:
        return FAMILIES
    spec = importlib.util.spec_from_file_location("probe", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file.name} is no Python file")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made.FAMILIES


def find_lengths(longest: int, step: int) -> list[int]:
    """Return the lengths up to the longest, shortest first."""
    lengths = [longest]
    while lengths[-1] // step >= 4_000:
        lengths.append(lengths[-1] // step)
    return lengths[::-1]


def measure_function(name: str, families: Families, lengths: list[int], slowest: int, limit: float, pipe) -> None:
    """Send (family, length, CPU seconds, what was raised) for every call."""
    function = FUNCTIONS[name]
    function(FAMILIES["prose"](2_000))  # imports, models, caches
    gc.disable()
    first = [n for n in lengths if n <= lengths[-1] / 16] if slowest else lengths
    last: dict[str, float] = {}
    for family in families:
        last[family] = measure_family(function, family, families[family], first, limit, pipe)
        if sum(t > limit for t in last.values()) == 3:
            break
    for family in sorted(last, key=last.__getitem__)[-slowest:] if slowest else ():
        if last[family] <= limit:
            measure_family(function, family, families[family], lengths[len(first) :], limit, pipe)
    pipe.send(None)


def measure_family(function: Callable, family: str, make: Callable[[int], str], lengths: list[int], limit: float, pipe) -> float:
    """Send what every length of one family took, until a call is over the limit; return the last, in CPU seconds."""
    best = 0.0
    for length in lengths:
        best, raised = math.inf, ""
        for again in range(2):
            text = make(length + 16 * again)  # another text: what a function keeps is of no use to it
            pipe.send((family, length, None, ""))
            began = time.process_time()
            try:
                function(text)
            except Exception as error:
                raised = f"{type(error).__name__}: {str(error)[:80]}"
            best = min(best, time.process_time() - began)
            if best > 0.5 or best < SHORTEST:
                break
        pipe.send((family, length, best, raised))
        if best > limit:
            break
    gc.collect()
    return best


def find_slope(points: list[tuple[int, float]]) -> float | None:
    """Return the slope through the last four points that are long enough to be timed."""
    p = [(math.log(n), math.log(t)) for n, t in points if t >= SHORTEST][-4:]
    if len(p) < 3:
        return None
    x, y = (sum(v) / len(p) for v in zip(*p, strict=True))
    return sum((a - x) * (b - y) for a, b in p) / sum((a - x) ** 2 for a, _ in p)


def probe(name: str, families: Families, lengths: list[int], slowest: int, limit: float) -> dict:
    """Return what was found on one function."""
    ends, pipe = multiprocessing.get_context("fork").Pipe(False)
    process = multiprocessing.get_context("fork").Process(
        target=measure_function, args=(name, families, lengths, slowest, limit, pipe)
    )
    process.start()
    pipe.close()
    points: dict[str, list[tuple[int, float]]] = {}
    over, raised, now = [], {}, None
    while True:
        if not ends.poll(limit * 20 if now else 300):  # of wall clock: the machine may be shared
            over.append(now)
            process.kill()
            break
        try:
            message = ends.recv()
        except EOFError:
            over.append(now)
            break
        if message is None:
            break
        family, length, seconds, error = message
        now = (family, length)
        if error:
            raised[family] = error
        if seconds is not None:
            points.setdefault(family, []).append((length, seconds))
            if seconds > limit:
                over.append((family, length, round(seconds, 1)))
    process.join()
    slopes = {f: s for f, p in points.items() if (s := find_slope(p)) is not None}
    steep = {f: round(s, 2) for f, s in slopes.items() if s > STEEPEST}
    longest = max((p[-1][1], f, p[-1][0]) for f, p in points.items()) if points else (0, "", 0)
    return {
        "function": name,
        "families": len(points),
        "steepest": round(max(slopes.values(), default=0), 2),
        "slowest": longest,
        "steep": steep,
        "over": over,
        "raised": raised,
    }


def main() -> int:
    """Probe the functions asked for and print a line each."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("names", nargs="*", metavar="NAME")
    words.add_argument(
        "--light", type=int, default=1_000_000, help="longest text for functions of characters and words"
    )
    words.add_argument("--whole", type=int, default=64_000, help="longest text for whole analyses")
    words.add_argument("--step", type=int, default=2, help="how many times longer each text is than the one before")
    words.add_argument("--families", type=Path, help="a probe's file with a table FAMILIES in place of ours")
    words.add_argument("--slowest", type=int, default=0, help="how many families meet the longest texts; 0: all")
    words.add_argument("--limit", type=float, default=20, help="CPU seconds of one call")
    words.add_argument("--json", type=Path)
    given = words.parse_args()
    found, families = [], load_families(given.families)
    for name in given.names or FUNCTIONS:
        lengths = find_lengths(given.light if name in LIGHT else given.whole, given.step)
        row = probe(name, families, lengths, given.slowest, given.limit)
        found.append(row)
        good = not row["steep"] and not row["over"]
        seconds, family, length = row["slowest"]
        print(
            f"{'ok ' if good else 'BAD'} {name:34s} {row['families']} families, steepest {row['steepest']:.2f}, slowest "
            f"{seconds:.2f} s on {family} at {length}{' steep ' + str(row['steep']) if row['steep'] else ''}"
            f"{' over ' + str(row['over']) if row['over'] else ''}{' raised ' + str(row['raised']) if row['raised'] else ''}",
            flush=True,
        )
    bad = [r["function"] for r in found if r["steep"] or r["over"]]
    print(f"{len(found) - len(bad)} of {len(found)} functions grow in proportion on {len(families)} families")
    if given.json:
        given.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
