"""From a corpus on disk to one row per article."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pandas as pd

from analysis.files import MAX_BYTES, decode, decode_exactly, mend_halves, read_bytes
from analysis.refusals import Refusal, Skip
from analysis.rows import split_rows
from analysis.views import find_disguises

ARTICLE_COLUMNS = ["article_id", "outlet", "title", "date", "date_basis", "url", "text", "file", "line", "flags"]
ITEM_COLUMNS = ["file", "line", "article_id", "status", "reason", "flags"]
MANIFEST = "manifest.csv"
_TEXT, _PAGES, _TABLES = {".txt", ".text"}, {".html", ".htm"}, {".csv", ".tsv", ".jsonl", ".parquet"}
_TABLE_BYTES = 2_000_000_000
_LONGEST_NAME = 5_000
_COLUMNS = {  # the names by which people call a column; ours first
    "article_id": ("article_id", "id"),
    "outlet": ("outlet", "publisher", "publication", "newspaper", "medium", "source", "site", "domain"),
    "title": ("title", "headline"),
    "date": ("date", "published", "publish_date", "publication_date", "pubdate"),
    "url": ("url", "link"),
    "text": ("text", "body", "content", "article", "full_text"),
}
_MANIFEST_COLUMNS = {**_COLUMNS, "file": ("file", "filename", "path")}
_MANIFEST_COLUMNS.pop("text")
_HTML_START = re.compile(
    r"\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,200})?(?:<!--[^>]{0,2000}-->\s{0,200})?<(?:!doctype html|html|head|body)\b",
    re.I,
)


def load_corpus(corpus: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read every article of a corpus.

    Parameters
    ----------
    corpus : Path
        A folder of .txt and .html files with an optional manifest.csv, or one .csv, .tsv, .jsonl or .parquet.

    Returns
    -------
    articles : DataFrame
        One row per article, ordered by file name or by line: article_id, outlet ('' where unknown), title,
        date (ISO, '' where unknown), date_basis (stated, inferred, unknown, ''), url, text (decoded, raw),
        file, line (0 for a file of its own), flags (tuple of str).
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
        articles, skipped = _load_table(table) if table else _load_folder(corpus)
    elif corpus.is_file():
        articles, skipped = _load_table(corpus)
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
    names = [n for n in os.listdir(folder) if not n.startswith(".") and n != MANIFEST]
    tables = [n for n in names if Path(n).suffix.lower() in _TABLES]
    texts = [n for n in names if Path(n).suffix.lower() in _TEXT | _PAGES]
    path = folder / tables[0] if len(tables) == 1 and not texts else None
    return path if path is not None and path.is_file() and not path.is_symlink() else None


def _load_folder(folder: Path) -> tuple[list[dict], list[dict]]:
    names = sorted(n for n in os.listdir(folder) if not n.startswith("."))
    known, skipped = _load_manifest(folder / MANIFEST) if MANIFEST in names else ({}, [])
    articles = []
    stems: set[str] = set()
    for name in [n for n in names if n != MANIFEST]:
        shown = name.encode("utf-8", "replace").decode("utf-8")
        try:
            _check_name(name)
            row = _load_file(folder / name)
        except Skip as skip:
            skipped.append(_item(shown, 0, "", reason=skip.reason))
            continue
        stem = Path(name).stem
        article_id = stem if stem not in stems else name
        stems.add(article_id)
        given = {k: v for k, v in known.get(name, {}).items() if v}
        articles.append({**row, **given, "article_id": article_id, "file": shown, "line": 0})
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


def _load_file(path: Path) -> dict:
    """Read one article file; raises Skip."""
    if path.is_symlink() or not path.is_file():
        raise Skip("not-regular-file")
    ending = path.suffix.lower()
    if ending not in _TEXT | _PAGES:
        raise Skip("unsupported-format")
    text, flags = decode(read_bytes(path, limit=MAX_BYTES))
    row = _empty_row()
    if ending in _PAGES or _HTML_START.match(text):
        row.update(_read_page(text))
        flags = [*flags, "html"]
    else:
        row["text"] = text
    if not row["text"].strip("\ufeff\u200b \n\t\r\u00a0"):
        raise Skip("boilerplate-only" if "html" in flags else "empty")
    return {**row, "flags": (*flags, *find_disguises(row["text"]))}


def _empty_row() -> dict:
    return {**dict.fromkeys(ARTICLE_COLUMNS, ""), "line": 0, "flags": ()}


def _read_page(page: str) -> dict:
    """Take the article, its title, date and outlet out of a web page."""
    import trafilatura  # slow to import, and only pages need it

    found = trafilatura.bare_extraction(
        page,
        with_metadata=True,
        include_comments=False,
        date_extraction_params={"original_date": True, "extensive_search": False},
    )
    if found is None:
        return {"text": ""}
    data = found if isinstance(found, dict) else found.as_dict()
    get = lambda key: " ".join(str(data.get(key) or "").split())  # noqa: E731
    title, body = get("title"), data.get("text") or ""
    return {
        "title": title,
        "date": get("date"),
        "date_basis": "stated" if get("date") else "",
        "outlet": get("sitename"),
        "url": get("url"),
        "text": _with_title(title, body),
    }


def _with_title(title: str, body: str) -> str:
    """Return the text with its headline on top, so that the headline has a place in the coordinate."""
    return body if not title or body.lstrip().startswith(title) else f"{title}\n\n{body}"


def _load_manifest(path: Path) -> tuple[dict[str, dict], list[dict]]:
    """Read manifest.csv: file name → the columns it gives."""
    rows, skipped = _read_csv(path, columns=_MANIFEST_COLUMNS, needed=("file",))
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


def _load_table(path: Path) -> tuple[list[dict], list[dict]]:
    readers = {".csv": _read_csv, ".tsv": _read_csv, ".jsonl": _read_jsonl, ".parquet": _read_parquet}
    if path.suffix.lower() not in readers:
        raise Refusal(
            f"{path.name}: a corpus is a folder, or one .csv, .tsv, .jsonl or .parquet", reason="unsupported-format"
        )
    rows, skipped = readers[path.suffix.lower()](path, columns=_COLUMNS, needed=("outlet", "text"))
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
                "text": _with_title(title, text),
                "file": path.name,
                "line": line,
                "flags": tuple(find_disguises(text)),
            }
        )
    return articles, skipped


def _name_columns(header: list[str], *, columns: dict, needed: tuple[str, ...], name: str) -> dict[int, str]:
    """Map the place of each column to our name for it."""
    plain = [h.strip().lower().replace(" ", "_") for h in header]
    if len(set(plain)) < len(plain):
        raise Refusal(f"{name}: two columns have one name", reason="table-invalid")
    places = {}
    for ours, names in columns.items():
        found = next((plain.index(n) for n in names if n in plain), None)
        if found is not None and found not in places:
            places[found] = ours
        elif ours in needed:
            raise Refusal(
                f"{name}: there is no column for {ours} (its columns are {', '.join(header[:12])})",
                reason="table-invalid",
            )
    for extra in ("date_basis",):
        if extra in plain:
            places[plain.index(extra)] = extra
    return places


def _read_csv(path: Path, *, columns: dict, needed: tuple[str, ...]) -> tuple[list[dict], list[dict]]:
    """Read a table of words: nothing becomes a number or a missing value, and every row is counted."""
    try:
        text, _ = decode_exactly(read_bytes(path, limit=_TABLE_BYTES))
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a table ({skip.reason})", reason="table-invalid") from None
    found = split_rows(text)
    header = next((cells for _, cells in found), None)
    if header is None:
        raise Refusal(
            f"{path.name} has no header that can be read",
            reason="table-invalid" if text.strip() else "nothing-to-analyse",
        )
    places = _name_columns(header, columns=columns, needed=needed, name=path.name)
    rows, skipped = [], []
    for line, cells in found:
        if cells is None or len(cells) > len(header):
            skipped.append(_item(path.name, line, "", reason="malformed-row"))
        elif len(cells) < len(header):
            skipped.append(_item(path.name, line, "", reason="missing-field"))
        else:
            rows.append({**{ours: cells[i] for i, ours in places.items()}, "line": line})
    return rows, skipped


def _no_repeats(pairs: list[tuple]) -> dict:
    if len({k for k, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return {mend_halves(k): mend_halves(v) for k, v in pairs}


def _not_a_number(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def _read_jsonl(path: Path, *, columns: dict, needed: tuple[str, ...]) -> tuple[list[dict], list[dict]]:
    """Read one JSON object a line; a broken line is skipped with its number."""
    try:
        text, _ = decode(read_bytes(path, limit=_TABLE_BYTES))
    except Skip as skip:
        raise Refusal(f"{path.name} cannot be read as a table ({skip.reason})", reason="table-invalid") from None
    rows, skipped = [], []
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
        plain = {str(k).strip().lower(): v for k, v in record.items()}
        row = {ours: next((plain[n] for n in names if plain.get(n) is not None), "") for ours, names in columns.items()}
        if any(not isinstance(v, str) for v in row.values()) or any(not row[n] for n in needed if n == "text"):
            skipped.append(_item(path.name, line, "", reason="missing-field"))
            continue
        rows.append({**row, "line": line})
    return rows, skipped


def _read_parquet(path: Path, *, columns: dict, needed: tuple[str, ...]) -> tuple[list[dict], list[dict]]:
    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise Refusal(
            f"{path.name}: reading parquet needs pyarrow (pip install pyarrow)", reason="unsupported-format"
        ) from None
    except Exception:  # any damage that pyarrow finds
        raise Refusal(f"{path.name} cannot be read as parquet", reason="table-invalid") from None
    places = _name_columns([str(c) for c in frame.columns], columns=columns, needed=needed, name=path.name)
    rows = []
    for line, values in enumerate(frame.itertuples(index=False), start=1):
        rows.append(
            {**{ours: "" if pd.isna(values[i]) else str(values[i]) for i, ours in places.items()}, "line": line}
        )
    return rows, []
