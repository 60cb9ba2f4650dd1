"""The command line. Exit codes: 0 done, 1 a bug, 2 refused with one line, 3 folder in use, 4 more skipped than --max-skips."""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from analysis import __version__
from analysis.cli_coding import add_coding_commands, run_code
from analysis.cli_corpus import add_corpus_options, add_scale_options, load_options, run_check, run_new
from analysis.files import CACHE, output_folder, write_atomic
from analysis.options import collect_seldom
from analysis.records import read_records
from analysis.refusals import InUse, Refusal, one_line
from analysis.stopping import heed_signals

TRAINERS = {  # what `train` can refit, and the function (coded file, folder) that does it
    "attributions": ("analysis.attribute", "train_attributions"),
    "alignment": ("analysis.align_train", "train_alignment"),
    "frames": ("analysis.frame_train", "train_frames"),
    "valence": ("analysis.target_train", "train_valence"),
    "wording": ("analysis.loaded_train", "train_wording"),
}
_CORPUS = (
    "CORPUS is a folder of .txt, .html, .md, .docx, .rtf and saved .xml, .rss or .atom files (exports of Nexis Uni and "
    "Factiva too) with an optional manifest.csv (file, outlet, title, date, url, event), or one .csv, .tsv, .jsonl or "
    ".parquet; any of them may be a .gz."
)
_OF_THE_PLACE = (  # errors of the disk or of a name, and none of ours
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EXDEV, errno.EOPNOTSUPP),
)
ANNOTATIONS = ("attributions", "wording", "valence", "frames", "errors", "fidelity")


class TooManySkips(Exception):
    """More items were skipped than the user allows."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise Refusal(f"{message}; `{self.prog} --help` explains", reason="config-invalid")


class _Terminal(io.FileIO):
    """A standard stream that nobody need read: what is written to a pipe that is read no more, as by `| head`, is lost."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return len(data)


def print_anywhere() -> None:
    """Let what this process prints stop nothing: characters that its terminal has not are printed as escapes."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:  # None where the caller closed it
            raw = io.BufferedWriter(_Terminal(stream.fileno(), "w", closefd=False))
            text = io.TextIOWrapper(raw, encoding=stream.encoding, errors="backslashreplace", line_buffering=True)
            setattr(sys, name, text)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; its words are a contract."""
    parser = _Parser(
        prog="python -m analysis", description="Parallax: how several news outlets report the same statements."
    )
    parser.add_argument("--version", action="version", version=f"parallax {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, text in (
        ("report", "tables, figures, notebooks and report.html"),
        ("tables", "tables and run.json only"),
    ):
        command = commands.add_parser(
            name,
            help=text,
            description=f"Analyse a corpus: {text}.",
            epilog=_CORPUS,
        )
        add_corpus_options(command)
        command.add_argument(
            "--out",
            metavar="DIR",
            type=Path,
            required=True,
            help="where the result goes; replaced as a whole when done",
        )
        if name == "report":
            command.add_argument("--pdf", action="store_true", help="every figure as .pdf too, for print")
        add_scale_options(command, count=_positive)
        command.add_argument(
            "--max-skips", metavar="N", type=_count, help="exit with 4 when more items than this are skipped"
        )
        command.add_argument(
            "--no-cache", action="store_true", help="read every article anew, and keep nothing for the next run"
        )
    check = commands.add_parser(
        "check",
        help="what a run would see, before any work",
        description="Say which articles, outlets, dates and columns a run would see, and what it would skip and why.",
        epilog=_CORPUS,
    )
    add_corpus_options(check)
    check.add_argument("--max-skips", metavar="N", type=_count, help="exit with 4 when more items would be skipped")
    new = commands.add_parser(
        "new",
        help="make a starter corpus",
        description="Make a folder with a manifest, a commented configuration and a small example to replace.",
    )
    new.add_argument("folder", metavar="DIR", type=Path, help="a folder that is new or empty")
    annotate = commands.add_parser(
        "annotate",
        help="one analysis over JSON lines",
        description="Read JSON lines, write JSON lines, offsets into the given text.",
    )
    annotate.add_argument("what", choices=ANNOTATIONS)
    align = commands.add_parser(
        "align",
        help="statements of one event over JSON lines",
        description="Read events as JSON lines, write their statements.",
    )
    for command in (annotate, align):
        command.add_argument("source", metavar="IN.jsonl", type=Path)
        command.add_argument("target", metavar="OUT.jsonl", type=Path)
        command.add_argument("--models", metavar="DIR|none", help="fitted models; none: rules and word lists alone")
    train = commands.add_parser(
        "train", help="refit a model on your own coding", description="Refit a model on human coding."
    )
    train.add_argument("what", choices=TRAINERS)
    train.add_argument(
        "gold",
        metavar="GOLD",
        type=Path,
        help="coded articles as JSON lines; for frames also a .csv of texts and codes",
    )
    train.add_argument("out", metavar="OUT", type=Path, help="folder for the model and its card")
    validate = commands.add_parser(
        "validate",
        help="rewrite docs/validity from human coding",
        description="Measure agreement with human coding, refit nothing.",
    )
    add_coding_commands(commands, _Parser)
    validate.add_argument("gold", metavar="GOLD_DIR", type=Path, help="folder with the coded corpora")
    return parser


