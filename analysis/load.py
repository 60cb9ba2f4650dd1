"""From a corpus on disk to one row per article."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from analysis.articles import ARTICLE_COLUMNS, FORMATS, check_date, empty_row, load_file, why_blank
from analysis.columns import MANIFEST_NAMES, NAMES
from analysis.files import MAX_BYTES
from analysis.formats import with_title
from analysis.refusals import Refusal, Skip
from analysis.tabular import Row, ending_of, read_csv, read_jsonl, read_parquet
from analysis.views import find_disguises

ITEM_COLUMNS = ["file", "line", "article_id", "status", "reason", "flags"]
MANIFEST = "manifest.csv"
_TABLES = {".csv": read_csv, ".tsv": read_csv, ".jsonl": read_jsonl, ".parquet": read_parquet}
BESIDE = frozenset({MANIFEST, "parallax.toml", "transcripts", "lexicons"})  # of a corpus folder, no articles
_LONGEST_NAME = 5_000
_NOT_GIVEN = frozenset({"article_id", "flags"})  # by a manifest
_PART_CHARACTERS = MAX_BYTES  # of text, after which a part of long articles ends early
_UNSHOWN = frozenset({"Cc", "Zl", "Zp"})  # control characters and breaks of line, which no file name needs


def load_corpus(corpus: Path, *, columns: Mapping[str, str] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read every article of a corpus.

    Parameters
    ----------
    corpus : Path
        A folder of .txt, .html, .md, .docx, .rtf and saved .xml, .rss, .atom files with an optional manifest.csv, or one
        .csv, .tsv, .jsonl or .parquet; each of them may be a .gz.
    columns : mapping of str to str, optional
        Our column → the user's, as `check_columns` returns; the others are guessed from their names.

    Returns
    -------
    articles : DataFrame
        One row per article, ordered by file name or by line: article_id, outlet ('' where unknown), title,
        date (ISO, '' where unknown), date_basis (stated, inferred, unknown, ''), url, event (the occasion where
        the corpus names it, else ''), text (decoded, raw), file, line (0 for a file of its own), flags (tuple of str).
    skipped : DataFrame
        One row per item that could not be read, in the order of the corpus: file, line, article_id, status, reason, flags.

    Raises
    ------
    Refusal
        The corpus is not there, is not readable as a whole, or holds nothing.
    """
    parts = list(load_parts(corpus, columns=columns))
    articles, skipped = zip(*parts, strict=True)
    return join_parts(articles, ARTICLE_COLUMNS), join_parts(skipped, ITEM_COLUMNS)


