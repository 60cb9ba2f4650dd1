"""From a corpus on disk to one row per article."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from analysis.columns import MANIFEST_NAMES, NAMES, name_columns, plain_name, with_given
from analysis.exports import split_export
from analysis.files import MAX_BYTES, decode, decode_exactly, read_packed
from analysis.formats import load_markdown, load_page, load_rtf, with_title
from analysis.refusals import Refusal, Skip
from analysis.views import find_disguises
from analysis.xml_formats import load_docx, load_feed

ARTICLE_COLUMNS = [
    "article_id",
    "outlet",
    "title",
    "date",
    "date_basis",
    "url",
    "event",
    "text",
    "file",
    "line",
    "flags",
]
ITEM_COLUMNS = ["file", "line", "article_id", "status", "reason", "flags"]
MANIFEST = "manifest.csv"
_TABLES = {".csv", ".tsv", ".jsonl", ".parquet"}
_FORMATS = {  # ending → flag of what the words were taken out of; the coordinate is then the extracted text
    **dict.fromkeys((".txt", ".text"), ""),
    **dict.fromkeys((".html", ".htm"), "html"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    ".docx": "docx",
    ".rtf": "rtf",
    **dict.fromkeys((".xml", ".rss", ".atom"), "feed"),
}
EXTRACTED = frozenset({"html", "markdown", "docx", "rtf", "feed", "export"})
BESIDE = frozenset({MANIFEST, "parallax.toml", "transcripts", "lexicons"})  # of a corpus folder, no articles
_TABLE_BYTES = 2_000_000_000
_LONGEST_NAME = 5_000
_HTML_START = re.compile(
    r"\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,200})?(?:<!--[^>]{0,2000}-->\s{0,200})?<(?:!doctype html|html|head|body)\b",
    re.I,
)


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
        One row per item that could not be read: file, line, article_id, status, reason, flags.

    Raises
    ------
    Refusal
        The corpus is not there, is not readable as a whole, or holds nothing.
    """
    corpus = Path(corpus)
    if corpus.is_dir():
        table = _only_table(corpus)
        articles, skipped = _load_table(table, columns or {}) if table else _load_folder(corpus, columns or {})
    elif corpus.is_file():
        articles, skipped = _load_table(corpus, columns or {})
    else:
        raise Refusal(f"there is no corpus at {corpus.name or corpus}", reason="nothing-to-analyse")
    if not articles and not skipped:
        raise Refusal(f"{corpus.name or corpus} holds no article", reason="nothing-to-analyse")
    frame = pd.DataFrame(articles, columns=ARTICLE_COLUMNS)
    repeated = frame["article_id"].duplicated()
    for a in frame[repeated].itertuples(index=False):
        skipped.append(_item(a.file, a.line, a.article_id, reason="duplicate"))
    return frame[~repeated].reset_index(drop=True), pd.DataFrame(skipped, columns=ITEM_COLUMNS)


def _item(file: str, line: int, article_id: str, *, reason: str) -> dict:
    return {"file": file, "line": line, "article_id": article_id, "status": "skipped", "reason": reason, "flags": ()}


# ---------------------------------------------------------------- a folder


def _only_table(folder: Path) -> Path | None:
    """Return the table of a folder that holds one table and no article files."""
    names = [n for n in os.listdir(folder) if not n.startswith(".") and n not in BESIDE]
    tables = [n for n in names if _ending(n) in _TABLES]
    texts = [n for n in names if _ending(n) in _FORMATS]
    path = folder / tables[0] if len(tables) == 1 and not texts else None
    return path if path is not None and path.is_file() and not path.is_symlink() else None


def _ending(name: str) -> str:
    return Path(name.removesuffix(".gz").removesuffix(".GZ")).suffix.lower()


def _load_folder(folder: Path, columns: Mapping[str, str]) -> tuple[list[dict], list[dict]]:
    names = sorted(n for n in os.listdir(folder) if not n.startswith("."))
    known, skipped = _load_manifest(folder / MANIFEST, columns) if MANIFEST in names else ({}, [])
    articles = []
    stems: set[str] = set()
    for name in [n for n in names if n not in BESIDE]:
        shown = name.encode("utf-8", "replace").decode("utf-8")
        try:
            _check_name(name)
            rows = _load_file(folder / name)
        except Skip as skip:
            skipped.append(_item(shown, skip.line, "", reason=skip.reason))
            continue
        stem = Path(name.removesuffix(".gz").removesuffix(".GZ")).stem
        stem = stem if stem not in stems else name
        stems.add(stem)
        given = {k: v for k, v in known.get(name, {}).items() if v and k != "line"}
        for n, row in enumerate(rows, start=1):
            article_id = stem if not row["line"] else f"{stem}-{n:03d}"
            row = {**row, **given, "article_id": article_id, "file": shown}
            if reason := _blank(row):
                skipped.append(_item(shown, row["line"], article_id, reason=reason))
            else:
                articles.append(row)
    for name, row in known.items():
        if name not in names:
            inside = name not in ("", ".", "..") and os.sep not in name and "\\" not in name
            skipped.append(_item(name, row["line"], "", reason="vanished" if inside else "not-regular-file"))
    return articles, skipped


