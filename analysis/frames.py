"""Frames: yes/no items with the words that answered them, never one score."""

from __future__ import annotations

import pandas as pd

from analysis.voices import VOICES
from analysis.wordlists import find_terms, load_lexicon


def measure_frames(
    tokens: pd.DataFrame, *, articles: pd.DataFrame, lexicon: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answer the frame items for every article and voice.

    Parameters
    ----------
    tokens : DataFrame
        One row per token with its voice.
    articles : DataFrame
        article_id, text.
    lexicon : DataFrame, optional
        Columns frame, item, term, match; the shipped ``frames`` list where left out (Semetko & Valkenburg
        2000, as items; three more for foreign affairs).

    Returns
    -------
    items : DataFrame
        One row per article × voice × item: article_id, voice, frame, item, answer (True where a term of the
        item stands in that voice), n_terms.
    hits : DataFrame
        One row per term found: article_id, sentence_id, start, end, term, frame, item.
    """
    lexicon = load_lexicon("frames") if lexicon is None else lexicon
    hits = find_terms(tokens, lexicon=lexicon, articles=articles)
    voiced = hits.merge(tokens[["article_id", "start", "voice"]], on=["article_id", "start"], how="left")
    questions = lexicon[["frame", "item"]].drop_duplicates()
    counted = voiced.groupby(["article_id", "voice", "frame", "item"], sort=False).size()
    every = pd.MultiIndex.from_tuples(
        [
            (a, v, f, i)
            for a in tokens["article_id"].unique()
            for v in VOICES
            for f, i in questions.itertuples(index=False)
        ],
        names=["article_id", "voice", "frame", "item"],
    )
    items = counted.reindex(every, fill_value=0).rename("n_terms").reset_index()
    return items.assign(answer=items["n_terms"] > 0), hits
