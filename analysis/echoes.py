"""What links statements without making them one: phrases that return on another occasion, and who is credited."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.by_article import rows_by_article
from analysis.edit_kinds import FUNCTION
from analysis.fidelity import find_quotations
from analysis.segment import find_words

ECHO_WORDS = 4  # words in a row, two of them content words, that make a phrase
_MOST_PLACES = 20  # of one phrase that are linked: a formula said at every occasion is no echo
_MOST_WORDS = 300  # of one attribution that are looked at
ECHO_COLUMNS = ["speaker", "phrase", "article_a", "start_a", "article_b", "start_b"]
CREDIT_COLUMNS = ["statement_id", "article_id", "sentence_id", "credit"]


def find_echoes(attributions: pd.DataFrame, *, events: pd.DataFrame) -> pd.DataFrame:
    """Find phrases that one speaker is quoted with on two occasions.

    Parameters
    ----------
    attributions : DataFrame
        One row per attribution: article_id, quotation_type, speaker, start, text.
    events : DataFrame
        As `find_events` returns.

    Returns
    -------
    DataFrame
        One row per phrase and two attributions: speaker, phrase (the longest run of words, as the first writes them), article_a, start_a,
        article_b, start_b (start of the attributions). An echo is a link, not a statement.
    """
    event_of = dict(zip(events["article_id"], events["event_id"], strict=True))
    quoted = attributions[(attributions["quotation_type"] != "indirect") & (attributions["speaker"] != "")]
    rows = quoted.sort_values(["article_id", "start"])[["speaker", "article_id", "start", "text"]]
    rows = rows.assign(event_id=[event_of.get(a, "") for a in rows["article_id"]])
    quotations = list(rows.itertuples(index=False))
    said: dict[str, list[int]] = {}
    for n, q in enumerate(quotations):
        said.setdefault(str(q.speaker), []).append(n)
    linked = [
        pair
        for numbers in said.values()
        if len({quotations[n].event_id for n in numbers}) > 1
        for pair in _link(numbers, [_norms(quotations[n].text) for n in numbers])
    ]
    echoes = [
        (one.speaker, _shared_run(str(one.text), str(other.text)), one.article_id, int(one.start), other.article_id, int(other.start))
        for one, other in ((quotations[x], quotations[y]) for x, y in sorted(linked))
        if one.event_id != other.event_id
    ]  # fmt: skip
    return pd.DataFrame(echoes, columns=ECHO_COLUMNS)


def _words(text: str) -> list[tuple[str, str]]:
    """Return (norm, word) of the words in the quotation marks of an attribution."""
    return [w for q in find_quotations(text) for w in find_words(q)][:_MOST_WORDS]


def _norms(text: object) -> list[str]:
    return [sys.intern(norm) for norm, _ in _words(str(text))]  # one object for each word: a speaker says many


def _phrases(norms: list[str]) -> Iterator[tuple[str, ...]]:
    for phrase in dict.fromkeys(zip(*(norms[k:] for k in range(ECHO_WORDS)), strict=False)):
        if sum(w not in FUNCTION for w in phrase) >= 2:
            yield phrase


def _link(numbers: list[int], norms: list[list[str]]) -> set[tuple[int, int]]:
    """Return the pairs of one speaker's quotations that share a phrase.

    Few phrases return: which may is told by their hashes alone, so that most are never kept.
    """
    hashes = array("q", (hash(phrase) for found in norms for phrase in _phrases(found)))
    known, times = np.unique(np.frombuffer(hashes, dtype=np.int64), return_counts=True)
    again = set(known[times > 1].tolist())
    places: dict[tuple[str, ...], list[int]] = {}
    for n, found in zip(numbers, norms, strict=True) if again else ():
        for phrase in _phrases(found):
            if hash(phrase) in again:
                places.setdefault(phrase, []).append(n)
    return {pair for at in places.values() if len(at) <= _MOST_PLACES for pair in combinations(at, 2)}


def _shared_run(one: str, other: str) -> str:
    """Return the longest run of words that two quotations share, as the first writes it."""
    written = _words(one)
    run = _longest([norm for norm, _ in written], [norm for norm, _ in _words(other)])
    return " ".join(word for _, word in written[run])


def _longest(a: list[str], b: list[str]) -> slice:
    """Return where in the first of two quotations the longest run of words stands that they share."""
    best, end = 0, 0
    before: dict[int, int] = {}
    for i, w in enumerate(a):
        now = {j: before.get(j - 1, 0) + 1 for j, other in enumerate(b) if other == w}
        for length in now.values():
            if length > best:
                best, end = length, i + 1
        before = now
    return slice(end - best, end)


def find_credits(renderings: pd.DataFrame, *, attributions: pd.DataFrame) -> pd.DataFrame:
    """Name whom each outlet credits with a statement.

    Parameters
    ----------
    renderings : DataFrame
        As `align_statements` returns.
    attributions : DataFrame
        One row per attribution: article_id, source, speaker, start, end.

    Returns
    -------
    DataFrame
        One row per reported rendering: statement_id, article_id, sentence_id, credit: the speaker, else the words of
        the source, of the attribution the rendering stands in; "" where the narrator tells it.
    """
    spans = rows_by_article(attributions)
    rows = []
    for r in renderings[renderings["sentence_id"] >= 0].itertuples(index=False):
        credit = ""
        if r.rendering != "narrated":
            around = [a for a in spans.get(r.article_id, []) if a.start <= r.start and a.end >= r.end]
            inner: Any = min(around, key=lambda a: (a.end - a.start, a.start), default=None)
            credit = str(inner.speaker or inner.source) if inner is not None else ""
        rows.append((r.statement_id, r.article_id, r.sentence_id, credit))
    return pd.DataFrame(rows, columns=CREDIT_COLUMNS)
