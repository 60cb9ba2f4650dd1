"""Quotation marks: which open, which close, which are apostrophes, feet or inches."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

# Double marks of every style; two single marks side by side, as some outlets print them, count as one double mark.
_DOUBLE = re.compile(r"''|``|‘‘|’’|‚‚|[“”„‟\"«»＂]")
_SINGLE = re.compile(r"[‘’'‚‹›`]")
_ANY = re.compile(r"[“”„‟\"«»＂‘’'‚‹›`]")
_OPENERS = frozenset(["“", "„", "‟", "«", "``", "‘‘", "‚‚"])
_CLOSERS = frozenset(["”", "»", "’’"])
_BEFORE_OPENING = frozenset("([{<—–-:/=|*_\"“„«‘'")
_AFTER_CLOSING = frozenset(".,;:!?…)]}—–-/|*_\"”»'’")
# Words that begin with an apostrophe of omission.
_ELIDED = re.compile(r"(?:\d|(?:em|til|tis|twas|cause|cos|bout|round|n|s|im|er|course)\b)", re.IGNORECASE)


class Quoted(NamedTuple):
    """A stretch in quotation marks: half-open characters with the marks, and how sure its edges are."""

    start: int
    end: int
    style: str  # double | single
    closed: bool  # False: no closing mark, the stretch runs to the end of its paragraph
    continues: bool  # True: goes on with the quotation the paragraph before left open
    depth: int  # 0, or 1 for a stretch inside another


def find_quoted(text: str, *, paragraphs: Iterable[tuple[int, int]]) -> list[Quoted]:
    """Find the stretches of a text that stand in quotation marks.

    Parameters
    ----------
    text : str
        The raw text.
    paragraphs : iterable of (int, int)
        Half-open spans of its paragraphs, in order. Marks are paired within a paragraph.

    Returns
    -------
    list of Quoted
        In order of start. A quotation left open at the end of a paragraph runs to that end; where the next
        paragraph opens with a mark of its own, that one ``continues`` it. One pass over the text.
    """
    return list(_find_quoted(text, tuple((start, end) for start, end in paragraphs)))


@functools.lru_cache(maxsize=256)  # attribution and voices ask the same of each article of a chunk
def _find_quoted(text: str, paragraphs: tuple[tuple[int, int], ...]) -> tuple[Quoted, ...]:
    found: list[Quoted] = []
    left_open = False
    for start, end in paragraphs:
        if not _ANY.search(text, start, end):
            left_open = False
            continue
        doubles = _pair_doubles(text, start, end)
        if left_open and doubles and doubles[0].start == start:
            doubles[0] = doubles[0]._replace(continues=True)
        left_open = bool(doubles) and not doubles[-1].closed
        found.extend(_with_singles(text, start, end, doubles))
    return tuple(found)


def _pair_doubles(text: str, start: int, end: int) -> list[Quoted]:
    found: list[Quoted] = []
    opened = -1
    for m in _DOUBLE.finditer(text, start, end):
        s, e = m.span()
        opens = _opens(text, m.group(), s, e, start, end, opened >= 0)
        if opens and opened < 0:
            opened = s
        elif not opens and opened >= 0:
            found.append(Quoted(opened, e, "double", True, False, 0))
            opened = -1
    if opened >= 0:
        found.append(Quoted(opened, end, "double", False, False, 0))
    return found


def _opens(text: str, mark: str, s: int, e: int, start: int, end: int, is_open: bool) -> bool:
    """Tell whether a double mark opens; a curly mark turned the wrong way is read by its surroundings."""
    before = text[s - 1] if s > start else " "
    after = text[e] if e < end else " "
    looks_open = (before.isspace() or before in _BEFORE_OPENING) and not after.isspace()
    looks_close = not before.isspace() and (after.isspace() or after in _AFTER_CLOSING)
    if mark in _OPENERS:
        return not (is_open and looks_close and not looks_open)
    if mark in _CLOSERS:
        return not is_open and looks_open and not looks_close
    if is_open:
        return looks_open and not looks_close
    return looks_open or not (looks_close or before.isdigit())  # 6'2" is a height


def _with_singles(text: str, start: int, end: int, doubles: list[Quoted]) -> list[Quoted]:
    """Add the stretches in single marks, each wholly outside or wholly inside the double ones."""
    marks = [m.start() for m in _SINGLE.finditer(text, start, end)]
    if not marks:
        return doubles
    gaps = _gaps(text, start, end, doubles)
    found = list(doubles)
    at = 0
    for lo, hi, depth in gaps:
        while at < len(marks) and marks[at] < lo:
            at += 1
        first = at
        while at < len(marks) and marks[at] < hi:
            at += 1
        found += [Quoted(s, e, "single", True, False, depth) for s, e in _pair_singles(text, marks[first:at], lo, hi)]
    return sorted(found) if len(found) > len(doubles) else doubles


def _gaps(text: str, start: int, end: int, doubles: list[Quoted]) -> list[tuple[int, int, int]]:
    """Cut a paragraph into what lies outside (depth 0) and inside (depth 1) double marks."""
    pieces = []
    at = start
    for q in doubles:
        width = 2 if text[q.start] in "'`‘‚" else 1
        pieces += [(at, q.start, 0), (q.start + width, q.end - q.closed * width, 1)]
        at = q.end
    pieces.append((at, end, 0))
    return [p for p in pieces if p[0] < p[1]]


def _pair_singles(text: str, marks: list[int], lo: int, hi: int) -> list[tuple[int, int]]:
    """Pair single marks; a mark after a letter and before a blank may also be an apostrophe (workers' rights)."""
    n = len(marks)
    sure, maybe = [n] * (n + 1), [n] * (n + 1)  # the next mark that surely or possibly closes
    for i in range(n - 1, -1, -1):
        role = _closes(text, marks[i], lo, hi)
        sure[i] = i if role == 2 else sure[i + 1]
        maybe[i] = i if role == 1 else maybe[i + 1]
    pairs = []
    i = 0
    while i < n:
        if not _opens_single(text, marks[i], lo, hi):
            i += 1
            continue
        close = sure[i + 1]
        if close == n or (close - i > 8 and maybe[i + 1] < close):
            close = maybe[i + 1]
        if close == n:
            i += 1
            continue
        pairs.append((marks[i], marks[close] + 1))
        i = close + 1
    return pairs


def _opens_single(text: str, at: int, lo: int, hi: int) -> bool:
    if text[at] in "›’" or at + 2 >= hi:
        return False
    before = text[at - 1] if at > lo else " "
    return (
        (before.isspace() or before in "([{—–-:/")
        and text[at + 1].isalnum()
        and not _ELIDED.match(text, at + 1, min(hi, at + 9))
    )


def _closes(text: str, at: int, lo: int, hi: int) -> int:
    """Return 2 for a mark that surely closes, 1 for one that may, 0 for an apostrophe."""
    if text[at] in "‘‚‹" or at <= lo or text[at - 1].isspace():
        return 0
    after = text[at + 1] if at + 1 < hi else " "
    if after.isalnum():
        return 0
    if text[at - 1] in ".,!?…;:" or after in _AFTER_CLOSING or at + 1 >= hi or text[at] == "›":
        return 2
    return 1 if text[at - 1] in "sSzZ" else 2
