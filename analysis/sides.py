"""Sides: the state or body that a speaker belongs to, from how the articles introduce the speaker."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from analysis.term_matching import find_terms
from analysis.wordlists import load_lexicon

_BEFORE = 60  # characters before a name that may hold its office ("US Secretary of State Antony Blinken")
_AFTER = 45  # characters after it, behind a comma ("Dmitry Kozak, the Kremlin's representative")
_MOST_PLACES = 20  # mentions of one speaker looked at in one article


def find_sides(
    attributions: pd.DataFrame, *, articles: pd.DataFrame, tokens: pd.DataFrame, naming: pd.DataFrame | None = None
) -> pd.Series:
    """Name the side of each speaker.

    Parameters
    ----------
    attributions : DataFrame
        article_id, speaker (several parted by '; ').
    articles : DataFrame
        article_id, text.
    tokens : DataFrame
        One row per token.
    naming : DataFrame, optional
        The list of labels of actors; the shipped one where left out.

    Returns
    -------
    Series of str
        Aligned with ``attributions``: the actor whose label or adjective stands in the speaker's description, or
        most often directly before the name (or behind it, after a comma) in any article; several parted by '; ';
        '' where no article says.
    """
    labels = find_terms(
        tokens, lexicon=load_lexicon("naming") if naming is None else naming, articles=articles, column="label"
    )
    marks = pd.concat(
        [labels[labels["actor"] != "none"], find_terms(tokens, lexicon=load_lexicon("demonyms"), articles=articles)]
    ).sort_values(["article_id", "start", "end"], kind="stable")
    by_article = {a: list(zip(g["start"], g["end"], g["actor"], strict=True)) for a, g in marks.groupby("article_id")}
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    votes: dict[str, Counter[str]] = {}
    for article_id, speakers in attributions.groupby("article_id", sort=False)["speaker"]:
        for name in dict.fromkeys(n for s in speakers for n in s.split("; ") if n):
            found = _introductions(name, texts[article_id], by_article.get(article_id, []))
            votes.setdefault(name, Counter()).update(found)
    side = {n: min(v, key=lambda actor: (-v[actor], actor)) if v else "" for n, v in votes.items()}
    return attributions["speaker"].map(
        lambda s: "; ".join(dict.fromkeys(side[n] for n in s.split("; ") if n and side.get(n)))
    )


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
