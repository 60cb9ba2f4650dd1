"""Run every block of cookbook.md and write what it prints below it. `make docs` calls this; a test compares.

Usage: python docs/make_cookbook.py
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
_BLOCK = re.compile(r"```python\n(.*?)```\n(?:```text\n(.*?)```\n)?", re.DOTALL)


def make_cookbook(page: str) -> str:
    """Return the page with what each block prints; the blocks share their names and run one after the other."""
    from analysis.cli import main
    from analysis.style import VOICE_COLOURS

    names: dict = {}
    colours, here = dict(VOICE_COLOURS), Path.cwd()

    def run(block: re.Match) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block[1], "cookbook.md", "exec"), names)
        text = "".join(line.rstrip() + "\n" for line in printed.getvalue().splitlines())
        return f"```python\n{block[1]}```\n```text\n{text}```\n"

    with tempfile.TemporaryDirectory() as place:
        try:
            os.chdir(place)
            shutil.copytree(ROOT / "seeds", "seeds")
            with contextlib.redirect_stdout(io.StringIO()):
                main(["tables", "seeds", "--out", "my_report", "--no-cache"])
                main(["new", "my_corpus"])
            return _BLOCK.sub(run, page)
        finally:
            os.chdir(here)
            VOICE_COLOURS.update(colours)


if __name__ == "__main__":
    page = ROOT / "docs" / "cookbook.md"
    page.write_text(make_cookbook(page.read_text(encoding="utf-8")), encoding="utf-8")
