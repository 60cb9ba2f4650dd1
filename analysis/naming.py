"""Naming: which label each outlet gives each actor (Hamborg et al. 2019), from a list and from the texts themselves."""

from __future__ import annotations

import pandas as pd

from analysis.appositions import find_appositions
from analysis.term_matching import find_terms
from analysis.units import find_voices
from analysis.wordlists import load_lexicon


def measure_naming(
    tokens: pd.DataFrame,
    *,
    articles: pd.DataFrame,
    sentences: pd.DataFrame | None = None,
    lexicon: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count the labels of each actor in every article and voice.

    Parameters
    ----------
    tokens : DataFrame
        One row per token with its voice.
    articles : DataFrame
        article_id, text.
    sentences : DataFrame, optional
        The table of that name; with it the labels that texts give in apposition to a name are found too.
    lexicon : DataFrame, optional
        Columns actor, label, kind; the shipped ``naming`` list where left out.

    Returns
    -------
    labels : DataFrame
        One row per article × voice × actor × label that occurs: article_id, voice, actor, label, kind, whence
        (list, or apposition), n (mentions), share (0-1, of the actor's mentions in that article and voice).
    hits : DataFrame
        One row per mention: article_id, sentence_id, start, end, term, actor, kind, whence. The actor of a label in
        apposition is the list's where the name is one of its labels, else the name in full.
    """
    lexicon = load_lexicon("naming") if lexicon is None else lexicon
    hits = find_terms(tokens, lexicon=lexicon, articles=articles, column="label").assign(whence="list")
    if sentences is not None:
        hits = pd.concat([hits, _from_texts(articles, sentences, lexicon)], ignore_index=True)
    voiced = hits.assign(voice=find_voices(hits, tokens=tokens))
    keys = ["article_id", "voice", "actor"]
    voiced = voiced.rename(columns={"term": "label"})
    labels = voiced.groupby([*keys, "label", "kind", "whence"], sort=False).size().rename("n").reset_index()
    labels["share"] = labels["n"] / labels.groupby(keys, sort=False)["n"].transform("sum")
    return labels.sort_values(
        [*keys, "n", "label", "whence"], ascending=[True, True, True, False, True, True], kind="stable"
    ).reset_index(drop=True), hits


def _from_texts(articles: pd.DataFrame, sentences: pd.DataFrame, lexicon: pd.DataFrame) -> pd.DataFrame:
    """Labels in apposition, as rows like those of the list."""
    known = {label.lower(): actor for label, actor in zip(lexicon["label"], lexicon["actor"], strict=True)}
    found = find_appositions(articles, sentences=sentences)
    actor = [known.get(name.lower(), name) for name in found["actor"]]
    place = found[["article_id", "sentence_id", "start", "end"]]
    return place.assign(term=found["label"], actor=actor, kind="described", whence="apposition")