def _positive(word: str) -> int:
    if not word.isdigit() or not 1 <= int(word) <= 256:
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 256")
    return int(word)


def _count(word: str) -> int:
    if not word.isdigit():
        raise argparse.ArgumentTypeError("must be a whole number")
    return int(word)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; nothing but a bug gives a traceback."""
    heed_signals()
    collect_seldom()
    try:
        args = make_parser().parse_args(argv)
        {
            "report": run_report,
            "tables": run_report,
            "check": _check,
            "new": run_new,
            "annotate": run_annotate,
            "align": run_align,
            "train": run_train,
            "validate": run_validate,
            "code": run_code,
        }[args.command](args)
    except Refusal as refusal:
        print(f"parallax: {refusal}", file=sys.stderr)
        return 2
    except InUse as error:
        print(f"parallax: {one_line(str(error))}", file=sys.stderr)
        return 3
    except TooManySkips as error:
        print(f"parallax: {one_line(str(error))}", file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        print("parallax: stopped; an earlier result is as it was", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in _OF_THE_PLACE:
            raise
        print(
            f"parallax: cannot read or write: {one_line(str(error.strerror))}; an earlier result is as it was [unreadable]",
            file=sys.stderr,
        )
        return 2
    return 0


def run_report(args: argparse.Namespace) -> None:
    """Analyse a corpus and publish the result as a whole."""
    from analysis.cache import Cache
    from analysis.citation import make_bibtex
    from analysis.parquet_files import check_parquet
    from analysis.pipeline import Run, run_line  # heavy: only for work
    from analysis.table_files import Collected, TableFiles, Tee

    _check_corpus(args.corpus, args.out)
    if args.format == "parquet":
        check_parquet()
    options = load_options(args)
    with output_folder(args.out, makes=_names_made(args)) as folder:
        cache = None if args.no_cache else Cache(old=args.out, new=folder)
        kept = Collected() if args.command == "report" else None
        with TableFiles(folder, parquet=args.format == "parquet") as files:
            outcome = run_line(
                args.corpus,
                sink=Tee(files, kept) if kept else files,
                options=options,
                cache=cache,
                folder=folder,
                check_items=lambda items: _check_skips(int((items["status"] != "analysed").sum()), args.max_skips),
            )
        record = outcome.record()
        if kept:
            from analysis.show import write_report

            write_report(
                Run(kept.tables(), kept.texts, outcome),
                folder=folder,
                settings=options.settings,
                notebooks=_own_notebooks(args),
                with_pdf=args.pdf,
            )
        write_atomic(folder / "citation.bib", make_bibtex(record, corpus=outcome.corpus).encode())
        names = sorted(
            p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.parent.name != CACHE
        )
        write_atomic(
            folder / "run.json",
            (json.dumps({**record, "files": names}, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace"),
        )
    counts = record["counts"]
    what = "report.html" if args.command == "report" else "tables/"
    if cache and cache.found:
        print(f"{cache.made} articles new or changed, {cache.found} known from the run before")
    print(
        f"{counts['analysed']} of {counts['in']} articles analysed"
        f"{', ' + str(counts['skipped']) + ' skipped (run.json says why)' if counts['skipped'] else ''}; open {one_line(os.path.join(args.out, what))}"
    )


def _names_made(args: argparse.Namespace) -> Iterator[str]:
    """Give what a run puts into its folder, but for the figures, whose names only drawing them tells."""
    yield from ("tables/", "texts/", "citation.bib")
    if args.format == "parquet":
        yield "parquet/"
    if not args.no_cache:
        yield f"{CACHE}/"
    if args.command == "report":
        yield "report.html"
        if not _own_notebooks(args):
            yield "notebooks/"


def _check(args: argparse.Namespace) -> None:
    """Say what a run would see, with a run's exit codes."""
    if not args.corpus.exists():
        raise Refusal(f"there is no corpus at {args.corpus}", reason="nothing-to-analyse")
    _check_skips(run_check(args), args.max_skips)


