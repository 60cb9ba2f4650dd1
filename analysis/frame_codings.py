"""A scholar's own coding of texts: a table with a text and one or several codes a row, its columns guessed by name."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from pathlib import Path

import pandas as pd

from analysis.files import decode_exactly, read_bytes
from analysis.refusals import Refusal, Skip

_LIMIT = 200_000_000  # bytes of a coded table, unpacked
_TEXT = ("text", "headline", "title", "sentence", "content", "body", "paragraph", "tweet", "news_title")
_CODES = re.compile(r"(?:frames?|codes?|labels?|categor(?:y|ies)|themes?|topics?|issues?)(?:[ _-]?\d{1,2})?")
_GROUP = ("group", "cluster", "event", "event_id", "story", "doc_id", "article_id", "article")
_CONTEXT = ("lead", "summary", "abstract", "teaser", "standfirst", "first_paragraph")
_ID = ("id", "text_id", "uid", "doc", "nr", "no")
_NO_CODE = frozenset({"", "0", "none", "na", "n/a", "nan", "-", "99", "missing"})
COLUMNS = ["id", "text", "codes", "group", "context"]


def load_codings(path: Path) -> pd.DataFrame:
    """Load texts with the codes that a coder gave them.

    Parameters
    ----------
    path : Path
        A .csv, .tsv or .jsonl (may end in .gz). The text is looked for under text, headline, title and the like; the codes
        under frame, code, label, theme and their plurals and numbers (``frame_2``), several in one cell parted by
        ``;`` or ``|``, or else in one column of 0 and 1 per code. The first code is the main one. Also read where they
        are there: id, group (texts that must not be parted: story, event, article) and lead or summary.

    Returns
    -------
    DataFrame
        One row per coded text: id, text, codes (list of str, main one first, at least one), group (str; texts with the same
        letters share one), context (the lead, '' where there is none). Rows without a code are left out.

    Raises
    ------
    Refusal
        table-invalid: no text or no code column, or a row that does not fit; unsupported-format; not readable.
    """
    rows = _read_rows(path)
    if not rows:
        raise Refusal(f"{path.name} holds no coded text", reason="nothing-to-analyse")
    header = list(dict.fromkeys(k for row in rows for k in row))
    text = _pick(header, _TEXT)
    if text is None:
        raise Refusal(f"{path.name} has no column of texts (text, headline, title …)", reason="table-invalid")
    named = [c for c in header if _CODES.fullmatch(c)]
    main = [c for c in named if not c.endswith("s")]  # `frame` before `frames`: the main code comes first
    flags = [] if named else _find_flags(rows, header)
    if not named and len(flags) < 2:
        raise Refusal(f"{path.name} has no column of codes (frame, code, label, theme …)", reason="table-invalid")
    places = [*main, *[c for c in named if c not in main]]
    group, context, identity = _pick(header, _GROUP), _pick(header, _CONTEXT), _pick(header, _ID)
    found = []
    for number, row in enumerate(rows):
        words = _cell(row.get(text))
        codes = [f for f in flags if _cell(row.get(f)) == "1"] if flags else _codes_of(row, places)
        if words.strip() and codes:
            alike = " ".join(re.findall(r"\w+", words.lower()))
            found.append(
                {
                    "id": _cell(row.get(identity)) if identity else str(number),
                    "text": words,
                    "codes": codes,
                    "group": (_cell(row.get(group)) if group else "") or alike,
                    "context": _cell(row.get(context)) if context else "",
                }
            )
    return pd.DataFrame(found, columns=COLUMNS)


def _pick(header: list[str], names: tuple[str, ...]) -> str | None:
    return next((n for n in names if n in header), None)


def _cell(value: object) -> str:
    return "" if value is None else str(int(value) if isinstance(value, bool) else value)


def _codes_of(row: dict, places: list[str]) -> list[str]:
    found: list[str] = []
    for place in places:
        value = row.get(place)
        cells = value if isinstance(value, list) else re.split(r"[;|]", _cell(value))
        found += [" ".join(_cell(c).split()) for c in cells]
    return [c for c in dict.fromkeys(found) if c.lower() not in _NO_CODE]


def _find_flags(rows: list[dict], header: list[str]) -> list[str]:
    """Return the columns that hold nothing but 0 and 1 (or nothing), one code each."""
    values = {c: {_cell(r.get(c)).strip() for r in rows} for c in header}
    return [c for c in header if c not in _ID and values[c] <= {"", "0", "1"} and "1" in values[c]]


def _read_rows(path: Path) -> list[dict]:
    """Read the rows as they are: nothing becomes a number or a missing value."""
    try:
        data = read_bytes(path, limit=_LIMIT)
        if path.name.endswith(".gz"):
            data = _unpack(data, path)
        text, _ = decode_exactly(data)
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a coded table", reason=skip.reason) from None
    kind = path.name.removesuffix(".gz").rsplit(".", 1)[-1].lower()
    if kind in ("jsonl", "json"):
        return _read_lines(text, path)
    if kind in ("csv", "tsv"):
        return _read_table(text.replace("\r\n", "\n"), path)
    raise Refusal(f"{path.name}: coded texts are a .csv, .tsv or .jsonl", reason="unsupported-format")


def _unpack(data: bytes, path: Path) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as file:
            plain = file.read(_LIMIT + 1)
    except (OSError, EOFError):
        raise Refusal(f"{path.name} cannot be unpacked", reason="bad-archive") from None
    if len(plain) > _LIMIT:
        raise Refusal(f"{path.name} unpacks to more than {_LIMIT:,} bytes", reason="decompression-limit")
    return plain


def _read_lines(text: str, path: Path) -> list[dict]:
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise Refusal(f"{path.name}, line {number} is not a JSON object", reason="malformed-row")
            rows.append({str(k).strip().lower(): v for k, v in row.items()})
    return rows


def _read_table(text: str, path: Path) -> list[dict]:
    first = text.split("\n", 1)[0]
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    header: list[str] = []
    rows = []
    try:
        for cells in reader:
            if not header:
                header = [c.strip().lower() for c in cells]
                if len(set(header)) < len(header):
                    raise Refusal(f"{path.name}: a column name stands twice", reason="table-invalid")
            elif cells:
                if len(cells) != len(header):
                    raise Refusal(
                        f"{path.name}, line {reader.line_num}: {len(cells)} cells where the header has {len(header)}",
                        reason="malformed-row",
                    )
                rows.append(dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise Refusal(f"{path.name}, line {reader.line_num}: {error}", reason="table-invalid") from None
    return rows
