"""The house: imports go one way, no cycle, nothing too large, every module on the map."""

from __future__ import annotations

import ast
import re

import pytest
from conftest import ROOT

MODULES = {p.stem: p for p in sorted((ROOT / "analysis").glob("*.py")) if p.stem not in ("__init__", "__main__")}
MAP = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    found = []
    for line in MAP.splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) > 4 and cells[1] not in ("step", "---"):
            names = [n.strip() for n in cells[2].split(",")]
            found.append([m for n in names for m in sorted(MODULES) if re.fullmatch(n.replace("*", ".*"), m)])
    return found


def imports_of(name: str) -> set[str]:
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("analysis"):
            found |= {node.module.removeprefix("analysis.")} if "." in node.module else {a.name for a in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("analysis.") for a in node.names if a.name.startswith("analysis.")}
    return found & set(MODULES)


def test_every_module_is_on_the_map_once():
    named = [m for row in rows() for m in dict.fromkeys(row)]
    assert sorted(set(named)) == sorted(MODULES)


def test_imports_go_one_way():
    place = {}
    for i, row in enumerate(rows()):
        for m in row:
            place.setdefault(m, i)
    wrong = [(m, other) for m in MODULES for other in imports_of(m) if place[other] > place[m]]
    assert wrong == []


def test_no_import_cycle():
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join((*path, name))
        if name not in done:
            for other in imports_of(name):
                visit(other, (*path, name))
            done.add(name)

    for name in MODULES:
        visit(name, ())


def test_the_measures_do_not_import_each_other():
    measures = {"wording", "valence", "frames", "naming"}
    assert {m: imports_of(m) & (measures - {m}) for m in measures} == {m: set() for m in measures}


@pytest.mark.parametrize("name", MODULES)
def test_no_module_outgrows_its_room(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("name", MODULES)
def test_public_functions_say_what_they_do(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    silent = [
        n.name
        for n in tree.body
        if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_") and not ast.get_docstring(n)
    ]
    assert silent == []


def test_only_the_ends_touch_the_disk():
    """Stages in between read nothing but their own lists and models, and write nothing."""
    writers = {
        m
        for m, p in MODULES.items()
        if re.search(r"\.write_(?:text|bytes)\(|open\([^)]*[\"']w", p.read_text(encoding="utf-8"))
    }
    trainers = {m for m in MODULES if m.endswith(("train", "model", "scorer"))}
    assert writers - trainers <= {"files"}


def test_nothing_is_pickled_and_nothing_is_fetched():
    for name, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"\bimport (?:pickle|joblib|requests|urllib\.request|httpx)\b|yaml\.load|\beval\(|\bexec\(|allow_pickle=True",
            text,
        ), name
