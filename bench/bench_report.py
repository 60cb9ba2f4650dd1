"""CPU of `python -m analysis report seeds` beside starting its notebooks' kernels with their imports.

Run by hand: `python bench/bench_report.py`. Both sides run in processes of their own, in turn, `RUNS` times. The
kernels are as many as there are notebooks, each executes only the import lines of its notebook.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 3


def start_kernels() -> None:
    """Execute the import lines of every notebook, each in a kernel of its own."""
    sys.path.insert(0, str(ROOT))
    import nbformat

    from analysis.notebooks import FOLDER, execute

    with tempfile.TemporaryDirectory() as home, ThreadPoolExecutor(2) as pool:  # two at a time, as the report does
        stubs = []
        for path in sorted(FOLDER.glob("[0-9]*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            lines = [line for c in notebook.cells if c.cell_type == "code" for line in c.source.split("\n")]
            wanted = "\n".join(line for line in lines if line.startswith(("from ", "import ")))
            stubs.append(Path(home) / path.name)
            nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(wanted)]), stubs[-1])
        list(pool.map(lambda stub: execute(stub, cwd=Path(home), home=Path(home), kernels=[]), stubs))


def main() -> None:
    """Measure, and print medians."""
    spent: dict[str, list[float]] = {}
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as out:
            sides = {
                "kernels with imports": [sys.executable, __file__, "kernels"],
                "report of the seeds": [sys.executable, "-m", "analysis", "report", "seeds", "--out", f"{out}/report"],
            }
            for name, command in sides.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                spent.setdefault(name, []).append(cpu)
    for name, times in spent.items():
        print(f"{name:24} {statistics.median(times):6.1f} s CPU   ({min(times):.1f} to {max(times):.1f})")
    ratio = statistics.median(spent["report of the seeds"]) / statistics.median(spent["kernels with imports"])
    print(f"ratio {ratio:.2f}")


if __name__ == "__main__":
    start_kernels() if "kernels" in sys.argv else main()
