"""Files that a press archive exports, with many articles in one text: Nexis Uni, the older LexisNexis, Factiva.

The layouts are those their help pages and readers describe; each was checked on samples made after them, not on a
real export, which may not be passed on. A text in none of these layouts is one article.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from analysis.formats import with_title

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = re.compile(rf"(?i)(?:[a-z]{{6,9}},? )?({_MONTH} \d{{1,2}},? \d{{4}}|\d{{1,2}} {_MONTH},? \d{{4}})\b.{{0,60}}")
_LENGTH = re.compile(r"(?i)length: ?[\d,]{1,9} words?\b.{0,20}")
_NUMBERED = re.compile(r"(?i)(?:document )?\d{1,5} of \d{1,5} documents?")
_NEXIS_FIELD = re.compile(
    r"(?i)(?:section|length|byline|dateline|highlight|headline|correction|series|url|edition):.{0,2000}"
)
_OLD_FIELD = re.compile(r"[A-Z][A-Z-]{3,24}: .{0,2000}")
_NEXIS_TAIL = re.compile(r"(?i)load-date: .{0,60}|classification|graphic|end of document")
_OLD_TAIL = re.compile(
    r"(?:LOAD-DATE|LANGUAGE|PUBLICATION-TYPE|SUBJECT|GRAPHIC|CORRECTION-DATE|JOURNAL-CODE): .{0,2000}"
)
_CODE = re.compile(
    r"(SE|HD|CR|BY|WC|PD|ET|SN|SC|ED|PG|VOL|LA|CY|LP|TD|CT|RF|CO|IN|NS|RE|IPC|IPD|PUB|AN|CX|ART)(?:(?:\t| {2,20})(.{0,200000}))?"
)
_WORD_COUNT = re.compile(r"(?i)[\d,]{1,9} words")
_DOCUMENT = re.compile(r"Document (?=[A-Za-z]{0,39}[0-9])[A-Za-z0-9]{12,40}")  # its number has the day in it


def split_export(text: str) -> list[dict]:
    """Split the text of an export into its articles.

    Parameters
    ----------
    text : str
        The words of the file, one paragraph a line.

    Returns
    -------
    list of dict
        One per article: text (headline on top), title, outlet, date (as written), line (where it begins, from 1);
        empty where the layout is none of those known.
    """
    lines = [line.strip() for line in text.replace("\u00a0", " ").split("\n")]
    head = lines[:100_000]
    if any(_LENGTH.fullmatch(line) for line in head):
        if any(line.lower() == "end of document" for line in lines):
            return _split_nexis(lines)
        if any(_NUMBERED.fullmatch(line) for line in head):
            return _split_old_nexis(lines)
    if any(_DOCUMENT.fullmatch(line.removeprefix("AN").strip()) for line in lines):
        coded = {m[1] for line in head if (m := _CODE.fullmatch(line))}
        return _split_coded(lines) if {"HD", "WC", "PD", "SN", "AN"} <= coded else _split_factiva(lines)
    return []


def _article(title: str, outlet: str, date: str, body: list[str], line: int) -> dict:
    title = " ".join(title.split())
    words = "\n\n".join(part for part in body if part)
    return {"title": title, "outlet": outlet.strip(), "date": date, "text": with_title(title, words), "line": line}


def _unknown(line: int) -> dict:
    """Return what stands for an article whose parts cannot be told: without words, so that it is counted as skipped."""
    return {"title": "", "outlet": "", "date": "", "text": "", "line": line}


def _pieces(lines: list[str], is_end: Callable, *, is_inside: re.Pattern) -> list[tuple[int, list[str]]]:
    """Cut lines after each that ends an article: (where it begins, its lines).

    What follows the last end is one more where a line of it says so, as when a file was cut off.
    """
    pieces, start = [], 0
    for i, line in enumerate(lines):
        if is_end(line):
            pieces.append((start, lines[start:i]))
            start = i + 1
    rest = lines[start:]
    return [*pieces, (start, rest)] if any(is_inside.fullmatch(line) for line in rest) else pieces


def _split_nexis(lines: list[str]) -> list[dict]:
    """Title, outlet, date, copyright, fields, "Body", words, "Load-Date:", "End of Document"; a cover may come first."""
    articles = []
    for start, piece in _pieces(lines, lambda line: line.lower() == "end of document", is_inside=_LENGTH):
        length = next((i for i, line in enumerate(piece) if _LENGTH.fullmatch(line)), -1)
        day = next((i for i in range(length - 1, -1, -1) if _DATE.fullmatch(piece[i])), -1)
        above = [i for i in range(day) if piece[i]]
        if length < 0 or len(above) < 2:
            articles.append(_unknown(start + 1))
            continue
        body = next((i + 1 for i in range(length, len(piece)) if piece[i].lower() == "body"), -1)
        if body < 0:
            body = next(
                (i for i in range(length, len(piece)) if piece[i] and not _NEXIS_FIELD.fullmatch(piece[i])), length
            )
        tail = next((i for i in range(body, len(piece)) if _NEXIS_TAIL.fullmatch(piece[i])), len(piece))
        date = _DATE.fullmatch(piece[day])[1]  # type: ignore[index]
        title, outlet = piece[above[-2]], piece[above[-1]]
        articles.append(_article(title, outlet, date, piece[body:tail], start + above[-2] + 1))
    return articles


def _split_old_nexis(lines: list[str]) -> list[dict]:
    """ "1 of 20 DOCUMENTS", outlet, date, title, BYLINE:, SECTION:, LENGTH:, words, LOAD-DATE:, LANGUAGE:."""
    starts = [i for i, line in enumerate(lines) if _NUMBERED.fullmatch(line)]
    articles = []
    for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        piece = lines[start + 1 : stop]
        length = next((i for i, line in enumerate(piece) if _LENGTH.fullmatch(line)), -1)
        field = next((i for i, line in enumerate(piece) if _OLD_FIELD.fullmatch(line)), -1)
        day = next((i for i, line in enumerate(piece[: max(field, 0)]) if _DATE.fullmatch(line)), -1)
        above = [line for line in piece[: max(day, 0)] if line]
        titles = [line for line in piece[day + 1 : max(field, 0)] if line]
        if length < 0 or not above or not titles:
            articles.append(_unknown(start + 1))
            continue
        body = next(
            (i for i in range(length + 1, len(piece)) if piece[i] and not _OLD_FIELD.fullmatch(piece[i])), len(piece)
        )
        tail = next((i for i in range(body, len(piece)) if _OLD_TAIL.fullmatch(piece[i])), len(piece))
        date = _DATE.fullmatch(piece[day])[1]  # type: ignore[index]
        articles.append(_article(titles[-1], above[0], date, piece[body:tail], start + 1))
    return articles


def _split_coded(lines: list[str]) -> list[dict]:
    """Factiva with field codes: HD title, PD date, SN outlet, LP and TD words, AN the number that ends it."""
    articles, fields, code, start = [], {}, "", 0  # type: ignore[var-annotated]
    for i, line in enumerate([*lines, "AN"]):
        found = _CODE.fullmatch(line)
        if found:
            if found[1] in fields and fields.get("AN") and any(fields["AN"]):
                articles.append(_coded(fields, start))
                fields = {}
            code = found[1]
            start = i if not fields else start
            fields.setdefault(code, [])
            line = found[2] or ""
        elif fields.get("AN") and any(fields["AN"]) and line:
            articles.append(_coded(fields, start))
            fields, code = {}, ""
        if code and line:
            fields[code].append(line.strip())
    return articles


def _coded(fields: dict[str, list[str]], start: int) -> dict:
    get = lambda code: " ".join(fields.get(code, []))  # noqa: E731
    return _article(get("HD"), get("SN"), get("PD"), [*fields.get("LP", []), *fields.get("TD", [])], start + 1)


def _split_factiva(lines: list[str]) -> list[dict]:
    """Factiva without codes: title, "512 words", date, outlet, …, copyright, words, "Document ABC0000020220127…"."""
    articles = []
    for start, piece in _pieces(lines, _DOCUMENT.fullmatch, is_inside=_WORD_COUNT):
        counted = next((i for i, line in enumerate(piece) if _WORD_COUNT.fullmatch(line)), -1)
        day = next((i for i in range(max(counted, 0), len(piece)) if _DATE.fullmatch(piece[i])), -1)
        rights = next(
            (i for i in range(max(day, 0), min(len(piece), day + 20)) if re.match(r"(?i)copyright|\(c\)|©", piece[i])),
            -1,
        )
        titles = [
            line
            for line in piece[max(0, counted - 12) : max(counted, 0)]
            if line and not line.lower().startswith("by ")
        ]
        after = [
            line for line in piece[day + 1 : max(rights, 0)] if line and not re.fullmatch(r"\d{1,2}:\d{2}.{0,10}", line)
        ]
        if counted < 0 or day < 0 or rights < 0 or not titles or not after:
            articles.append(_unknown(start + 1))
            continue
        title = max(titles[-3:], key=len)
        date = _DATE.fullmatch(piece[day])[1]  # type: ignore[index]
        articles.append(_article(title, after[0], date, piece[rights + 1 :], start + 1))
    return articles if any(article["text"] for article in articles) else []  # one line alone makes no export
