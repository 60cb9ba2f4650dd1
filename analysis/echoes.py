"""What links statements without making them one: phrases that return on another occasion, and who is credited."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

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
    places: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    rows = list(quoted.sort_values(["article_id", "start"]).itertuples(index=False))
    written = [[w for q in find_quotations(str(r.text)) for w in find_words(q)][:_MOST_WORDS] for r in rows]
    words = [[norm for norm, _ in found] for found in written]
    for n, (r, found) in enumerate(zip(rows, words, strict=True)):
        for phrase in dict.fromkeys(zip(*(found[k:] for k in range(ECHO_WORDS)), strict=False)):
            if sum(w not in FUNCTION for w in phrase) >= 2:
                places.setdefault((str(r.speaker), phrase), []).append(n)
    linked: Counter[tuple[int, int]] = Counter()
    for at in places.values():
        if len(at) <= _MOST_PLACES:
            linked.update(
                (x, y)
                for x, y in combinations(at, 2)
                if event_of.get(rows[x].article_id) != event_of.get(rows[y].article_id)
            )
    echoes = [
        (
            rows[x].speaker,
            " ".join(word for _, word in written[x][_longest(words[x], words[y])]),
            rows[x].article_id,
            int(rows[x].start),
            rows[y].article_id,
            int(rows[y].start),
        )
        for x, y in sorted(linked)
    ]
    return pd.DataFrame(echoes, columns=ECHO_COLUMNS)


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