def _check_skips(skipped: int, allowed: int | None) -> None:
    if allowed is not None and skipped > allowed:
        raise TooManySkips(f"{skipped} items were skipped, {allowed} are allowed; nothing was written")


def _check_corpus(corpus: Path, out: Path) -> None:
    if not corpus.exists():
        raise Refusal(f"there is no corpus at {corpus}", reason="nothing-to-analyse")
    inside, target = corpus.resolve(), _find_place(out)
    if target == inside or inside in target.parents or target in inside.parents:
        raise Refusal("the result must not go into the corpus, nor the corpus into the result", reason="unsafe-path")


def _find_place(out: Path) -> Path:
    """Return where a result will lie, links on the way followed; its own name is never a link."""
    out = Path(os.path.abspath(out))
    return Path(os.path.realpath(out.parent), out.name)


def _own_notebooks(args: argparse.Namespace) -> Path | None:
    """The project's own notebooks are refreshed when its own seeds are analysed into its own figures."""
    root = Path(__file__).resolve().parent.parent
    own = args.corpus.resolve() == root / "seeds" and _find_place(args.out) == root / "figures"
    return root / "notebooks" if own else None


# ---------------------------------------------------------------- JSON lines


def _convert(args: argparse.Namespace, analysis: str, work: Callable[[Iterable[dict]], Iterable[dict]]) -> None:
    from tqdm import tqdm

    records = list(read_records(args.source, analysis=analysis))
    try:
        lines = [
            json.dumps(row, ensure_ascii=False)
            for row in work(tqdm(records, desc=args.command, disable=not sys.stderr.isatty()))
        ]
    except KeyError as error:
        raise Refusal(f"{args.source.name}: a record has no {error}", reason="missing-field") from None
    write_atomic(args.target, "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass"))
    print(f"{len(records)} records read, {len(lines)} written to {one_line(str(args.target))}")


def run_annotate(args: argparse.Namespace) -> None:
    """Run one analysis over JSON lines."""
    from analysis.annotate import annotators

    _convert(args, args.what, annotators(_models(args))[args.what])


def run_align(args: argparse.Namespace) -> None:
    """Align the statements of events given as JSON lines."""
    from analysis.align import annotate_align

    models = _models(args)
    _convert(args, "align", lambda records: annotate_align(records, models=models))


def _models(args: argparse.Namespace) -> Path | None:
    from analysis.options import Options, with_models

    return with_models(Options(), args.models).models


def run_train(args: argparse.Namespace) -> None:
    """Refit a model on human coding."""
    if not args.gold.is_file():
        raise Refusal(f"there is no coded corpus at {args.gold.name}", reason="nothing-to-analyse")
    made = not args.out.exists()
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        module, name = TRAINERS[args.what]
        getattr(importlib.import_module(module), name)(args.gold, args.out)
    except Refusal:
        if made and not any(args.out.iterdir()):
            args.out.rmdir()  # a refusal leaves nothing behind
        raise
    except (KeyError, TypeError, RecursionError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Refusal(
            f"{args.gold.name} is not coded as expected ({type(error).__name__}: {error})", reason="table-invalid"
        ) from None
    print(f"the model is in {one_line(str(args.out))}; give the folder as --models")


def run_validate(args: argparse.Namespace) -> None:
    """Measure agreement with human coding and rewrite the cards."""
    from analysis.validate import validate

    if not args.gold.is_dir():
        raise Refusal(f"there is no folder of coded corpora at {args.gold.name}", reason="nothing-to-analyse")
    root = Path(__file__).resolve().parent
    beside = root / "models" / "validity.json"
    known = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else {}
    for name, text, printed in validate(
        args.gold, progress=lambda name: print(f"measuring on {name}", file=sys.stderr)
    ):
        write_atomic(root.parent / "docs" / "validity" / name, text.encode("utf-8"))
        known |= printed
        print(f"docs/validity/{name}")
    lines = ",\n ".join(f"{json.dumps(k)}: {json.dumps(known[k], ensure_ascii=False)}" for k in sorted(known))
    write_atomic(beside, f"{{\n {lines}\n}}\n".encode())
