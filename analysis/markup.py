"""Marked-up passages for the report: text goes through the one HTML helper, marks are cut at every edge."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from analysis.diff import diff_words
from analysis.escape import for_html

Layer = Sequence  # start, end, CSS class, and what to show when pointing at it, if anything


def mark_spans(text: str, *, start: int, end: int, layers: Iterable[Layer]) -> Markup:
    """Return a stretch of a text with spans in it, flat, a class for each layer that covers a piece.

    Parameters
    ----------
    text : str
        The raw text.
    start, end : int
        The stretch.
    layers : iterable of (int, int, str) or (int, int, str, str)
        Half-open spans into ``text``, a CSS class each, and a note shown when pointing at it; they may overlap.

    Returns
    -------
    Markup
        Safe for a page.
    """
    inside = [
        (max(s, start), min(e, end), (name, *note)) for s, e, name, *note in layers if s < end and e > start and s < e
    ]
    edges = sorted({start, end, *(s for s, _, _ in inside), *(e for _, e, _ in inside)})
    opening: dict[int, list[tuple]] = {}
    closing: dict[int, list[tuple]] = {}
    for s, e, name in inside:
        opening.setdefault(s, []).append(name)
        closing.setdefault(e, []).append(name)
    parts: list[str] = []
    active: list[tuple] = []
    for a, b in itertools.pairwise(edges):
        for name in closing.get(a, []):
            active.remove(name)
        active += opening.get(a, [])
        piece = for_html(text[a:b])
        parts.append(f"<span{_attributes(active)}>{piece}</span>" if active else piece)
    return Markup("".join(parts))


def _attributes(active: list[tuple]) -> str:
    names = " ".join(sorted({name for name, *_ in active}))
    notes = "; ".join(dict.fromkeys(n for _, *note in active for n in note if n))
    return f' class="{names}"' + (f' title="{for_html(notes)}"' if notes else "")


def mark_merged(a: str, b: str) -> Markup:
    """Return one text out of two: the words only ``a`` has as ``del``, those only ``b`` has as ``ins``, in place."""
    words_a, words_b = diff_words(a, b)
    merged: list[tuple[str, str]] = []
    i = j = 0
    while i < len(words_a) or j < len(words_b):
        if i < len(words_a) and words_a[i][1] != "same":
            merged.append((words_a[i][0], "del"))
            i += 1
        elif j < len(words_b) and words_b[j][1] != "same":
            merged.append((words_b[j][0], "ins"))
            j += 1
        else:
            merged.append((words_b[j][0], "same"))
            i, j = i + 1, j + 1
    parts = []
    for state, run in itertools.groupby(merged, key=lambda w: w[1]):
        text = for_html(" ".join(word for word, _ in run))
        parts.append(text if state == "same" else f"<{state}>{text}</{state}>")
    return Markup(" ".join(parts))


def mark_diff(a: str, b: str) -> tuple[Markup, Markup]:
    """Return two quotations with the words that only one of them has: ``del`` in the first, ``ins`` in the second."""
    words_a, words_b = diff_words(a, b)
    return _runs(words_a, "del"), _runs(words_b, "ins")


def _runs(words: list[tuple[str, str]], tag: str) -> Markup:
    parts: list[str] = []
    run: list[str] = []
    state = ""
    for word, now in [*words, ("", "end")]:
        if now != state and run:
            text = for_html(" ".join(run))
            parts.append(text if state == "same" else f"<{tag}>{text}</{tag}>")
            run = []
        state = now
        run.append(word)
    return Markup(" ".join(parts))
