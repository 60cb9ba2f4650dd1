"""Rows of a table as text: every row of the file is given back with its line, or named as broken, and none is swallowed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

_LONGEST_CELL = 2**31 - 1


def split_rows(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Split a comma, semicolon or tab separated table into its rows.

    Parameters
    ----------
    text : str
        The decoded file. The delimiter is the one that its first line has most of.

    Yields
    ------
    (int, list of str or None)
        The line on which a row begins, from 1, and its cells; None for a line that cannot be read as a row because
        a quotation mark stays open or stands inside a cell. Blank lines are left out.

    Notes
    -----
    A file without a fault is read by the csv module. In one with a fault, a quotation mark that was never closed
    would take the rows after it into its cell, so the scan goes back to the end of the line on which it stands.
    Each character is looked at no more than twice: after a mark without an end, the marks that follow pair up on
    their own lines.
    """
    text = text.replace("\r\n", "\n")
    text = text.replace("\r", " " if "\n" in text else "\n")  # a lone carriage return in a cell ends no row
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str] | None]] = []
    start = 1
    try:
        for cells in reader:
            if cells:
                rows.append((start, cells))
            start = reader.line_num + 1
    except csv.Error:
        yield from _scan(text, delimiter)
        return
    yield from rows


def _scan(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    mark = re.escape(delimiter)
    cell = re.compile(rf'"((?:[^"]++|"")*+)"(?=[{mark}\n]|\Z)|([^"{mark}\n][^{mark}\n]*+)?(?=[{mark}\n]|\Z)')
    at, line = 0, 1
    while at < len(text):
        cells: list[str] | None = []
        place = at
        while True:
            m = cell.match(text, place)
            if m is None:
                cells = None
                break
            cells.append(m[1].replace('""', '"') if m[1] is not None else m[2] or "")  # type: ignore[union-attr]
            place = m.end()
            if text[place : place + 1] != delimiter:
                break
            place += 1
        if cells is None:
            end = text.find("\n", at)
            place = end if end >= 0 else len(text)
        if cells != [""]:
            yield line, cells
        line += text.count("\n", at, place + 1)
        at = place + 1
