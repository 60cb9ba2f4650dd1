"""Naming: which label each outlet gives each actor (Hamborg et al. 2019)."""

from __future__ import annotations

import pandas as pd

from analysis.wordlists import find_terms, load_lexicon


def measure_naming(
    tokens: pd.DataFrame, *, articles: pd.DataFrame, lexicon: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the labels of each actor in every article and voice.

    Parameters
    ----------
    tokens : DataFrame
        One row per token with its voice.
    articles : DataFrame
        article_id, text.
    lexicon : DataFrame, optional
        Columns actor, label, kind; the shipped ``naming`` list where left out.

    Returns
    -------
    labels : DataFrame
        One row per article × voice × actor × label that occurs: article_id, voice, actor, label, kind, n
        (mentions), share (0-1, of the actor's mentions in that article and voice).
    hits : DataFrame
        One row per mention: article_id, sentence_id, start, end, term, actor, label, kind.
    """
    lexicon = load_lexicon("naming") if lexicon is None else lexicon
    hits = find_terms(tokens, lexicon=lexicon, articles=articles, column="label")
    voiced = hits.merge(tokens[["article_id", "start", "voice"]], on=["article_id", "start"], how="left")
    keys = ["article_id", "voice", "actor"]
    voiced = voiced.rename(columns={"term": "label"})
    labels = voiced.groupby([*keys, "label", "kind"], sort=False).size().rename("n").reset_index()
    labels["share"] = labels["n"] / labels.groupby(keys, sort=False)["n"].transform("sum")
    return labels.sort_values(
        [*keys, "n", "label"], ascending=[True, True, True, False, True], kind="stable"
    ).reset_index(drop=True), hits
