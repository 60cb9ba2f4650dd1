"""Break runs on purpose: kills, a full disk, stop signals, two runs on one folder. Nothing may be torn, lost or left.

    .venv/bin/python bench/faults.py kill|disk|stop|lock [--runs 100] [--command tables|report] [--corpus seeds]

kill   SIGKILL at random moments; after each no file is torn and the earlier result is whole; every second one is resumed
       and must then equal an undisturbed run byte for byte.
disk   a file system that is full at many points (a small tmpfs; needs root): one line that names the disk, the earlier
       result whole, a second run with room completes.
stop   SIGINT and SIGTERM at random moments: exit 130 and 143 within five seconds, the earlier result whole.
lock   two runs at once on one folder: one completes, the other says so with exit code 3; a dead run's lock is taken over.

Runs are forked from a process that has imported everything, so that the moments fall into the work and the writing and
not into the imports. Exit code 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import importlib
import io
import json
import os
import pkgutil
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import analysis  # noqa: E402
from analysis.cli import main  # noqa: E402

RANDOM = random.Random(1)


def start(words: list[str], said: Path) -> int:
    """Fork a run that writes what it says to a file; return its process id."""
    child = os.fork()
    if child:
        return child
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    handle = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    code = 1
    try:
        code = main(words)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def finish(child: int, within: float = 600) -> int | None:
    """Wait for a run; return its exit code, None where it did not end in time."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    return None


def describe(folder: Path) -> dict[str, str]:
    """Return the fingerprint of every file under a folder."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def find_torn(folder: Path) -> list[str]:
    """Return the visible files that are not whole."""
    torn = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data, name = path.read_bytes(), path.relative_to(folder).as_posix()
        try:
            if path.suffix in (".json", ".ipynb"):
                json.loads(data)
            elif path.suffix == ".csv":
                rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
                whole = data.endswith(b"\n") and len({len(r) for r in rows}) == 1
                torn += [] if whole else [name]
            elif path.suffix in (".html", ".svg"):
                torn += [] if data.rstrip().endswith((b"</html>", b"</svg>")) else [name]
            elif path.suffix == ".png":
                torn += [] if data[-8:-4] == b"IEND" else [name]
            elif path.suffix == ".part":
                torn.append(name)
        except ValueError:
            torn.append(name)
    return torn


class Place:
    """A folder with two corpora, so that an earlier result differs from the next."""

    def __init__(self, top: Path, corpus: Path, command: str):
        top.mkdir()
        self.top, self.out, self.said = top, top / "out", top / "said"
        self.earlier = top / "earlier"
        shutil.copytree(corpus, self.earlier)
        (self.earlier / "more.txt").write_text(
            "The river rose by two metres on Friday and the bridge was closed to all traffic. “We wait,” Maria Hale said.\n"
            * 2
        )
        self.words = {
            "now": [command, str(corpus), "--out", str(self.out)],
            "before": [command, str(self.earlier), "--out", str(self.out)],
        }
        self.results: dict[str, dict[str, str]] = {}
        for name in ("before", "now"):
            shutil.rmtree(self.out, ignore_errors=True)
            began = time.monotonic()
            if finish(start(self.words[name], self.said)) != 0:
                raise SystemExit(self.said.read_text())
            self.seconds = time.monotonic() - began
            self.results[name] = describe(self.out)
            shutil.copytree(self.out, top / f"kept-{name}")

    def reset(self) -> None:
        """Put the earlier result back, and take away what dead runs left beside it."""
        for path in self.top.glob(".out.*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.top / "kept-before", self.out)

    def wrong(self) -> list[str]:
        """Say what is wrong with the output folder: it holds the earlier result or the new one, whole."""
        found = describe(self.out) if self.out.is_dir() else {}
        torn = find_torn(self.out)
        return torn or ([] if found in self.results.values() else ["a mixture of two results"])


def kill(place: Place, runs: int) -> dict:
    """SIGKILL at random moments."""
    found: Counter = Counter()
    for n in range(runs):
        if n % 2 == 0:
            place.reset()
        child = start(place.words["now"], place.said)
        if finish(child, RANDOM.uniform(0, 1.05 * place.seconds)) is None:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            found["killed"] += 1
        found["torn or mixed"] += bool(place.wrong())
        if n % 2:
            found["resumed"] += 1
            code = finish(start(place.words["now"], place.said))
            found["not resumed"] += code != 0
            found["other bytes"] += describe(place.out) != place.results["now"]
            found["left over"] += bool(list(place.top.glob(".out.*")))
    found["bad"] = sum(found[k] for k in ("torn or mixed", "not resumed", "other bytes", "left over"))
    return dict(found)


def _mount(place: Place, small: Path, size: int) -> list[str]:
    """Mount a file system of ``size`` KiB with an earlier result in it; return the words of a run that writes there."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(small)], check=True)
    shutil.copytree(place.top / "kept-before", small / "out")
    return [str(small / "out") if w == str(place.out) else w for w in place.words["now"]]


