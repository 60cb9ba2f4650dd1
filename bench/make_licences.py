"""Write docs/licences.md: what the pinned packages say about their licences, read from their own metadata.

.venv/bin/python bench/make_licences.py
"""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Licences of what Parallax uses

Written by `make licences` from the metadata of the installed packages; `use` is `run` for what requirements.txt pins and
`development` for what only requirements-dev.txt does. Packages for other systems that are not installed here are left out.
None of them is copied into this repository. Parallax itself is MIT; word lists and fitted models carry their terms in
analysis/lexicons/certificates.toml and on the cards in analysis/models/.

| package | version | licence | use |
|---|---|---|---|
"""


def read_names(path: Path) -> set[str]:
    """Return the names that a requirements file pins."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {_plain(m[1]) for line in lines if (m := re.match(r"([A-Za-z0-9._-]+)==", line))}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def find_licence(package: metadata.Distribution) -> str:
    """Return the licence of a package: its SPDX expression, else its classifiers, else the first line of its text."""
    found = package.metadata
    stated = found.get("License-Expression")
    classifiers = [c.split(" :: ")[-1] for c in found.get_all("Classifier") or [] if c.startswith("License ::")]
    text = (found.get("License") or "").strip().split("\n")[0][:60]
    for file in () if text else package.files or ():
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")) and not text:
            text = file.read_text().strip().split("\n")[0].strip()[:60]
    return stated or "; ".join(c for c in classifiers if c != "OSI Approved") or text or "not stated"


def make_licences() -> str:
    """Return the page."""
    run, all_names = read_names(ROOT / "requirements.txt"), read_names(ROOT / "requirements-dev.txt")
    rows = []
    for package in metadata.distributions():
        name = _plain(package.metadata["Name"])
        if name in all_names | run:
            rows.append((name, package.version, find_licence(package), "run" if name in run else "development"))
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in sorted(set(rows)))


if __name__ == "__main__":
    (ROOT / "docs" / "licences.md").write_text(make_licences(), encoding="utf-8")
