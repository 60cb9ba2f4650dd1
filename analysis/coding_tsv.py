"""WebAnno TSV 3.3, the text format that INCEpTION imports and exports: units as sentences, spans back from its columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from analysis.alpha import Span
from analysis.coding_tasks import Unit

_HEAD = "#FORMAT=WebAnno TSV 3.3"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_PLACE = re.compile(r"\d{1,9}-\d{1,9}(?:\.\d{1,9})?")
_OFFSETS = re.compile(r"(\d{1,12})-(\d{1,12})")
_ITEM = re.compile(r"(.*?)(?:\[(\d{1,9})\])?", re.DOTALL)
_NAMED = ("label", "value", "code")  # a feature of such a name may hold nothing but labels of the task


class _Line(NamedTuple):
    unit: Unit
    start: int  # where the line begins in the text of its unit; -1 for the line with the unit's name
    text: str


def _lines_of(units: Sequence[Unit]) -> list[_Line]:
    """Cut units into the lines of one document: each unit's name, then its own lines."""
    found = []
    for unit in units:
        found.append(_Line(unit, -1, unit.unit))
        at = 0
        for raw in unit.text.split("\n"):
            line = raw.strip()
            if _TOKEN.search(line):
                found.append(_Line(unit, at + raw.index(line), _tame(line)))
            at += len(raw) + 1
    return found


def _tame(line: str) -> str:
    """Return a line of the same length without what would end a cell or a row."""
    return "".join(c if c.isprintable() or c in "\u00ad\u200b\u200c\u200d" else " " for c in line)


def _wide(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def make_tsv(units: Sequence[Unit]) -> str:
    """Return the units as one document; offsets count UTF-16 units, as the format has it."""
    out = [_HEAD, "", ""]
    begin = 0
    for number, line in enumerate(_lines_of(units), start=1):
        out.append("#Text=" + line.text.replace("\\", "\\\\"))
        at, reached = begin, 0
        for i, token in enumerate(_TOKEN.finditer(line.text), start=1):
            at += _wide(line.text[reached : token.start()])
            reached = token.end()
            end = at + _wide(token.group())
            out.append(f"{number}-{i}\t{at}-{end}\t{token.group().replace(chr(92), chr(92) * 2)}\t")
            at = end
        out.append("")
        begin += _wide(line.text) + 1
    return "\n".join(out) + "\n"


def read_tsv(
    text: str, *, units: Sequence[Unit], labels: Sequence[str], refuse: Callable[[int, str], NoReturn]
) -> list[tuple[Unit, list[Span], int]]:
    """Read a document back.

    Parameters
    ----------
    text : str
        The file.
    units : sequence of Unit
        The sample in its order.
    labels : sequence of str
        The labels of the task. Any span layer may hold them.
    refuse : callable
        Called with a line and what is wrong there.

    Returns
    -------
    list of (Unit, list of Span, int)
        Units with a mark in them: offsets into the unit's text (a mark on the name of a unit: 0, 0), and the line of the
        first mark.
    """
    rows = text.split("\n")
    if not rows[0].startswith("#FORMAT=WebAnno TSV 3"):
        refuse(1, "not WebAnno TSV 3")
    columns: list[tuple[int, str]] = []  # place in the row, name of the feature
    width = 3
    document, places = _document_of(units)
    marks: dict[tuple, list] = {}
    for number, row in enumerate(rows, start=1):
        if row.startswith("#T_"):
            parts = row.split("|")
            if row.startswith("#T_SP="):
                columns += [(width + i, name) for i, name in enumerate(parts[1:])]
            width += max(1, len(parts) - 1)
        elif row and not row.startswith("#"):
            cells = row.split("\t")
            offsets = _OFFSETS.fullmatch(cells[1]) if len(cells) > 2 and _PLACE.fullmatch(cells[0]) else None
            if offsets is None or len(cells) < width:
                refuse(number, "not a row of sentence-token, offsets, token and one cell for each feature")
            start, end = int(offsets[1]), int(offsets[2])
            if not start < end <= len(places):
                refuse(number, f"offsets {cells[1]} are not in the sample")
            here = document[places[start] : places[end - 1] + 1]
            if cells[2] not in (here, here.replace("\\", "\\\\"), _escape(here)):
                refuse(number, f"{cells[2][:40]!r} is not the token of the sample there")
            for place, name in columns:
                _collect(marks, cells[place], name, place, (places[start], places[end - 1] + 1), number, labels, refuse)
    return _spans_of(marks, units)


def _escape(token: str) -> str:
    return re.sub(r"([\\\[\]|_;*])|->", lambda m: f"\\{m[0]}", token)


def _document_of(units: Sequence[Unit]) -> tuple[str, list[int]]:
    """Return the document, and for each of its UTF-16 units the character it belongs to."""
    document = "\n".join(line.text for line in _lines_of(units))
    places = [i for i, c in enumerate(document) for _ in range(2 if ord(c) > 0xFFFF else 1)]
    return document, places


def _collect(
    marks: dict[tuple, list],
    cell: str,
    feature: str,
    column: int,
    place: tuple[int, int],
    line: int,
    labels: Sequence[str],
    refuse: Callable[[int, str], NoReturn],
) -> None:
    """Take the labels of one cell: several parted by a bar, those that go over several tokens with a number."""
    if cell in ("", "_", "*"):
        return
    for nth, item in enumerate(re.split(r"(?<!\\)\|", cell)):
        found = _ITEM.fullmatch(item)
        label = re.sub(r"\\(->|.)", r"\1", found[1]) if found else item
        if label in labels:
            key = (column, found[2]) if found and found[2] else (column, place, nth)
            mark = marks.setdefault((*key, label), [*place, line])
            mark[1] = max(mark[1], place[1])
        elif label not in ("_", "*", "") and feature in _NAMED:
            refuse(line, f"{label[:60]!r} is no label of this task")


def _spans_of(marks: dict[tuple, list], units: Sequence[Unit]) -> list[tuple[Unit, list[Span], int]]:
    found: dict[str, tuple[Unit, list[Span], int]] = {}
    order = sorted(((start, end, key[-1], line) for key, (start, end, line) in marks.items()))
    lines, begins = _lines_of(units), [0]
    for line in lines:
        begins.append(begins[-1] + len(line.text) + 1)
    i = 0
    for start, end, label, row in order:
        while begins[i + 1] <= start:
            i += 1
        unit, at = lines[i].unit, lines[i].start
        last = i
        while last + 1 < len(lines) and begins[last + 1] < end and lines[last + 1].unit is unit:
            last += 1
        if at < 0:
            span = (0, 0, label)
        else:
            stop = min(end, begins[last] + len(lines[last].text))
            span = (at + start - begins[i], lines[last].start + stop - begins[last], label)
        kept = found.setdefault(unit.unit, (unit, [], row))
        kept[1].append(span)
    return [found[u.unit] for u in units if u.unit in found]