def _check_name(name: str) -> None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise Skip("bad-name") from None
    if len(Path(name).stem) > 200 or any(ord(c) < 32 or ord(c) == 127 for c in name):
        raise Skip("bad-name")


def _load_file(path: Path) -> list[dict]:
    """Read the articles of one file: one, or those of a feed or an archive's export; raises Skip."""
    if path.is_symlink() or not path.is_file():
        raise Skip("not-regular-file")
    ending = _ending(path.name)
    if ending not in _FORMATS:
        raise Skip("unsupported-format")
    kind, data = _FORMATS[ending], read_packed(path, limit=MAX_BYTES)
    if kind == "feed":
        return [_row(found, ["feed"]) for found in load_feed(data)]
    if kind == "docx":
        found, flags = load_docx(data), []
    elif kind == "rtf" or data.startswith(b"{\\rtf"):
        kind, found, flags = "rtf", load_rtf(data.decode("latin-1")), []
    else:
        text, flags = decode(data)
        if kind == "html" or _HTML_START.match(text):
            kind, found = "html", load_page(text)
        else:
            found = load_markdown(text) if kind == "markdown" else {"text": text}
    flags = [*flags, kind] if kind else flags
    many = split_export(found["text"]) if kind in ("", "docx", "rtf") else []
    return [_row(one, [*flags, "export"]) for one in many] or [_row(found, flags)]


def _row(found: dict, flags: list[str]) -> dict:
    """Return what a format gave, under our columns; the outlet and such of a Markdown head go by many names."""
    plain = {plain_name(k): str(v) for k, v in found.items() if k != "line"}
    plain |= {"url": plain["source"], "source": ""} if plain.get("source", "").startswith("http") else {}
    given = {ours: next((plain[n] for n in names if plain.get(n)), "") for ours, names in NAMES.items()}
    date, basis = _check_date(given["date"], plain.get("date_basis", ""))
    text = given["text"]
    return {
        **_empty_row(),
        **given,
        "date": date,
        "date_basis": basis,
        "line": found.get("line", 0),
        "flags": (*flags, *find_disguises(text)),
    }


def _blank(row: dict) -> str:
    if row["text"].strip("\ufeff\u200b \n\t\r\u00a0"):
        return ""
    return "boilerplate-only" if "html" in row["flags"] else "empty"


def _empty_row() -> dict:
    return {**dict.fromkeys(ARTICLE_COLUMNS, ""), "line": 0, "flags": ()}


def _load_manifest(path: Path, columns: Mapping[str, str]) -> tuple[dict[str, dict], list[dict]]:
    """Read manifest.csv: file name → the columns it gives."""
    rows, skipped = _read_csv(path, names=MANIFEST_NAMES, given=columns, needed=("file",))
    known: dict[str, dict] = {}
    for row in rows:
        name = row.pop("file")
        if name in known:
            skipped.append(_item(name, row["line"], "", reason="duplicate"))
            continue
        row["date"], row["date_basis"] = _check_date(row.get("date", ""), row.get("date_basis", ""))
        known[name] = {k: v for k, v in row.items() if k in (*ARTICLE_COLUMNS, "line") and k != "article_id"}
    return known, skipped


def _check_date(date: str, basis: str) -> tuple[str, str]:
    """Return an ISO date and its basis; a date that cannot be read is unknown."""
    if not date.strip():
        return "", ""
    day = pd.to_datetime(date.strip()[:40], errors="coerce", utc=True)
    if pd.isna(day):
        return "", "unknown"
    return day.strftime("%Y-%m-%d"), basis if basis in ("stated", "inferred") else "stated"


# ---------------------------------------------------------------- a table


