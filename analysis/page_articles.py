"""The articles themselves as report.html shows them: their sentences, and the layers that can be switched on."""

from __future__ import annotations

import bisect

import pandas as pd

from analysis.evidence import Evidence, article_anchor
from analysis.layers import Layer, Span, find_spans
from analysis.markup import mark_spans

Tables = dict[str, pd.DataFrame]
MOST_ARTICLES, MOST_LETTERS = 300, 3_000_000  # on one page; the tables hold all
_OPEN = 3  # articles that begin unfolded where there are not many


def choose_articles(tables: Tables, *, texts: dict[str, str], wanted: list[str]) -> list[str]:
    """Return the articles for the page: ``wanted`` first in the choice, but in the order of the table."""
    order = list(tables["articles"]["article_id"])
    chosen: set[str] = set()
    letters = 0
    for a in dict.fromkeys([*wanted, *order]):
        letters += len(texts[a])
        if chosen and (len(chosen) == MOST_ARTICLES or letters > MOST_LETTERS):
            break
        chosen.add(a)
    return [a for a in order if a in chosen]


def find_articles(
    tables: Tables, *, texts: dict[str, str], shown: list[str], evidence: Evidence
) -> tuple[list[Layer], list[dict]]:
    """Return the layers in use, and every article shown with its marked sentences."""
    layers, spans = find_spans(tables, texts={a: texts[a] for a in shown})
    groups = {name: dict(list(tables[name].groupby("article_id", sort=False))) for name in ("sentences", "removed")}
    rows = tables["articles"].set_index("article_id", drop=False).loc[shown]
    out: list[dict] = []
    for a in rows.itertuples(index=False):
        sentences = groups["sentences"].get(a.article_id, tables["sentences"].iloc[:0])
        removed = groups["removed"].get(a.article_id, tables["removed"].iloc[:0])
        out.append(
            {
                "id": article_anchor(a.article_id),
                "open": len(shown) <= 2 * _OPEN and len(out) < _OPEN,
                "outlet": a.outlet,
                "title": a.title or "no headline",
                "date": a.date,
                "basis": a.date_basis,
                "event": a.event_id,
                "url": a.url,
                "n": a.n_tokens,
                "paragraphs": _paragraphs(texts[a.article_id], sentences, spans[a.article_id], evidence),
                "shared": [evidence.outlets.get(x, x) for x in a.shared_source_with.split("; ") if x],
                "removed": list(zip(removed["text"], removed["reason"], strict=True)),
            }
        )
    return layers, out


def _paragraphs(text: str, sentences: pd.DataFrame, spans: list[Span], evidence: Evidence) -> list[dict]:
    starts = [s.start for s in spans]
    longest = max((s.end - s.start for s in spans), default=0)
    paragraphs = []
    for number, rows in sentences.groupby("paragraph", sort=True):
        shown = []
        for s in rows.itertuples(index=False):
            lo, hi = bisect.bisect_left(starts, s.start - longest), bisect.bisect_left(starts, s.end)
            near = [x for x in spans[lo:hi] if x.end > s.start]
            shown.append(
                {
                    "id": evidence.anchor(s.article_id, s.sentence_id),
                    "html": mark_spans(text, start=s.start, end=s.end, layers=near),
                }
            )
        paragraphs.append({"headline": number == 0, "sentences": shown})
    return paragraphs
