"""Rows of a table as text: every row of the file is given back with its line, or named as broken, and none is swallowed."""

from __future__ import annotations

import csv
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
    Rows come as they are read, but the text is held whole: a quotation mark that was never closed would take the rows
    after it into its cell, and whether it is closed only the end of the file tells. The csv module reads up to the
    first fault; from the row with the fault on, a scan goes back to the end of the line on which an open mark stands.
    Each character is looked at no more than twice: after a mark without an end, the marks that follow pair up on
    their own lines.
    """
    text = text.replace("\r\n", "\n")
    text = text.replace("\r", " " if "\n" in text else "\n")  # a lone carriage return in a cell ends no row
    first = text[: text.find("\n") + 1] or text
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_LONGEST_CELL)
    ends = _Ends()
    reader = csv.reader(ends.lines(text), delimiter=delimiter, strict=True)
    at, line = 0, 1  # where the row begins that is read next
    try:
        for cells in reader:
            if cells:
                yield line, cells
            at, line = ends.at, reader.line_num + 1
    except csv.Error:
        yield from _scan(text, delimiter, at=at, line=line)


class _Ends:
    """Gives the lines of a text and knows where the last one ended."""

    at = 0

    def lines(self, text: str) -> Iterator[str]:
        while self.at < len(text):
            begin, self.at = self.at, text.find("\n", self.at) + 1 or len(text)
            yield text[begin : self.at]


def _scan(text: str, delimiter: str, *, at: int, line: int) -> Iterator[tuple[int, list[str] | None]]:
    mark = re.escape(delimiter)
    cell = re.compile(rf'"((?:[^"]++|"")*+)"(?=[{mark}\n]|\Z)|([^"{mark}\n][^{mark}\n]*+)?(?=[{mark}\n]|\Z)')
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
        if place > at:
            yield line, cells
        line += text.count("\n", at, place + 1)
        at = place + 1
