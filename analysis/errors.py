"""Errors that one text shows by itself: period names, slips, misspelt names, weekdays off their date, offices not held.

The kinds that need two outlets (misquotation, number, disputed titles, credit) are in `analysis.cross_errors`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.findings import FINDING_COLUMNS, Finding
from analysis.marks import find_quoted
from analysis.offices import find_offices
from analysis.period_names import find_period_names
from analysis.segment import split_sentences, split_tokens
from analysis.slips import Words, find_slips, find_weekdays
from analysis.spellings import SPELT_COLUMNS, Gazetteer, compare_names, find_spellings, list_names
from analysis.wordlists import load_lexicon

_ANNOTATED = ["start", "end", "kind", "text", "suggestion", "status", "explanation"]
_BATCH = 400  # records of `annotate_errors` read at a time


def find_errors(
    articles: pd.DataFrame,
    *,
    sentences: pd.DataFrame,
    tokens: pd.DataFrame,
    attributions: pd.DataFrame,
    folder: str | Path | None = None,
    spelt: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find suspected errors that one text shows by itself.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id, text, date (ISO, or '').
    sentences, tokens : DataFrame
        As `analysis.segment` returns.
    attributions : DataFrame
        article_id, start, end, quotation_type; may be empty. A period name in a direct quotation is the speaker's.
    folder : str or Path, optional
        A user's lexicons, see `analysis.wordlists.load_lexicon`.
    spelt : DataFrame, optional
        What `compare_names` found in the corpus that these articles are part of; left out, they are the corpus.

    Returns
    -------
    DataFrame
        One row per occurrence considered, sorted by article and place: article_id, start, end (characters of the
        raw text), kind (period_name, name, slip, date, office), text, suggestion, severity (high, medium, low), status
        (flagged, suppressed), explanation (one sentence) and evidence (the rule, the dates, the source).

    Raises
    ------
    LexiconError
        For a broken lexicon file.
    """
    in_quote = _quotes(attributions, articles)
    gazetteer = load_gazetteer(folder)
    rows = find_period_names(
        articles,
        sentences=sentences,
        tokens=tokens,
        in_quote=in_quote,
        names=load_lexicon("period_names", folder=folder),
        contexts=load_lexicon("period_contexts", folder=folder),
    )
    words = Words(articles, tokens)
    across = compare_names(lambda: [list_names(words)], gazetteer=gazetteer) if spelt is None else spelt
    rows += find_slips(words, places=frozenset(gazetteer.places))
    rows += find_spellings(words, gazetteer=gazetteer, across=across)
    rows += find_weekdays(articles, sentences=sentences)
    rows += find_offices(words, articles=articles, offices=load_lexicon("offices", folder=folder), in_quote=in_quote)
    order = {article_id: i for i, article_id in enumerate(articles["article_id"])}
    rows.sort(key=lambda r: (order[r[0]], r[1], r[2], r[3]))
    told = [Finding(*r) for r in rows]
    told = [f if f.evidence else f._replace(evidence=f"rule: {f.explanation}") for f in told]
    findings = pd.DataFrame(told, columns=FINDING_COLUMNS)
    return findings.astype({"start": "int64", "end": "int64"})


def load_gazetteer(folder: str | Path | None = None) -> Gazetteer:
    """Return the names whose accepted spellings are known."""
    return Gazetteer(load_lexicon("name_variants", folder=folder))


def _quotes(attributions: pd.DataFrame, articles: pd.DataFrame) -> Callable[[str, int], bool]:
    """Return a test whether a character stands in a source's own words: a direct quotation, a mixed one's marks."""
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    spans: dict[str, list[tuple[int, int]]] = {}
    columns = [attributions[c] for c in ("article_id", "quotation_type", "start", "end")]
    for article_id, kind, start, end in zip(*columns, strict=True):
        if kind == "direct":
            spans.setdefault(article_id, []).append((start, end))
        elif kind == "mixed":
            marked = find_quoted(texts[article_id], paragraphs=[(start, end)])
            spans.setdefault(article_id, []).extend((q.start, q.end) for q in marked)
    merged = {a: _merge(sorted(s)) for a, s in spans.items()}

    def in_quote(article_id: str, at: int) -> bool:
        known = merged.get(article_id, [])
        i = bisect_right(known, (at, float("inf"))) - 1
        return i >= 0 and known[i][0] <= at < known[i][1]

    return in_quote


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def annotate_errors(records: Iterable[dict], *, folder: str | Path | None = None) -> Iterator[dict]:
    """Find the errors of texts given as records, each by itself.

    Parameters
    ----------
    records : iterable of dict
        Each with ``id`` and ``text``, and ``date`` (ISO) where known.
    folder : str or Path, optional
        A user's lexicons.

    Yields
    ------
    dict
        One per finding, in the order of the records: id, start, end, kind, text, suggestion, status, explanation.
    """
    batch: list[dict] = []
    for record in records:
        batch.append(record)
        if len(batch) == _BATCH:
            yield from _annotate(batch, folder)
            batch = []
    if batch:
        yield from _annotate(batch, folder)


def _annotate(records: list[dict], folder: str | Path | None) -> Iterator[dict]:
    keys = [f"{i:06d}" for i in range(len(records))]
    articles = pd.DataFrame(
        {
            "article_id": keys,
            "text": [r["text"] for r in records],
            "date": [str(r.get("date") or "") for r in records],
            "title_start": -1,
            "title_end": -1,
        }
    )
    sentences = split_sentences(articles, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    tokens = split_tokens(articles, sentences=sentences)
    quoted = [
        (article_id, q.start, q.end, "direct")
        for article_id, text, spans in _paragraphs(articles, sentences)
        for q in find_quoted(text, paragraphs=spans)
    ]
    attributions = pd.DataFrame(quoted, columns=["article_id", "start", "end", "quotation_type"])
    gazetteer = load_gazetteer(folder)
    names = list_names(Words(articles, tokens))
    each = [compare_names(partial(list, [one]), gazetteer=gazetteer) for _, one in names.groupby("article_id")]
    alone = pd.concat([*each, pd.DataFrame(columns=SPELT_COLUMNS)])  # each text is judged by itself
    findings = find_errors(
        articles, sentences=sentences, tokens=tokens, attributions=attributions, folder=folder, spelt=alone
    )
    for f in findings.to_dict("records"):
        yield {"id": records[int(f["article_id"])]["id"], **{k: f[k] for k in _ANNOTATED}}


def _paragraphs(articles: pd.DataFrame, sentences: pd.DataFrame) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
    spans: dict[str, dict[int, tuple[int, int]]] = {}
    columns = [sentences[c] for c in ("article_id", "paragraph", "start", "end")]
    for article_id, paragraph, start, end in zip(*columns, strict=True):
        first = spans.setdefault(article_id, {}).get(paragraph, (start, end))[0]
        spans[article_id][paragraph] = (first, end)
    for article_id, text in zip(articles["article_id"], articles["text"], strict=True):
        yield article_id, text, list(spans.get(article_id, {}).values())
