"""Frames: yes/no items with the words that answered them, never one score."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.term_matching import find_terms
from analysis.units import find_voices
from analysis.voices import VOICES
from analysis.wordlists import load_lexicon


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
        Columns frame, item, term, match; the shipped ``frames`` list where left out (generic frames of
        Semetko & Valkenburg 2000 and policy frames of Boydstun et al. 2014, as items; three for foreign affairs).

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
    voiced = hits.assign(voice=find_voices(hits, tokens=tokens))
    questions = lexicon[["frame", "item"]].drop_duplicates()
    counted = voiced.groupby(["article_id", "voice", "frame", "item"], sort=False).size()
    ids, n = tokens["article_id"].unique(), len(questions)
    items = pd.DataFrame(
        {
            "article_id": np.repeat(ids, len(VOICES) * n),
            "voice": np.tile(np.repeat(list(VOICES), n), len(ids)),
            "frame": np.tile(questions["frame"].to_numpy(), len(ids) * len(VOICES)),
            "item": np.tile(questions["item"].to_numpy(), len(ids) * len(VOICES)),
        }
    )
    items = items.merge(counted.rename("n_terms").reset_index(), how="left").fillna({"n_terms": 0})
    items = items.astype({"n_terms": "int64"})
    return items.assign(answer=items["n_terms"] > 0), hits
