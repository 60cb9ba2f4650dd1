"""Notebooks: thin, in order, and the committed results are what the code makes."""

import hashlib
import json
import platform
import shutil
import subprocess
import sys

import nbformat
import pytest
from conftest import ROOT, write_tables

from analysis.notebooks import is_live, run_notebooks
from analysis.refusals import Refusal

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_thin_and_executed_in_order(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    lines = [line for c in code for line in c.source.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert not [line for line in lines if line.startswith(("def ", "class ", "!", "%"))]
    assert len(lines) <= 40
    assert [c.execution_count for c in code] == list(range(1, len(code) + 1))
    assert notebook.cells[0].cell_type == "markdown" and "**Question.**" in notebook.cells[0].source
    assert "What this does not show" in notebook.cells[-1].source
    assert "parameters" in code[0].metadata.tags and 'RUN = "../figures"' in code[0].source
    assert not [o for c in code for o in c.outputs if o.output_type in ("error", "stream")]
    for image in [
        o["data"]["text/html"] for c in code for o in c.outputs if "<img" in o.get("data", {}).get("text/html", "")
    ]:
        assert 'alt="' in image


def digests(folder):
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.parent.name != "cache"
    }


def test_the_committed_results_are_what_the_code_makes(tmp_path):
    """The whole of `make report` in a copy of the project, against figures/ and notebooks/."""
    made = json.loads((ROOT / "figures" / "run.json").read_text(encoding="utf-8"))["python"]
    if made != ".".join(platform.python_version_tuple()[:2]):
        pytest.skip(f"figures/ was made with Python {made}, whose libraries differ")
    copy = tmp_path / "project"
    shutil.copytree(
        ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".git", "__pycache__", "figures", ".*_cache", ".hypothesis")
    )
    done = subprocess.run(
        [sys.executable, "-m", "analysis", "report", "seeds", "--out", "figures"],
        cwd=copy,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("open figures/report.html") and done.stderr == ""
    for name in ("figures", "notebooks"):
        wanted, found = digests(ROOT / name), digests(copy / name)
        assert sorted(wanted) == sorted(found), name
        assert [k for k in wanted if wanted[k] != found[k]] == [], name


@pytest.mark.parametrize(
    ("cell", "word"), [("raise ValueError('no')", "ValueError"), ("import os; os._exit(3)", "bad.ipynb")]
)
def test_a_broken_notebook_is_named(seeds, tmp_path, cell, word):
    write_tables(seeds.tables, folder=tmp_path / "run")
    (tmp_path / "nb").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    nbformat.write(notebook, tmp_path / "nb" / "01_bad.ipynb")
    with pytest.raises(Refusal, match=rf"{word}.*\[notebook-failed\]$"):
        run_notebooks(tmp_path / "run", templates=tmp_path / "nb")


@pytest.mark.parametrize(
    "text",
    [
        *("[x](java\tscript:a)", "[x](<java&#10;script:a>)", "[x](&#106;avascript:a)", "[x](javascript&colon;a)"),
        *("[x](jav\\ascript:a)", "[x](javascript\u200b:a)", "[x][1]\n\n[1]:\n  data:text/html,x", "[x](blob:x)"),
        *("![x](http://example.org/a.png)", "![x][1]", "[x](//example.org)", "[x](file:///etc/passwd)", "<b\nid=x>"),
        *("<details ontoggle=x>", "<base href=x>", "<iframe srcdoc=x>", "<svg/onload=x>", "<math>", "<!-- x -->"),
    ],
)
def test_text_that_would_be_live_in_an_exported_page(text):
    assert is_live(f"Words before\n\n{text}\n\nand after")


@pytest.mark.parametrize(
    "text", ["a < b and c > d", "[x](https://example.org/a?b=1)", "[x](#part)", "See [1]: a list", "5 & 6"]
)
def test_plain_text_is_not_live(text):
    assert not is_live(text)
