"""The units that measures are counted in: one sentence in one voice of one article."""

from __future__ import annotations

import numpy as np
import pandas as pd

KEYS = ["article_id", "sentence_id", "voice"]
COUNT_COLUMNS = [*KEYS, "measure", "num", "den"]
TERM_COLUMNS = [*KEYS, "start", "end", "text", "measure", "term"]


def unit_table(tokens: pd.DataFrame) -> pd.DataFrame:
    """Count words by article, sentence and voice: the unit that every measure is resampled over.

    Returns
    -------
    DataFrame
        One row per article × sentence × voice that has words: article_id, sentence_id, voice, n_words.
    """
    words = tokens[tokens["is_word"]]
    unit = number_units(words)
    first = np.flatnonzero(np.diff(np.maximum.accumulate(unit), prepend=-1)) if len(unit) else unit
    return words[KEYS].iloc[first].assign(n_words=np.bincount(unit)).reset_index(drop=True)


def number_units(table: pd.DataFrame) -> np.ndarray:
    """Number the article × sentence × voice of each row, in the order in which they first come."""
    return table.groupby(KEYS, sort=False).ngroup().to_numpy()


def locate_terms(hits: pd.DataFrame, *, tokens: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """Add voice and raw words to spans found among tokens; the voice is that of the first token.

    Returns
    -------
    DataFrame
        TERM_COLUMNS, ordered by place.
    """
    place = tokens[["article_id", "start", "voice"]]
    found = hits.drop(columns=["voice"], errors="ignore").merge(place, on=["article_id", "start"], how="left")
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    found["text"] = [texts[a][s:e] for a, s, e in zip(found["article_id"], found["start"], found["end"], strict=True)]
    found = found.astype({"sentence_id": "int64", "start": "int64", "end": "int64"})  # also where some list met nothing
    return (
        found[TERM_COLUMNS].sort_values(["article_id", "start", "end", "measure"], kind="stable").reset_index(drop=True)
    )


def stack_rows(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return tables one under the other; an empty one, whose columns have no type, leaves the others theirs."""
    return pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True).infer_objects()


def count_per_word(terms: pd.DataFrame, *, units: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Count terms over words for every unit and measure, zeros included.

    Returns
    -------
    DataFrame
        One row per unit × measure: article_id, sentence_id, voice, measure, num (terms), den (words).
    """
    keys = ["article_id", "sentence_id", "voice"]
    counted = terms.groupby([*keys, "measure"], sort=False).size().unstack("measure", fill_value=0)
    wide = counted.reindex(pd.MultiIndex.from_frame(units[keys]), fill_value=0).reindex(columns=measures, fill_value=0)
    return (
        pd.concat(
            [units[keys].assign(measure=m, num=wide[m].to_numpy(), den=units["n_words"].to_numpy()) for m in measures],
            ignore_index=True,
        )
        if measures
        else pd.DataFrame(columns=COUNT_COLUMNS)
    )
