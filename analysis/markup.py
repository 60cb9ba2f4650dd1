"""Marked-up passages for the report: text goes through the one HTML helper, marks are cut at every edge."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from markupsafe import Markup

from analysis.diff import diff_words
from analysis.escape import for_html

Layer = tuple[int, int, str]  # start, end, CSS class


def mark_spans(text: str, *, start: int, end: int, layers: Iterable[Layer]) -> Markup:
    """Return a stretch of a text with spans in it, flat, a class for each layer that covers a piece.

    Parameters
    ----------
    text : str
        The raw text.
    start, end : int
        The stretch.
    layers : iterable of (int, int, str)
        Half-open spans into ``text`` and a CSS class each; they may overlap.

    Returns
    -------
    Markup
        Safe for a page.
    """
    inside = [(max(s, start), min(e, end), name) for s, e, name in layers if s < end and e > start and s < e]
    edges = sorted({start, end, *(s for s, _, _ in inside), *(e for _, e, _ in inside)})
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    for s, e, name in inside:
        opening.setdefault(s, []).append(name)
        closing.setdefault(e, []).append(name)
    parts: list[str] = []
    active: list[str] = []
    for a, b in itertools.pairwise(edges):
        for name in closing.get(a, []):
            active.remove(name)
        active += opening.get(a, [])
        piece = for_html(text[a:b])
        parts.append(f'<span class="{" ".join(sorted(set(active)))}">{piece}</span>' if active else piece)
    return Markup("".join(parts))


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
