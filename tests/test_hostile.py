"""The pack of hostile inputs: every case ends as expected and meets every one of its musts.

Here the small pack runs in this process, with large corpora cut to a few of their files. `make test-hostile` runs the full
pack, each case in a process of its own with its limits and without the right to read everything, draws the figures of
those that are about pages or figures, executes the notebooks on them, and opens every page in Chromium.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SHARED
from hostile import check_case, control_numbers, run_inside, run_outside

from analysis.rows import split_rows

MAKER = SHARED / "bad_inputs" / "make_bad_inputs.py"
PROBE = SHARED / "probes" / "xss_browser_probe.py"
FULL = os.environ.get("HOSTILE") == "full"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MOST_FILES = 5  # of a corpus in the quick run; which ones differs from case to case
DRAWN = ("B05", "E11")  # of the cases about figures, those that are laid out in the quick run
SLOW = ("C03", "C08", "F06")  # megabytes: the full run only
OUTSIDE = ("G05", "I05", "I06")  # want a process of their own: rights are dropped, a kernel is started
pytestmark = pytest.mark.skipif(
    not MAKER.is_file(), reason="the shared pack of hostile inputs is not beside the project"
)


def cases() -> list[str]:
    """Return the ids of the pack without making it: they stand in its table."""
    table = MAKER.with_name("README.md")
    lines = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
    return [c for line in lines if line.startswith("| ") and (c := line.split("|")[1].strip())[3:4] == "-"]


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pack")
    os.umask(0o022)
    subprocess.run(
        [sys.executable, str(MAKER), str(folder / "p"), "--scale", "full" if FULL else "small"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / "p"


@pytest.fixture(scope="module")
def expected(pack):
    return {c["id"]: c for c in json.loads((pack / "expected.json").read_text())["cases"]}


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    path = tmp_path_factory.mktemp("settings") / "fast.toml"
    path.write_text("resamples = 50\n")
    return path


@pytest.fixture(scope="module")
def control(pack, settings, tmp_path_factory):
    out = tmp_path_factory.mktemp("control") / "out"
    folder = pack / "cases" / "000-control"
    result = run_outside(folder, out) if FULL else run_inside(folder, out, settings=settings)
    assert result.code == 0, result.said
    return control_numbers(result)


def test_every_case_of_the_pack_is_run(expected):
    assert sorted(expected) == sorted(cases())


@pytest.mark.parametrize("name", cases())
def test_case(name, pack, expected, settings, control, tmp_path):
    if name.startswith(SLOW) and not FULL:
        pytest.skip("only in make test-hostile")
    case, folder, out = expected[name], pack / "cases" / name, tmp_path / "out"
    sentinel = case["must"].get("sentinel_absent")
    if sentinel:
        Path(sentinel).unlink(missing_ok=True)
    if FULL:
        drawn = {"figures_ok", "no_exec"} & case["must"].keys()
        result = run_outside(folder, out, command="report" if drawn else "tables")
    elif name.startswith(OUTSIDE):
        result = run_outside(folder, out)
    else:
        command = "report" if "no_exec" in case["must"] or name.startswith(DRAWN) else "tables"
        case = cut(case, folder, rank=cases().index(name))
        result = run_inside(folder, out, command=command, settings=settings)
    assert check_case(case, result, folder=folder, control=control) == []
    if FULL and case["must"].get("no_exec") and result.code == 0:
        look_with_a_browser(out)


def cut(case: dict, folder: Path, *, rank: int) -> dict:
    """Leave a few of the files of a large corpus, and expect as many outlets."""
    manifest = folder / "input" / "manifest.csv"
    files = sorted(p for p in (folder / "input").glob("x*.txt"))
    keep = set(files[rank % 3 :: 3][:MOST_FILES])
    if len(files) <= MOST_FILES or not case["must"].keys() & {"no_exec", "distinct_outputs", "csv_safe", "figures_ok"}:
        return case
    for path in set(files) - keep:
        path.unlink()
    gone = {p.name for p in set(files) - keep}
    lines = [x for x in manifest.read_bytes().decode().split("\n") if x.split(",")[0] not in gone]
    manifest.write_bytes("\n".join(lines).encode())
    outlets = {cells[1] for _, cells in split_rows("\n".join(lines)) if cells}
    must = {**case["must"]}
    if "distinct_outputs" in must:
        must["distinct_outputs"] = len(outlets - {"outlet"})
    return {**case, "must": must}


def look_with_a_browser(out: Path) -> None:
    """Open the report, the figures and the exported notebooks in Chromium; nothing may run."""
    from nbconvert import HTMLExporter

    if not CHROMIUM or not PROBE.is_file():
        pytest.skip("no Chromium on this machine: its pages were only read, not opened")
    exporter = HTMLExporter(template_name="basic")
    for path in sorted((out / "notebooks").glob("*.ipynb")):
        body, _ = exporter.from_filename(str(path))
        path.with_suffix(".html").write_text(f"<!doctype html><meta charset=utf-8>{body}", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(PROBE), str(out), "--chromium", CHROMIUM], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "script executions 0, dialogs 0, outside requests 0, unsafe links 0" in done.stdout
