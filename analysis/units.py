"""The units that measures are counted in: one sentence in one voice of one article."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.voices import VOICES

_MOST_SENTENCES = 1 << 32  # of one article; its text has fewer characters
KEYS = ["article_id", "sentence_id", "voice"]
COUNT_COLUMNS = [*KEYS, "measure", "num", "den"]
TERM_COLUMNS = [*KEYS, "start", "end", "text", "measure", "term"]


def unit_table(words: pd.DataFrame) -> pd.DataFrame:
    """Count words by article, sentence and voice: the unit that every measure is resampled over.

    Returns
    -------
    DataFrame
        One row per article × sentence × voice that has words: article_id, sentence_id, voice, n_words.
    """
    unit = number_units(words)
    first = np.unique(unit, return_index=True)[1]
    return words[KEYS].iloc[first].assign(n_words=np.bincount(unit)).reset_index(drop=True)


def number_units(table: pd.DataFrame) -> np.ndarray:
    """Number the article × sentence × voice of each row, in the order in which they first come."""
    return pd.factorize(_code_units(table, pd.Index(table["article_id"].unique())))[0]


def _code_units(table: pd.DataFrame, articles: pd.Index) -> np.ndarray:
    """Return one integer for each row that tells its article, sentence and voice."""
    article, voice = articles.get_indexer(table["article_id"]), pd.Index(VOICES).get_indexer(table["voice"])
    return (article * _MOST_SENTENCES + table["sentence_id"].to_numpy(dtype=np.int64)) * (len(VOICES) + 1) + voice


def locate_terms(hits: pd.DataFrame, *, tokens: pd.DataFrame, articles: pd.DataFrame) -> pd.DataFrame:
    """Add voice and raw words to spans found among tokens; the voice is that of the first token.

    Returns
    -------
    DataFrame
        TERM_COLUMNS, ordered by place.
    """
    found = hits.assign(voice=find_voices(hits, tokens=tokens))
    found["text"] = cut_words(found, articles=articles)
    found = found.astype({"sentence_id": "int64", "start": "int64", "end": "int64"})  # also where some list met nothing
    return (
        found[TERM_COLUMNS].sort_values(["article_id", "start", "end", "measure"], kind="stable").reset_index(drop=True)
    )


def cut_words(spans: pd.DataFrame, *, articles: pd.DataFrame) -> list[str]:
    """Return the raw words of each span (article_id, start, end)."""
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    return [texts[a][s:e] for a, s, e in zip(*(spans[c].tolist() for c in ("article_id", "start", "end")), strict=True)]


def find_voices(hits: pd.DataFrame, *, tokens: pd.DataFrame) -> np.ndarray:
    """Return the voice of the token at which each hit (article_id, start) begins; nan where none begins there."""
    if tokens.empty:
        return np.full(len(hits), np.nan, dtype=object)
    code, articles = pd.factorize(tokens["article_id"])
    width = int(tokens["start"].max()) + 1
    key = code * width + tokens["start"].to_numpy()
    order = np.argsort(key, kind="stable")
    article = pd.Index(articles).get_indexer(hits["article_id"])
    start = hits["start"].to_numpy(dtype=np.int64)
    wanted = np.where((article >= 0) & (start < width), article * width + start, -1)
    at = order[np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)]
    return np.where(key[at] == wanted, tokens["voice"].to_numpy(dtype=object)[at], np.nan)


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
    articles = pd.Index(units["article_id"].unique())
    unit = pd.Index(_code_units(units, articles)).get_indexer(_code_units(terms, articles))
    measure = pd.Index(measures, dtype=object).get_indexer(terms["measure"].to_numpy(dtype=object))
    known = (unit >= 0) & (measure >= 0)
    size = len(units) * len(measures)
    num = np.bincount(measure[known] * len(units) + unit[known], minlength=size)
    rows = units.iloc[np.tile(np.arange(len(units)), len(measures))]
    return pd.DataFrame(
        {
            **{key: rows[key].array for key in KEYS},
            "measure": pd.Categorical.from_codes(np.repeat(np.arange(len(measures)), len(units)), categories=measures),
            "num": num,
            "den": rows["n_words"].array,
        }
    )