def _load_table(path: Path, columns: Mapping[str, str]) -> tuple[list[dict], list[dict]]:
    readers = {".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    if _ending(path.name) not in readers:
        raise Refusal(
            f"{path.name}: a corpus is a folder, or one .csv, .tsv, .jsonl or .parquet", reason="unsupported-format"
        )
    rows, skipped = readers[_ending(path.name)](path, names=NAMES, given=columns, needed=("outlet", "text"))
    articles = []
    for row in rows:
        line, text = row["line"], row.get("text", "")
        article_id = row.get("article_id") or f"row-{line:06d}"
        reason = ""
        if not text.strip():
            reason = "missing-field" if not text else "empty"
        elif len(text.encode("utf-8", "replace")) > MAX_BYTES:
            reason = "too-large"
        elif len(article_id) > _LONGEST_NAME or not article_id.isprintable():
            reason = "bad-name"
        if reason:
            skipped.append(_item(path.name, line, article_id, reason=reason))
            continue
        date, basis = _check_date(row.get("date", ""), "")
        title = " ".join(row.get("title", "").split())
        articles.append(
            {
                **_empty_row(),
                "article_id": article_id,
                "outlet": row.get("outlet", "").strip(),
                "title": title,
                "date": date,
                "date_basis": basis,
                "url": row.get("url", ""),
                "event": row.get("event", ""),
                "text": with_title(title, text),
                "file": path.name,
                "line": line,
                "flags": tuple(find_disguises(text)),
            }
        )
    return articles, skipped


def _read_csv(path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]) -> tuple[list[dict], list[dict]]:
    """Read a table of words: nothing becomes a number or a missing value, and every row is counted."""
    try:
        text, _ = decode_exactly(read_packed(path, limit=_TABLE_BYTES))
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a table", reason=skip.reason) from None
    text = text.replace("\r\n", "\n")
    text = text.replace("\r", " " if "\n" in text else "\n")  # a lone carriage return in a cell ends no row
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, skipped = [], []
    try:
        header = next(reader, None)
        if not header:
            raise Refusal(f"{path.name} is empty", reason="nothing-to-analyse")
        places = name_columns(header, names=names, given=given, needed=needed, table=path.name)
        start = reader.line_num + 1
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not cells:
                continue
            if len(cells) < len(header):
                skipped.append(_item(path.name, line, "", reason="missing-field"))
            elif len(cells) > len(header):
                skipped.append(_item(path.name, line, "", reason="malformed-row"))
            else:
                rows.append({**{ours: cells[i] for i, ours in places.items()}, "line": line})
    except csv.Error as error:
        raise Refusal(
            f"{path.name}, line {start}: a quotation mark is not closed or stands inside a cell ({error})",
            reason="table-invalid",
        ) from None
    return rows, skipped


def _no_repeats(pairs: list[tuple]) -> dict:
    if len({k for k, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _not_a_number(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _read_jsonl(
    path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]
) -> tuple[list[dict], list[dict]]:
    """Read one JSON object a line; a broken line is skipped with its number."""
    try:
        text, _ = decode(read_packed(path, limit=_TABLE_BYTES))
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a table", reason=skip.reason) from None
    rows, skipped, wanted = [], [], with_given(names, given)
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw, object_pairs_hook=_no_repeats, parse_constant=_not_a_number)
        except (ValueError, RecursionError):
            skipped.append(_item(path.name, line, "", reason="malformed-row"))
            continue
        if not isinstance(record, dict):
            skipped.append(_item(path.name, line, "", reason="malformed-row"))
            continue
        plain = {plain_name(str(k)): v for k, v in record.items()}
        row = {o: next((plain[n] for n in guesses if plain.get(n) is not None), "") for o, guesses in wanted.items()}
        if type(row["article_id"]) is int:
            row["article_id"] = str(row["article_id"])
        if any(not isinstance(v, str) for v in row.values()) or any(not row[n] for n in needed if n == "text"):
            skipped.append(_item(path.name, line, "", reason="missing-field"))
            continue
        rows.append({**row, "line": line})
    return rows, skipped


def _read_parquet(
    path: Path, *, names: Mapping, given: Mapping, needed: tuple[str, ...]
) -> tuple[list[dict], list[dict]]:
    """Read a parquet file in small batches, so that a cell repeated without end meets the limit of a table."""
    try:
        data = read_packed(path, limit=_TABLE_BYTES)
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a table", reason=skip.reason) from None
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise Refusal(
            f"{path.name}: reading parquet needs pyarrow (pip install pyarrow)", reason="unsupported-format"
        ) from None
    rows, skipped, room = [], [], _TABLE_BYTES
    try:
        file = ParquetFile(io.BytesIO(data))
        header = list(file.schema_arrow.names)
        places = name_columns(header, names=names, given=given, needed=needed, table=path.name)
        for line, values in enumerate(_rows_of(file, [header[i] for i in places]), start=1):
            row = {ours: "" if v is None or v != v else str(v) for ours, v in zip(places.values(), values, strict=True)}
            room -= sum(map(len, row.values()))
            if room < 0:
                raise Refusal(f"{path.name} holds more than {_TABLE_BYTES} characters", reason="decompression-limit")
            if any(isinstance(v, list | dict | bytes) for v in values):
                skipped.append(_item(path.name, line, "", reason="missing-field"))
            else:
                rows.append({**row, "line": line})
    except Refusal:
        raise
    except Exception:  # any damage that pyarrow finds
        raise Refusal(f"{path.name} cannot be read as parquet", reason="table-invalid") from None
    return rows, skipped


def _rows_of(file, header: list[str]) -> Iterator[tuple]:
    for batch in file.iter_batches(batch_size=64, columns=header, use_threads=False):
        yield from zip(*(batch.column(name).to_pylist() for name in header), strict=True)
