"""From a corpus on disk to one row per article."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.columns import MANIFEST_NAMES, NAMES, plain_name
from analysis.exports import split_export
from analysis.files import MAX_BYTES, decode, read_packed
from analysis.formats import load_markdown, load_page, load_rtf, with_title
from analysis.refusals import Refusal, Skip
from analysis.tabular import read_csv, read_jsonl, read_parquet, skipped_item
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
        skipped.append(skipped_item(a.file, a.line, a.article_id, reason="duplicate"))
    return frame[~repeated].reset_index(drop=True), pd.DataFrame(skipped, columns=ITEM_COLUMNS)


# ---------------------------------------------------------------- a folder


def find_table(corpus: Path) -> Path | None:
    """Return the one table that a corpus is, or None where it is a folder of articles."""
    return _only_table(corpus) if corpus.is_dir() else corpus


def _only_table(folder: Path) -> Path | None:
    """Return the table of a folder that holds one table and no article files."""
    names = [n for n in os.listdir(folder) if not n.startswith(".") and n not in BESIDE]
    tables = [n for n in names if ending_of(n) in _TABLES]
    texts = [n for n in names if ending_of(n) in _FORMATS]
    path = folder / tables[0] if len(tables) == 1 and not texts else None
    return path if path is not None and path.is_file() and not path.is_symlink() else None


def ending_of(name: str) -> str:
    """Return the ending of a file name in lower case, that under a .gz where it is packed."""
    return Path(name.removesuffix(".gz").removesuffix(".GZ")).suffix.lower()


def _load_folder(folder: Path, columns: Mapping[str, str]) -> tuple[list[dict], list[dict]]:
    names = sorted(n for n in os.listdir(folder) if not n.startswith("."))
    known, skipped = _load_manifest(folder / MANIFEST, columns) if MANIFEST in names else ({}, [])
    articles = []
    stems: set[str] = set()
    for name in [n for n in names if n not in BESIDE and not _is_companion(folder / n)]:
        shown = name.encode("utf-8", "replace").decode("utf-8")
        try:
            _check_name(name)
            rows = _load_file(folder / name)
        except Skip as skip:
            skipped.append(skipped_item(shown, skip.line, "", reason=skip.reason))
            continue
        stem = Path(name.removesuffix(".gz").removesuffix(".GZ")).stem
        stem = stem if stem not in stems else name
        stems.add(stem)
        given = {k: v for k, v in known.get(name, {}).items() if v and k != "line"}
        for n, row in enumerate(rows, start=1):
            article_id = stem if not row["line"] else f"{stem}-{n:03d}"
            row = {**row, **given, "article_id": article_id, "file": shown}
            if reason := _blank(row):
                skipped.append(skipped_item(shown, row["line"], article_id, reason=reason))
            else:
                articles.append(row)
    for name, row in known.items():
        if name not in names:
            inside = name not in ("", ".", "..") and os.sep not in name and "\\" not in name
            skipped.append(skipped_item(name, row["line"], "", reason="vanished" if inside else "not-regular-file"))
    return articles, skipped


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
    if len(Path(name).stem) > 200 or any(ord(c) < 32 or ord(c) == 127 for c in name):
        raise Skip("bad-name")


def _load_file(path: Path) -> list[dict]:
    """Read the articles of one file: one, or those of a feed or an archive's export; raises Skip."""
    if path.is_symlink() or not path.is_file():
        raise Skip("not-regular-file")
    ending = ending_of(path.name)
    if ending not in _FORMATS:
        raise Skip("unsupported-format")
    kind, data = _FORMATS[ending], read_packed(path, limit=MAX_BYTES)
    flags: list[str] = []
    if kind == "feed":
        found_rows = [_row(found, ["feed"]) for found in load_feed(data)]
        if not found_rows:
            raise Skip("empty")
        return found_rows
    if kind == "docx":
        found = load_docx(data)
    elif kind == "rtf" or data.startswith(b"{\\rtf"):
        kind, found = "rtf", load_rtf(data.decode("latin-1"))
    else:
        text, flags = decode(data)
        if kind == "html" or _HTML_START.match(text):
            kind, found = "html", load_page(text)
        else:
            found = load_markdown(text) if kind == "markdown" else {"text": text}
    flags = [*flags, kind] if kind else flags
    many = split_export(found["text"]) if kind in ("", "docx", "rtf") else []
    return [_row(one, [*flags, "export"]) for one in many] or [_row(found, flags)]


def load_words(path: Path) -> str:
    """Return the words of one file of any format that an article may have, such as a transcript.

    Raises
    ------
    Skip
        It cannot be read, or holds no words.
    """
    if not path.exists():
        raise Skip("vanished")
    text = "\n\n".join(row["text"] for row in _load_file(path))
    if not text.strip():
        raise Skip("empty")
    return text


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
    if "export" in row["flags"]:  # an article whose parts could not be told
        return "malformed-row"
    return "boilerplate-only" if "html" in row["flags"] else "empty"


def _empty_row() -> dict:
    return {**dict.fromkeys(ARTICLE_COLUMNS, ""), "line": 0, "flags": ()}


def _load_manifest(path: Path, columns: Mapping[str, str]) -> tuple[dict[str, dict], list[dict]]:
    """Read manifest.csv: file name → the columns it gives."""
    rows, skipped = read_csv(path, names=MANIFEST_NAMES, given=columns, needed=("file",))
    known: dict[str, dict] = {}
    for row in rows:
        name = row.pop("file")
        if name in known:
            skipped.append(skipped_item(name, row["line"], "", reason="duplicate"))
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
    readers = {".csv": read_csv, ".tsv": read_csv, ".jsonl": read_jsonl, ".parquet": read_parquet}
    if ending_of(path.name) not in readers:
        raise Refusal(
            f"{path.name}: a corpus is a folder, or one .csv, .tsv, .jsonl or .parquet", reason="unsupported-format"
        )
    rows, skipped = readers[ending_of(path.name)](path, names=NAMES, given=columns, needed=("outlet", "text"))
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
            skipped.append(skipped_item(path.name, line, article_id, reason=reason))
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
