"""What the command line does with a corpus before and beside a run: its options, `check` and `new`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from analysis.files import write_atomic
from analysis.refusals import Refusal, one_line
from analysis.starter import STARTER

_MOST_LINES = 40  # of a list on the terminal


def add_corpus_options(command: argparse.ArgumentParser) -> None:
    """Add what `report`, `tables` and `check` have in common."""
    command.add_argument("corpus", metavar="CORPUS", type=Path, help="a folder, or one table")
    command.add_argument(
        "--config", metavar="FILE.toml", type=Path, help="settings; without it CORPUS/parallax.toml, if there is one"
    )
    command.add_argument(
        "--column",
        metavar="OURS=YOURS",
        action="append",
        default=[],
        help="which column of your table is which, as outlet=source; the others are guessed (may be given several times)",
    )
    command.add_argument(
        "--lexicons",
        metavar="DIR",
        type=Path,
        help="your own word lists: NAME.csv replaces ours, NAME.more.csv adds to it",
    )
    command.add_argument(
        "--validity", metavar="FILE", type=Path, help="validity.json of your own coding, as `code import` writes it"
    )
    command.add_argument("--models", metavar="DIR|none", help="fitted models; none: rules and word lists alone")
    command.add_argument(
        "--transcript",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="what was said; quotations are held against it, as against the files in CORPUS/transcripts "
        "(may be given several times)",
    )


def add_scale_options(command: argparse.ArgumentParser, *, count: Callable[[str], int]) -> None:
    """Add where articles are read and in which form tables are written."""
    where = command.add_mutually_exclusive_group()
    where.add_argument("--jobs", metavar="N", type=count, default=1, help="worker processes (default 1)")
    where.add_argument("--workers", metavar="N", type=count, help="read on a Dask cluster of N workers on this machine")
    where.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="read on the Dask cluster of this scheduler")
    command.add_argument(
        "--format",
        choices=("csv", "parquet"),
        default="csv",
        help="parquet: the tables in parquet/ too, one data set each, typed, for DuckDB (default csv)",
    )


def load_options(args: argparse.Namespace):
    """Return the options of a run from the command line, the configuration and the corpus folder, checked."""
    from analysis.columns import check_columns
    from analysis.options import find_options

    return find_options(
        args.corpus,
        config=args.config,
        columns=check_columns(args.column),
        lexicons=args.lexicons,
        models=args.models,
        transcripts=args.transcript,
        validity=args.validity,
        jobs=getattr(args, "jobs", 1),
        scheduler=getattr(args, "scheduler", None) or "",
        workers=getattr(args, "workers", None) or 0,
    )


# ---------------------------------------------------------------- check


def run_check(args: argparse.Namespace) -> int:
    """Say what a run would see in a corpus; return how many items it would skip."""
    from analysis.intake import apply_settings, screen_articles, settle_items
    from analysis.load import load_corpus

    options = load_options(args)
    loaded, skipped = load_corpus(args.corpus, columns=dict(options.columns))
    loaded = apply_settings(loaded, options.settings)
    articles, _ = screen_articles(loaded, settings=options.settings)
    languages = (articles["skip"] == "language").sum()
    good, items = settle_items(articles, skipped)
    out = items[items["status"] == "skipped"]
    dates = sorted(d for d in good["date"] if d)
    print(f"{len(good)} of {len(items)} articles would be analysed")
    _print_columns(args.corpus, dict(options.columns))
    counted = good["outlet"].value_counts(sort=False).sort_index()
    _print_list("outlets", [f"{outlet}: {n}" for outlet, n in counted.items()])
    print(
        f"dates: {dates[0]} to {dates[-1]}" if dates else "dates: none", f"{len(good) - len(dates)} without", sep="; "
    )
    if (good["event"] != "").any():
        _print_list("events named", [f"{e}: {n}" for e, n in good["event"].value_counts(sort=False).items() if e])
    print(f"languages: {len(good)} English" + (f"; {languages} other" if languages else ""))
    print(f"duplicates: {(out['reason'] == 'duplicate').sum()}")
    guessed = good[good["flags"].map(lambda f: "guessed-encoding" in f)]["file"]
    if len(guessed):
        _print_list("read as Windows-1252 by guess", list(guessed))
    if options.transcripts:
        print(f"transcripts: {one_line(', '.join(name for name, _ in options.transcripts))}")
    _print_strays(loaded, options.settings)
    _print_list(
        "would be skipped",
        [
            f"{i.file}{f', line {i.line}' if i.line else ''}{f' ({i.article_id})' if i.article_id and i.line else ''}: {i.reason}"
            for i in out.itertuples(index=False)
        ],
    )
    return len(out)


def _print_list(name: str, lines: list[str]) -> None:
    if lines:
        print(f"{name}:")
        for line in lines[:_MOST_LINES]:
            print(f"  {one_line(line, limit=160)}")
        if len(lines) > _MOST_LINES:
            print(f"  and {len(lines) - _MOST_LINES} more")


def _print_columns(corpus: Path, given: dict[str, str]) -> None:
    from analysis.columns import MANIFEST_NAMES, NAMES
    from analysis.load import MANIFEST, find_table
    from analysis.tabular import find_columns

    path, names = find_table(corpus), NAMES
    if path is None and (corpus / MANIFEST).is_file():
        path, names = corpus / MANIFEST, MANIFEST_NAMES
    if path is not None:
        taken, unused = find_columns(path, names=names, given={k: v for k, v in given.items() if k in names})
        shown = [f"{ours} ← {theirs}" for ours, theirs in taken.items()]
        rest = [f"not used: {', '.join(unused)}"] if unused else []
        _print_list(f"columns of {one_line(path.name)} (--column OURS=YOURS corrects them)", [*shown, *rest])


def _print_strays(loaded, settings) -> None:
    """Say which outlets and articles of the configuration stand for nothing in the corpus."""
    outlets, known = set(loaded["outlet"]), {*loaded["article_id"], *loaded["file"]}
    strays = [f"[outlets] {shown}" for written, shown in settings.outlets if shown not in outlets]
    strays += [f"[groups] {group}: {o}" for group, members in settings.groups for o in members if o not in outlets]
    strays += [f"[events] {event}: {a}" for event, members in settings.events for a in members if a not in known]
    _print_list("named in the configuration, not in the corpus", strays)


# ---------------------------------------------------------------- new


def run_new(args: argparse.Namespace) -> None:
    """Make a starter corpus: three short articles, a manifest, a transcript and a configuration with comments."""
    folder = Path(os.path.abspath(args.folder))
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise Refusal(f"{one_line(folder.name)} is there already; give a new or empty folder", reason="unsafe-path")
    try:
        for name, text in STARTER.items():
            write_atomic(folder / name, text.encode("utf-8"))
    except OSError as error:
        raise Refusal(f"cannot write {one_line(folder.name)}: {error.strerror}", reason="unsafe-path") from None
    shown = one_line(str(args.folder))
    print(f"{shown} is ready; put your articles in, then: python -m analysis check {shown}")
