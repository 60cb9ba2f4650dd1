"""From one file, of whatever format, to the rows of its articles."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from analysis.columns import NAMES, plain_name
from analysis.dates import read_any_day
from analysis.exports import split_export
from analysis.files import MAX_BYTES, decode, read_packed
from analysis.formats import load_markdown, load_page, load_rtf
from analysis.refusals import Skip
from analysis.tabular import ending_of
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
FORMATS = {  # ending → flag of what the words were taken out of; the coordinate is then the extracted text
    **dict.fromkeys((".txt", ".text"), ""),
    **dict.fromkeys((".html", ".htm"), "html"),
    **dict.fromkeys((".md", ".markdown"), "markdown"),
    ".docx": "docx",
    ".rtf": "rtf",
    **dict.fromkeys((".xml", ".rss", ".atom"), "feed"),
}
EXTRACTED = frozenset({"html", "markdown", "docx", "rtf", "feed", "export"})
_HTML_START = re.compile(
    r"\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,200})?(?:<!--[^>]{0,2000}-->\s{0,200})?<(?:!doctype html|html|head|body)\b",
    re.I,
)


def load_file(path: Path) -> list[dict]:
    """Read the articles of one file: one, or those of a feed or an archive's export.

    Raises
    ------
    Skip
        It cannot be read; the reason says why.
    """
    if path.is_symlink() or not path.is_file():
        raise Skip("not-regular-file")
    ending = ending_of(path.name)
    if ending not in FORMATS:
        raise Skip("unsupported-format")
    kind, data = FORMATS[ending], read_packed(path, limit=MAX_BYTES)
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
    if len(found["text"]) > MAX_BYTES:  # a .docx is packed
        raise Skip("too-large")
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
    text = "\n\n".join(row["text"] for row in load_file(path))
    if not text.strip():
        raise Skip("empty")
    return text


def _row(found: dict, flags: list[str]) -> dict:
    """Return what a format gave, under our columns; the outlet and such of a Markdown head go by many names."""
    said = {plain_name(k): v for k, v in found.get("front", {}).items()}
    plain = said | {k: v for k, v in found.items() if isinstance(v, str)}
    plain |= {"url": plain["source"], "source": ""} if plain.get("source", "").startswith("http") else {}
    given = {ours: next((plain[n] for n in names if plain.get(n)), "") for ours, names in NAMES.items()}
    date, basis = check_date(given["date"], plain.get("date_basis", ""))
    text = found["text"]
    return {
        **empty_row(),
        **given,
        "text": text,
        "date": date,
        "date_basis": basis,
        "line": found.get("line", 0),
        "flags": (*flags, *find_disguises(text)),
    }


def why_blank(row: dict) -> str:
    """Return why a row without words has none, '' for one that has some."""
    if row["text"].strip("\ufeff\u200b \n\t\r\u00a0"):
        return ""
    if "export" in row["flags"]:  # an article whose parts could not be told
        return "malformed-row"
    return "boilerplate-only" if "html" in row["flags"] else "empty"


def empty_row() -> dict:
    """Return an article of which nothing is known."""
    return {**dict.fromkeys(ARTICLE_COLUMNS, ""), "line": 0, "flags": ()}


def check_date(date: str, basis: str) -> tuple[str, str]:
    """Return an ISO date and its basis; a date that cannot be read is unknown."""
    if not date.strip():
        return "", ""
    day = _find_day(date)
    if not day:
        return "", "unknown"
    return day, basis if basis in ("stated", "inferred") else "stated"


_find_day = lru_cache(maxsize=10_000)(read_any_day)  # a day has many articles