def join_parts(parts: Iterable[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put one table of several parts together; empty ones say nothing of what its columns hold."""
    full = [part for part in parts if len(part)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame([], columns=columns)


def load_parts(
    corpus: Path, *, columns: Mapping[str, str] | None = None, size: int = 200
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Read the articles of a corpus part by part, so that memory does not grow with their number.

    What is kept from part to part is the article_id of every article, and of a folder its names and manifest. A .csv is
    held whole as text, a .parquet.gz as bytes.

    Parameters
    ----------
    corpus, columns
        As for `load_corpus`.
    size : int
        Most articles of a part, and most skipped items; a part with very long articles ends earlier.

    Yields
    ------
    (articles, skipped) : (DataFrame, DataFrame)
        The tables of `load_corpus` a stretch at a time, in the same order; either may be empty, not both.

    Raises
    ------
    Refusal
        As `load_corpus`, with the first part; only damage inside a .parquet is met where it stands.
    """
    seen: set[str] = set()
    articles: list[dict] = []
    skipped: list[dict] = []
    none, room = True, _PART_CHARACTERS
    for item, reason in _read_items(Path(corpus), columns or {}):
        reason = reason or ("duplicate" if item["article_id"] in seen else "")
        if reason:
            skipped.append(_skipped(item, reason))
        else:
            seen.add(item["article_id"])
            articles.append(item)
            room -= len(item["text"])
        if len(articles) >= size or len(skipped) >= size or room <= 0:
            yield _tables_of(articles, skipped)
            articles, skipped, none, room = [], [], False, _PART_CHARACTERS
    if articles or skipped:
        yield _tables_of(articles, skipped)
    elif none:
        raise Refusal(f"{_shown(Path(corpus))} holds no article", reason="nothing-to-analyse")


def _tables_of(articles: list[dict], skipped: list[dict]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.DataFrame(articles, columns=ARTICLE_COLUMNS), pd.DataFrame(skipped, columns=ITEM_COLUMNS)


def _skipped(item: Mapping, reason: str) -> dict:
    known = {"file": item["file"], "line": item["line"], "article_id": item.get("article_id", "")}
    return {**known, "status": "skipped", "reason": reason, "flags": ()}


def _read_items(corpus: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    """Give every item of a corpus: the row of an article and '', or what is known of another and its reason."""
    table = find_table(corpus)
    if table is None:
        yield from _read_folder(corpus, columns)
    elif table.is_file():
        yield from _read_table(table, columns)
    else:
        raise Refusal(f"there is no corpus at {_shown(corpus)}", reason="nothing-to-analyse")


def _shown(corpus: Path) -> str:
    return corpus.name or str(corpus)


# ---------------------------------------------------------------- a folder


def find_table(corpus: Path) -> Path | None:
    """Return the one table that a corpus is, or None where it is a folder of articles."""
    return _only_table(corpus) if corpus.is_dir() else corpus


def _only_table(folder: Path) -> Path | None:
    """Return the table of a folder that holds one table and no article files."""
    names = [n for n in os.listdir(folder) if not n.startswith(".") and n not in BESIDE]
    tables = [n for n in names if ending_of(n) in _TABLES]
    texts = [n for n in names if ending_of(n) in FORMATS]
    path = folder / tables[0] if len(tables) == 1 and not texts else None
    return path if path is not None and path.is_file() and not path.is_symlink() else None


def _read_folder(folder: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    names = {n for n in os.listdir(folder) if not n.startswith(".")}
    known, broken = _load_manifest(folder / MANIFEST, columns) if MANIFEST in names else ({}, [])
    yield from broken
    taken: set[str] = set()
    for name in [n for n in sorted(names) if n not in BESIDE and not _is_companion(folder / n)]:
        shown = name.encode("utf-8", "replace").decode("utf-8")
        try:
            _check_name(name)
            rows = load_file(folder / name)
        except Skip as skip:
            yield {"file": shown, "line": skip.line}, skip.reason
            continue
        stem = _take(Path(name.removesuffix(".gz").removesuffix(".GZ")).stem, name, "", taken)
        given = {k: v for k, v in known.get(name, {}).items() if v and k != "line"}
        for n, row in enumerate(rows, start=1):
            article_id = _take(stem, name, f"-{n:03d}", taken) if row["line"] else stem
            row = {**row, **given, "article_id": article_id, "file": shown}
            yield row, why_blank(row)
    for name, row in known.items():
        if name not in names:
            inside = name not in ("", ".", "..") and os.sep not in name and "\\" not in name
            yield {"file": name, "line": row["line"]}, "vanished" if inside else "not-regular-file"


def _take(stem: str, name: str, ending: str, taken: set[str]) -> str:
    """Return an article_id of the stem of a file, of its whole name where the id is another's, and take it."""
    article_id = stem + ending if stem + ending not in taken else name + ending
    taken.add(article_id)
    return article_id


def _is_companion(path: Path) -> bool:
    """Tell the folder of pictures and scripts that a browser saves beside a page."""
    stem = path.name.removesuffix("_files")
    pages = (path.with_name(stem + ending) for ending in (".html", ".htm"))
    return stem != path.name and path.is_dir() and not path.is_symlink() and any(p.is_file() for p in pages)


def _check_name(name: str) -> None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise Skip("bad-name") from None
    if len(Path(name).stem) > 200 or any(unicodedata.category(c) in _UNSHOWN for c in name):
        raise Skip("bad-name")


def _load_manifest(path: Path, columns: Mapping[str, str]) -> tuple[dict[str, dict], list[Row]]:
    """Read manifest.csv: file name → the columns it gives; and its rows that cannot be used."""
    known: dict[str, dict] = {}
    broken: list[Row] = []
    for row, reason in read_csv(path, names=MANIFEST_NAMES, given=columns, needed=("file",)):
        name = row.pop("file", path.name)
        if reason or name in known:
            broken.append(({"file": name, "line": row["line"]}, reason or "duplicate"))
            continue
        row["date"], row["date_basis"] = check_date(row.get("date", ""), row.get("date_basis", ""))
        row |= _tidy(row)
        known[name] = {k: v for k, v in row.items() if k in (*ARTICLE_COLUMNS, "line") and k not in _NOT_GIVEN}
    return known, broken


# ---------------------------------------------------------------- a table


def _read_table(path: Path, columns: Mapping[str, str]) -> Iterator[Row]:
    read = _TABLES.get(ending_of(path.name))
    if read is None:
        raise Refusal(
            f"{path.name}: a corpus is a folder, or one .csv, .tsv, .jsonl or .parquet", reason="unsupported-format"
        )
    for row, reason in read(path, names=NAMES, given=columns, needed=("outlet", "text")):
        row["file"] = path.name
        if reason:
            yield row, reason
            continue
        row["article_id"] = row.get("article_id") or f"row-{row['line']:06d}"
        if reason := _unusable(row):
            yield row, reason
        else:
            yield _article_of(row), ""


def _unusable(row: dict) -> str:
    text, article_id = row.get("text", ""), row["article_id"]
    if not text.strip():
        return "missing-field" if not text else "empty"
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        return "too-large"
    return "bad-name" if len(article_id) > _LONGEST_NAME or not article_id.isprintable() else ""


def _tidy(row: dict) -> dict:
    """Return the outlet and the title of a row of a table, without the blanks that mean nothing."""
    return {"outlet": row.get("outlet", "").strip(), "title": " ".join(row.get("title", "").split())}


def _article_of(row: dict) -> dict:
    date, basis = check_date(row.get("date", ""), "")
    tidy = _tidy(row)
    return {
        **empty_row(),
        **{k: row.get(k, "") for k in ("article_id", "url", "event", "file", "line")},
        **tidy,
        "date": date,
        "date_basis": basis,
        "text": with_title(tidy["title"], row["text"]),
        "flags": (*row.get("flags", ()), *find_disguises(row["text"])),
    }
