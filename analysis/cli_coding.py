"""`code export` and `code import`: a sample of a run to human coders, and their judgement back."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from analysis.coding_tasks import TASKS
from analysis.files import read_bytes, write_atomic
from analysis.refusals import Refusal, Skip, one_line

KEY = "sample_key.json"
CARD = "validity.json"
_FORMATS = ("csv", "doccano", "labelstudio", "inception")


def add_coding_commands(commands: Any, parser_class: type[argparse.ArgumentParser]) -> None:
    """Add `code export` and `code import`."""
    code = commands.add_parser(
        "code",
        help="a sample for human coders, and their coding back",
        description="Give human coders a blind sample of a finished run; read their coding back as a validity card.",
    )
    steps = code.add_subparsers(dest="step", required=True, metavar="STEP", parser_class=parser_class)
    out = steps.add_parser("export", help="draw a sample", description="Draw a sample of a finished run, blind.")
    out.add_argument("run", metavar="RUN_DIR", type=Path, help="what was given as --out")
    out.add_argument("folder", metavar="OUT_DIR", type=Path, help="a folder that is new or empty")
    out.add_argument("--what", required=True, choices=list(TASKS))
    out.add_argument("--n", metavar="N", type=_whole, default=100, help="how many units (default 100)")
    out.add_argument("--seed", metavar="N", type=_whole, default=0, help="the same seed draws the same sample")
    out.add_argument("--stratify", choices=["outlet", "voice", "kind"], default="", help="draw each in proportion")
    out.add_argument("--format", choices=[*_FORMATS, "all"], default="csv", help="for which tool (default csv)")
    back = steps.add_parser("import", help="read codings back", description="Compare coders, and the suite with each.")
    back.add_argument("run", metavar="RUN_DIR", type=Path, help="the run that the sample was drawn from")
    back.add_argument("coded", metavar="CODED", type=Path, nargs="+", help="coded files, one or more of each coder")
    back.add_argument("--out", metavar="DIR", type=Path, required=True, help="where figures and the card go")
    back.add_argument(
        "--coder", metavar="NAME", action="append", default=[], help="who coded, for each file in turn; else its name"
    )
    back.add_argument("--key", metavar="FILE", type=Path, help=f"{KEY}; else looked for beside the coded files")


def _whole(word: str) -> int:
    if not word.isascii() or not word.isdigit() or len(word) > 9:
        raise argparse.ArgumentTypeError("must be a whole number")
    return int(word)


def run_code(args: argparse.Namespace) -> None:
    """Run one of the two steps."""
    (_export if args.step == "export" else _import)(args)


def _export(args: argparse.Namespace) -> None:
    from analysis.coding_formats import make_files
    from analysis.coding_sample import draw_sample
    from analysis.coding_tasks import make_instructions
    from analysis.coding_units import find_task, make_key

    if not args.n:
        raise Refusal("--n must be 1 or more", reason="config-invalid")
    folder = Path(os.path.abspath(args.folder))
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise Refusal(f"{folder.name} is there already; give a new or empty folder", reason="unsafe-path")
    _check_apart(folder, args.run)
    tables = _load_tables(args.run)
    task = find_task(tables, what=args.what)
    units = draw_sample(tables, what=args.what, n=args.n, seed=args.seed, stratify=args.stratify)
    formats = _FORMATS if args.format == "all" else (args.format,)
    for form in formats:
        for name, data in make_files(units, task=task, form=form).items():
            write_atomic(folder / "coder" / name, data)
    write_atomic(folder / "instructions.md", make_instructions(task, formats=formats).encode("utf-8", "replace"))
    key = make_key(units, what=args.what, seed=args.seed, stratify=args.stratify)
    write_atomic(folder / KEY, _to_json(key))
    print(
        f"{len(units)} units for {args.what}; give coders {one_line(str(args.folder))}/coder and instructions.md, not the key"
    )


def _import(args: argparse.Namespace) -> None:
    from analysis.coding_formats import check_coders, load_coded
    from analysis.coding_report import SUITE, make_card, measure_coding
    from analysis.coding_units import code_units, find_task, load_units
    from analysis.table_files import to_csv

    if args.coder and len(args.coder) != len(args.coded):
        raise Refusal("--coder is given once for each coded file", reason="config-invalid")
    out = Path(os.path.abspath(args.out))
    cards = _load_cards(out)
    _check_apart(out, args.run)
    tables = _load_tables(args.run)
    key = _load_json(args.key or _find_key(args.coded))
    units = load_units(tables, key)
    task = find_task(tables, what=key["what"])
    coded: list = []
    for i, path in enumerate(args.coded):
        coded += load_coded(path, units=units, task=task, coder=args.coder[i] if args.coder else path.stem)
        check_coders(coded, name=path.name)
    if not coded:
        raise Refusal("no unit is coded", reason="nothing-to-analyse")
    if any(c.coder == SUITE for c in coded):
        raise Refusal(f"a coder cannot be called {SUITE!r}; name the coder with --coder", reason="bad-name")
    found = measure_coding(units, task=task, coded=coded, suite=code_units(tables, units, what=task.what))
    fitted = bool((tables["terms"]["measure"] == "loaded_words_per_1k").any())
    cards[task.what] = make_card(found, task=task, units=units, fitted=fitted, stratify=str(key.get("stratify", "")))
    for name, table in found.items():
        write_atomic(out / task.what / f"{name}.csv", to_csv(table))
    write_atomic(out / "validity.md", _to_page(cards))
    measures = {m: says for _, card in sorted(cards.items()) for m, says in card["measures"].items()}
    write_atomic(out / CARD, _to_json({"measures": measures, "cards": cards}))
    people = sorted({c.coder for c in coded})
    print(
        f"{len({c.unit for c in coded})} of {len(units)} units coded by {len(people)} "
        f"({one_line(', '.join(people), limit=120)}); {found['cases']['unit'].nunique()} to discuss; "
        f"give {one_line(str(args.out))}/{CARD} to a run as --validity"
    )


def _load_tables(run: Path) -> dict:
    from analysis.table_files import load_run

    try:
        return load_run(run)
    except (KeyError, ValueError, OSError):  # a column or a table that this version has and that run had not
        raise Refusal(
            f"{run.name} is a run of another version, or broken; run it anew", reason="table-invalid"
        ) from None


def _check_apart(folder: Path, run: Path) -> None:
    inside = run.resolve()
    if folder == inside or inside in folder.resolve().parents:
        raise Refusal("the result must not go into the run", reason="unsafe-path")


def _find_key(coded: list[Path]) -> Path:
    for path in coded:
        for folder in list(path.absolute().parents)[:2]:
            if (folder / KEY).is_file():
                return folder / KEY
    raise Refusal(f"there is no {KEY} beside the coded files; name it with --key", reason="nothing-to-analyse")


def _load_json(path: Path) -> dict[str, Any]:
    try:
        found: Any = json.loads(read_bytes(path, limit=200_000_000))
    except (Skip, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refusal(f"{path.name} cannot be read as a JSON object", reason="table-invalid")
    return found


def _load_cards(out: Path) -> dict[str, Any]:
    """Return the cards of other tasks that stand in the folder already; refuse a folder of another kind."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise Refusal(f"{out.name} is not a folder", reason="unsafe-path")
    if not out.exists() or not any(out.iterdir()):
        return {}
    if not (out / CARD).is_file():
        raise Refusal(
            f"the folder {out.name} holds files of another kind; give a new or empty one", reason="unsafe-path"
        )
    cards: Any = _load_json(out / CARD).get("cards")
    good = isinstance(cards, dict) and all(
        isinstance(c, dict) and isinstance(c.get("measures"), dict) and isinstance(c.get("text"), str)
        for c in cards.values()
    )
    if not good:
        raise Refusal(f"{CARD} in {out.name} is not one of ours", reason="table-invalid")
    return cards


def _to_json(found: dict[str, Any]) -> bytes:
    return (json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "replace")


def _to_page(cards: dict[str, Any]) -> bytes:
    head = (
        "# Validity on this corpus\nHow far human coders of this corpus agree with one another and the suite with each. "
        "Written by `python -m analysis code import`.\n"
    )
    return "\n".join([head, *(cards[what]["text"] for what in sorted(cards))]).encode("utf-8", "replace")
