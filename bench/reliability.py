"""Run the command behind each promise and write its last line into docs/reliability.md.

.venv/bin/python bench/reliability.py [NAME …]      the named ones only; the others keep their last figure
.venv/bin/python bench/reliability.py --note NAME=FIGURE …   take figures from a run made by hand
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
PY = ".venv/bin/python"
PROMISES = {  # name: (promise, command)
    "cases": (
        "Each hostile input of the shared pack ends as expected and meets its musts (quick, inside one process)",
        f"{PY} -m pytest tests/test_hostile.py",
    ),
    "own": ("The same for our own pack: files, tables, settings, lists, models", f"{PY} -m pytest tests/test_hostile_own.py"),
    "full": ("Full pack, whole reports, limits of time and memory, pages in Chromium", "make test-hostile"),
    "kill": ("A killed run tears nothing; a resumed one has the same bytes", f"{PY} bench/faults.py kill --runs 100"),
    "disk": ("A full disk: one line, the earlier result whole, resumable", f"{PY} bench/faults.py disk --runs 50"),
    "stop": ("SIGINT and SIGTERM end with 130 and 143 within 5 s", f"{PY} bench/faults.py stop --runs 40"),
    "lock": ("Two runs on one folder: one completes, one exits 3; a dead run's lock is taken over", f"{PY} bench/faults.py lock --runs 100"),
    "environments": (
        "Same bytes in twelve environments (hash seed, time zone, locale, processes, threads, clock)",
        "bash ../shared/probes/faults/env_matrix.sh \"$(mktemp -d)\" "
        + f"{PY} -m analysis report seeds --out {{out}} --jobs {{jobs}}",
    ),
    "network": ("No network at run time", f"unshare -rn {PY} -m analysis report seeds --out \"$(mktemp -d)/report\""),
    "growth": ("Time grows in proportion on hostile strings", f"{PY} bench/bench_time_growth.py --light 4000000 --step 4 --slowest 3 --families ../shared/probes/redos_probe.py"),
    "fuzz": ("Mutated inputs break no promise", f"{PY} bench/fuzz.py --minutes 60 --seed 12"),
    "hashes": (
        "What is installed is what was pinned, by its contents (needs uv)",
        'make lock HASHES=1 && new=$(mktemp -d) && python3 -m venv "$new" && "$new/bin/python" -m pip install -q --require-hashes -r requirements-hashes.txt',
    ),
    "audit": ("No known fault in the pinned packages", "make audit"),
}  # fmt: skip
HEAD = """# Reliability

Each promise, the command that shows it, and the last line that the command printed. `make reliability` runs them all (some hours on a
small machine; the full disk needs root, the shared pack and probes stand in ../shared); `bench/reliability.py NAME` renews one row.

- Items in = analysed + skipped. Each skipped item has its file, its line and one reason of the closed list (`analysis/refusals.py`), in
  run.json and on the report. A refusal writes nothing and is one line that ends with its reason.
- An article has at most 20 MB (`too-large`), a configuration 1 MB, a word list 20 MB with cells of 2,000 characters, a model file 200 MB
  that unpacks to at most 1 GB.
- Encodings: UTF-8, UTF-16 and UTF-32 (with a mark, or UTF-16 that can be told by its zero bytes), else Windows-1252, flagged as guessed.
  Broken UTF-8 is `undecodable`, never repaired by guesses.
- A table row with an open or misplaced quotation mark is skipped as `malformed-row`; the rows after it are read.
- Cells that a spreadsheet would run begin with an apostrophe (`analysis.escape.from_cell` takes it off).

| name | promise | command | last figure |
|---|---|---|---|
"""


def read_figures() -> dict[str, str]:
    """Return the figures that the page holds."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]
    return {r[0]: r[3] for r in rows if len(r) == 4 and r[0] in PROMISES}


def find_figure(command: str) -> str:
    """Run a command and return the last line it printed, and its exit code where that is not 0."""
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, env={**os.environ})
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    said = re.sub(r"[=|`]+", " ", lines[-1] if lines else "nothing was printed").split("; open ")[0].strip()
    return said if done.returncode == 0 else f"exit {done.returncode}: {said}"


def make_page(figures: dict[str, str]) -> str:
    """Return the page."""
    return HEAD + "".join(f"| {n} | {p} | `{c}` | {figures.get(n, 'not run')} |\n" for n, (p, c) in PROMISES.items())


def main() -> None:
    """Renew the rows asked for."""
    words, figures = sys.argv[1:], read_figures()
    noted = dict(w.split("=", 1) for w in words[1:]) if words[:1] == ["--note"] else {}
    for name in () if words[:1] == ["--note"] else words or PROMISES:
        print(name, flush=True)
        noted[name] = find_figure(PROMISES[name][1])
    PAGE.write_text(make_page({**figures, **noted}), encoding="utf-8")


if __name__ == "__main__":
    main()
