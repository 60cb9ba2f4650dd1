"""The cookbook prints what it says, and every function that a notebook calls is described."""

import importlib.util
import json
import re
import subprocess
import sys

from conftest import ROOT

PAGE = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
FUNCTIONS = (ROOT / "docs" / "functions.md").read_text(encoding="utf-8")
IMPORT = re.compile(r"^from (analysis(?:\.\w+)?) import (.+)$", re.MULTILINE)


def test_what_the_cookbook_prints_is_what_it_says():
    spec = importlib.util.spec_from_file_location("make_cookbook", ROOT / "docs" / "make_cookbook.py")
    cookbook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cookbook)
    assert PAGE.count("\n## ") == 12
    assert cookbook.make_cookbook(PAGE) == PAGE, "run `make docs`"


def test_every_function_of_a_notebook_is_described():
    code = [PAGE] + [
        "".join(cell["source"])
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    used = {name.strip() for text in code for _, names in IMPORT.findall(text) for name in names.split(",")}
    described = set(re.findall(r"^\| `(\w+)", FUNCTIONS, re.MULTILINE))
    assert used - described == set()
    for module, name in re.findall(r"^\| `(?:\w+)`? \| `(analysis[.\w]*)\.(\w+)`", FUNCTIONS, re.MULTILINE):
        assert getattr(importlib.import_module(module), name).__doc__


def test_load_run_is_at_hand_and_cheap():
    code = "import sys; from analysis import load_run; print(sorted({'matplotlib', 'sklearn', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]" and done.returncode == 0
