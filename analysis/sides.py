"""Sides: the state or body that a speaker belongs to, from how the articles introduce the speaker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.term_matching import find_terms
from analysis.wordlists import load_lexicon

INTRODUCTION_COLUMNS = ["article_id", "speaker", "actor", "n"]
_BEFORE = 60  # characters before a name that may hold its office ("US Secretary of State Antony Blinken")
_AFTER = 45  # characters after it, behind a comma ("Dmitry Kozak, the Kremlin's representative")
_MOST_PLACES = 20  # mentions of one speaker looked at in one article


def count_introductions(
    attributions: pd.DataFrame, *, articles: pd.DataFrame, tokens: pd.DataFrame, naming: pd.DataFrame
) -> pd.DataFrame:
    """Count with which actors the articles introduce each speaker.

    Parameters
    ----------
    attributions : DataFrame
        article_id, speaker (several parted by '; ').
    articles : DataFrame
        article_id, text.
    tokens : DataFrame
        One row per token.
    naming : DataFrame
        The list of labels of actors.

    Returns
    -------
    DataFrame
        One row per article, speaker and actor whose label or adjective stands in the speaker's description, directly
        before the name or behind it, after a comma: article_id, speaker, actor, n.
    """
    labels = find_terms(tokens, lexicon=naming, articles=articles, column="label")
    marks = pd.concat(
        [labels[labels["actor"] != "none"], find_terms(tokens, lexicon=load_lexicon("demonyms"), articles=articles)]
    ).sort_values(["article_id", "start", "end"], kind="stable")
    by_article = {a: list(zip(g["start"], g["end"], g["actor"], strict=True)) for a, g in marks.groupby("article_id")}
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    rows = []
    for article_id, speakers in attributions.groupby("article_id", sort=False)["speaker"]:
        for name in dict.fromkeys(n for s in speakers for n in s.split("; ") if n):
            votes = Counter(_introductions(name, texts[article_id], by_article.get(article_id, [])))
            rows += [(article_id, name, actor, n) for actor, n in votes.items()]
    return pd.DataFrame(rows, columns=INTRODUCTION_COLUMNS).astype(
        {**dict.fromkeys(INTRODUCTION_COLUMNS[:3], "str"), "n": "int64"}
    )


def choose_sides(introductions: Iterable[pd.DataFrame]) -> dict[str, str]:
    """Return the side of each speaker: the actor that all articles together introduce the speaker with most often."""
    votes: dict[str, Counter[str]] = {}
    for table in introductions:
        for _, name, actor, n in table[INTRODUCTION_COLUMNS].itertuples(index=False):
            votes.setdefault(name, Counter())[actor] += n
    return {name: min(v, key=lambda actor: (-v[actor], actor)) for name, v in votes.items()}


def name_sides(speakers: pd.Series, *, sides: Mapping[str, str]) -> pd.Series:
    """Return the side of each row's speakers, several parted by '; ', '' where no article says."""
    return speakers.map(lambda s: "; ".join(dict.fromkeys(sides[n] for n in s.split("; ") if n in sides)))


def _introductions(name: str, text: str, marks: list[tuple[int, int, str]]) -> list[str]:
    """Return the actor of each mention of a name: in it, directly before it, or behind it after a comma."""
    found = []
    at = text.find(name)
    places = 0
    while at >= 0 and places < _MOST_PLACES:
        end = at + len(name)
        inside = [actor for s, e, actor in marks if s >= at and e <= end]
        before = [actor for s, e, actor in marks if at - _BEFORE <= s and e <= at and _is_title(text[e:at])]
        after = [actor for s, e, actor in marks if s >= end and e <= end + _AFTER and text[end : end + 1] == ","]
        if inside or before or after:
            found.append(inside[0] if inside else before[0] if before else after[0])
        places += 1
        at = text.find(name, end)
    return found


def _is_title(between: str) -> bool:
    """Tell whether what stands between a label and a name can be an office: no mark, no verb in lower case but "of"."""
    words = between.split()
    return len(words) <= 6 and not any(c in between for c in '.,;:!?()“”"') and not {"and", "said", "that"} & set(words)
