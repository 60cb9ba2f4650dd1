"""The plain words of a quotation: contractions undone, compounds parted, marks and brackets noted."""

from __future__ import annotations

from typing import NamedTuple

from analysis import edit_kinds as ek
from analysis.segment import find_tokens
from analysis.views import straighten

MAX_WORDS = 400  # of one quotation that are compared; the longest in alignment_dev has 90
MAX_CHARACTERS = 400_000  # of a transcript that are searched for a quotation


class Word(NamedTuple):
    """One plain word of a quotation with what stood around it."""

    plain: str
    raw: str
    bracketed: bool
    after_cut: bool  # an ellipsis stands before it
    opens: bool  # it opens a sentence
    mark: str  # other punctuation before it
    first: bool  # it opens the quotation


_BEFORE_MONTH = frozenset("in on by of until since last next early late mid this from before after".split())


def words_of(text: str) -> tuple[list[Word], bool]:
    """Return the plain words of a quotation, and whether it ends in an ellipsis.

    Contractions are two words, hyphened compounds as many as they join, punctuation none.
    """
    view = straighten(text[:MAX_CHARACTERS]).replace("…", "\u2026")
    tokens = [(s, e, view[s:e]) for s, e, _ in find_tokens(view, 0, len(view))]
    words: list[Word] = []
    depth, cut, opens, mark, dots = 0, False, True, "", 0
    for n, (start, end, token) in enumerate(tokens):
        if token in "[(":
            depth += 1
            continue
        if token in "])":
            depth = max(0, depth - 1)
            continue
        if token == "." or token == "…":
            dots = dots + 1 if token == "." else 3
            cut = cut or dots >= 3
            opens = True
            continue
        dots = 0
        if not any(c.isalnum() for c in token) and token not in "%&":
            opens = opens or token in "!?"
            mark += token if token not in "\"'" else ""
            continue
        following = tokens[n + 1][2].lower() if n + 1 < len(tokens) else ""
        parts = [w for part in token.replace("-", " ").split() for w in ek.expand(part, following)]
        if token == "May" and words and (words[-1].plain in _BEFORE_MONTH or following[:1].isdigit()):
            parts = [token]  # the month, not the verb
        for k, plain in enumerate(parts):
            first = k == 0
            words.append(
                Word(
                    plain,
                    view[start:end] if first else "",
                    depth > 0,
                    cut and first,
                    opens and first,
                    mark if first else "",
                    not words,
                )
            )
        if parts:
            cut, opens, mark = False, False, ""
    return words, cut


def cut_window(a: list[Word], b: list[Word]) -> list[Word]:
    """Return a, or where it is too long the stretch of it that shares most words with b."""
    if len(a) <= MAX_WORDS:
        return a
    wanted = {w.plain for w in b if w.plain not in ek.FUNCTION}
    hits = [w.plain in wanted for w in a]
    inside = best = sum(hits[:MAX_WORDS])
    first = last = 0  # of the windows that are equally good, the middle one shows what stands around
    for start in range(1, len(a) - MAX_WORDS + 1):
        inside += hits[start + MAX_WORDS - 1] - hits[start - 1]
        if inside > best:
            best, first, last = inside, start, start
        elif inside == best and start == last + 1:
            last = start
    at = (first + last) // 2
    return a[at : at + MAX_WORDS]


def join_compounds(words: list[Word], others: list[Word]) -> list[Word]:
    """Return the words with two that the other quotation writes as one ("work force") joined."""
    theirs = {w.plain for w in others}
    joined: list[Word] = []
    for w in words:
        if joined and joined[-1].plain + w.plain in theirs and joined[-1].plain not in theirs:
            last = joined[-1]
            joined[-1] = last._replace(plain=last.plain + w.plain, raw=f"{last.raw} {w.raw}".strip())
        else:
            joined.append(w)
    return joined