def _disk_needed(place: Place, small: Path) -> tuple[int, int]:
    """Return the sizes in KiB between which a run fails: the earlier result fits, and the new one fits beside it."""
    pages = sum(-(-p.stat().st_size // 4096) for p in (place.top / "kept-before").rglob("*") if p.is_file())
    least = 4 * (pages + 2)
    low, high = least, 4 * least
    while high - low > 8:
        size = (low + high) // 2
        try:
            code = finish(start(_mount(place, small, size), place.said))
        finally:
            subprocess.run(["umount", str(small)], check=True)
        low, high = (size, high) if code else (low, size)
    return least, low


def disk(place: Place, runs: int) -> dict:
    """A file system that is full at many points."""
    found: Counter = Counter()
    small = place.top / "small"
    small.mkdir()
    least, most = _disk_needed(place, small)
    for n in range(runs):
        size = least + (most - least) * n // runs
        try:
            words = _mount(place, small, size)
            code = finish(start(words, place.said))
            said = place.said.read_text()
            found["full"] += code != 0
            if code != 0:
                found["not one line that names the disk"] += said.count("\n") != 1 or "No space left" not in said
                found["earlier result not whole"] += describe(small / "out") != place.results["before"]
            subprocess.run(["mount", "-o", "remount,size=4g", str(small)], check=True)
            found["not resumed"] += finish(start(words, place.said)) != 0
            found["other bytes"] += describe(small / "out") != place.results["now"]
        finally:
            subprocess.run(["umount", str(small)], check=True)
        found["points"] += 1
    found["bad"] = sum(v for k, v in found.items() if k not in ("points", "full"))
    return dict(found)


def stop(place: Place, runs: int) -> dict:
    """SIGINT and SIGTERM at random moments."""
    found: Counter = Counter()
    longest = 0.0
    for n in range(runs):
        sign, code = ((signal.SIGINT, 130), (signal.SIGTERM, 143))[n % 2]
        place.reset()
        child = start(place.words["now"], place.said)
        if finish(child, RANDOM.uniform(0.05, 0.95 * place.seconds)) is not None:
            continue
        began = time.monotonic()
        os.kill(child, sign)
        got = finish(child, 60)
        if got is None:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
        longest = max(longest, time.monotonic() - began)
        found["stopped"] += 1
        found["other exit code"] += got not in (code, 0)  # 0: it was done before the signal came
        found["not as before"] += bool(place.wrong())
        found["traceback"] += "Traceback" in place.said.read_text()
    found["bad"] = sum(v for k, v in found.items() if k != "stopped") + (longest > 5)
    return {**found, "longest wait, s": round(longest, 2)}


def lock(place: Place, runs: int) -> dict:
    """Two runs on one folder; a dead run's lock."""
    found: Counter = Counter()
    for _ in range(max(1, runs // 10)):
        place.reset()
        first = start(place.words["now"], place.said)
        time.sleep(RANDOM.uniform(0, 0.5 * place.seconds))
        second = start(place.words["now"], place.top / "said-2")
        codes = sorted([finish(first), finish(second)])
        found["pairs"] += 1
        found["not one and one"] += codes not in ([0, 3], [0, 0])  # 0, 0: the first was done before the second began
        found["exit 3"] += codes == [0, 3]
        found["other bytes"] += describe(place.out) != place.results["now"]
        dead = start(place.words["now"], place.said)
        if finish(dead, 0.4 * place.seconds) is None:
            os.killpg(dead, signal.SIGKILL)
            os.waitpid(dead, 0)
        found["not taken over"] += finish(start(place.words["now"], place.said)) != 0
    found["bad"] = found["not one and one"] + found["other bytes"] + found["not taken over"]
    return dict(found)


FAULTS = {"kill": kill, "disk": disk, "stop": stop, "lock": lock}


def run() -> int:
    """Break runs as asked and print what was found."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("fault", choices=FAULTS)
    words.add_argument("--runs", type=int, default=100)
    words.add_argument("--command", choices=("tables", "report"), default="tables")
    words.add_argument("--corpus", type=Path, default=ROOT / "seeds")
    given = words.parse_args()
    for module in pkgutil.iter_modules(analysis.__path__):
        if module.name != "__main__":
            importlib.import_module(f"analysis.{module.name}")
    with tempfile.TemporaryDirectory() as top:
        warm = [given.command, str(given.corpus), "--out", str(Path(top) / "warm")]
        if main(warm) != 0:
            return 2
        place = Place(Path(top) / "place", given.corpus.resolve(), given.command)
        found = FAULTS[given.fault](place, given.runs)
    print(f"{given.fault}, {given.command}, a run takes {place.seconds:.2f} s: {found}")
    return 1 if found["bad"] else 0


if __name__ == "__main__":
    sys.exit(run())
