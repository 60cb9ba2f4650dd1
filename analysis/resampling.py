"""Measures and their intervals: counts summed over units, the units drawn anew.

Every measure is a sum over a sum, so one routine serves all of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import sparse, special

from analysis.catalogue import UNVALIDATED, describe, family_of, load_validity

MEASURE_COLUMNS = ["article_id", "outlet", "voice", "measure", "value", "lo", "hi", "n", "unit", "validity"]
FLOOR_SENTENCES = 5  # below it an interval from resampling says nothing, and "too little text" is printed
_MOST_UNITS = 2_000  # longer texts are resampled in blocks of neighbouring sentences
Sums = tuple[list[tuple[str, str]], np.ndarray, np.ndarray]  # (voice, measure) columns; num and den, unit × column
PARTS = ("sentence_words", "word_syllables")
DERIVED = {  # constant, and what each of the parts is multiplied by
    "flesch_reading_ease": (206.835, -1.015, -84.6),  # Flesch 1948
    "flesch_kincaid_grade": (-15.59, 0.39, 11.8),  # Kincaid et al. 1975
}


def sum_units(counts: pd.DataFrame, units: pd.Index, *, least: int = 1) -> Sums:
    """Return the (voice, measure) columns taken in at least ``least`` units, and num and den as unit × column arrays."""
    keys = counts[units.names[0]] if units.nlevels == 1 else pd.MultiIndex.from_frame(counts[list(units.names)])
    row, (column, names) = units.get_indexer(keys), number_rows(counts, ["voice", "measure"])
    known = row >= 0
    values = [counts[c].to_numpy(dtype=float)[known] for c in ("num", "den")]
    return _add_up(*values, row=row[known], column=column[known], n_rows=len(units), names=names, least=least)


def _add_up(
    num: np.ndarray, den: np.ndarray, *, row: np.ndarray, column: np.ndarray, n_rows: int, names: list, least: int = 1
) -> Sums:
    sums = [sparse.coo_array((v, (row, column)), (n_rows, len(names))).tocsc() for v in (num, den)]
    kept = np.flatnonzero((sums[1] > 0).sum(axis=0) >= least)
    return [names[c] for c in kept], sums[0][:, kept].toarray(), sums[1][:, kept].toarray()


def number_rows(table: pd.DataFrame, keys: list[str]) -> tuple[np.ndarray, list[tuple]]:
    """Number the different keys of a table in their order; return the number of each row, and the keys."""
    code = table.groupby(keys, sort=True, observed=True).ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    return code, list(table[keys].iloc[first].itertuples(index=False, name=None))


def control_false_discoveries(p: np.ndarray) -> np.ndarray:
    """Return the q value of each of several tests made together (Benjamini & Hochberg 1995), in the order of ``p``."""
    rising = np.argsort(p, kind="stable")
    q = np.empty(len(p))
    raised = p[rising] * (len(p) / np.arange(1, len(p) + 1))
    q[rising] = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1)
    return q


def _in_blocks(values: np.ndarray) -> np.ndarray:
    if len(values) <= _MOST_UNITS:
        return values
    return np.add.reduceat(values, np.linspace(0, len(values), _MOST_UNITS, endpoint=False).astype(int), axis=0)


def resample(num: np.ndarray, den: np.ndarray, *, resamples: int, seed: str) -> np.ndarray:
    """Return resampled ratios, shape (resamples + 1, columns); row 0 is the sample itself."""
    num, den = _in_blocks(num), _in_blocks(den)
    rng = np.random.default_rng(zlib.crc32(seed.encode("utf-8", "replace")))
    weights = np.vstack([np.ones(len(num)), rng.multinomial(len(num), np.full(len(num), 1 / len(num)), size=resamples)])
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weights @ num) / (weights @ den)


def with_derived(ratios: np.ndarray, names: list[tuple[str, str]]) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Scale the ratios and add the readability formulas, which are sums of ratios."""
    parts = [ratios * [describe(m).scale for _, m in names]]
    for voice in dict.fromkeys(v for v, _ in names):
        if all((voice, part) in names for part in PARTS):
            length, syllables = (ratios[:, names.index((voice, part))] for part in PARTS)
            for measure, (constant, a, b) in DERIVED.items():
                parts.append((constant + a * length + b * syllables)[:, None])
                names = [*names, (voice, measure)]
    return np.hstack(parts), names


def count_units(den: np.ndarray, found: list[tuple[str, str]], names: list[tuple[str, str]]) -> np.ndarray:
    """Return in how many units each measure could be taken; a readability formula where its voice has words."""
    n = dict(zip(found, (den > 0).sum(axis=0).tolist(), strict=True))
    return np.array([n[name] if name in n else n[name[0], "sentence_words"] for name in names])


def interval(draws: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval of each column of draws; nan where none is finite.

    Percentiles, set further apart for small samples of ``n`` units, which plain percentiles take for larger than they
    are: the expanded percentile interval (Hesterberg 2015, section 5.2).
    """
    ordered = np.sort(np.where(np.isfinite(draws), draws, np.nan), axis=0)  # nan comes last
    known = np.isfinite(ordered).sum(axis=0)
    size = np.maximum(n, 2)
    tail = special.ndtr(-np.sqrt(size / (size - 1)) * special.stdtrit(size - 1, 0.975))
    return _quantile(ordered, known, tail), _quantile(ordered, known, 1 - tail)


def _quantile(ordered: np.ndarray, known: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return a quantile of the first ``known`` values of each column, linear between two of them."""
    at = level * np.maximum(known - 1, 0)
    below = np.floor(at).astype(int)
    column = np.arange(ordered.shape[1])
    one, two = ordered[below, column], ordered[np.minimum(below + 1, np.maximum(known - 1, 0)), column]
    return one + (at - below) * (two - one)


def estimate_measures(
    counts: pd.DataFrame,
    *,
    articles: pd.DataFrame,
    resamples: int = 500,
    models: bool = True,
    own: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Turn counts into measures of each article and voice, with intervals from resampling its sentences.

    Parameters
    ----------
    counts : DataFrame
        One row per article × sentence × voice × measure: num, den.
    articles : DataFrame
        article_id, outlet.
    resamples : int
        Bootstrap draws; the seed is made from the article's name, so two runs give the same bytes.
    models : bool
        Whether fitted models were used; their cards differ from those of the rules alone.
    own : mapping of str to str, optional
        What the corpus' own coding says of measures.

    Returns
    -------
    DataFrame
        One row per article × voice × measure: value, lo and hi (95 %, expanded percentile; empty below five
        sentences), n (sentences the voice stands in), unit, validity.
    """
    validity = load_validity(models=models, own=own)
    outlets = articles.set_index("article_id")["outlet"]
    parts = []
    code, known = number_rows(counts, ["voice", "measure"])
    sentence, nums, dens = (counts[c].to_numpy() for c in ("sentence_id", "num", "den"))
    for article_id, at in counts.groupby("article_id", sort=False).indices.items():
        units, row = np.unique(sentence[at], return_inverse=True)
        here, column = np.unique(code[at], return_inverse=True)
        pairs = [known[c] for c in here]
        columns, num, den = _add_up(nums[at], dens[at], row=row, column=column, n_rows=len(units), names=pairs)
        draws, names = with_derived(resample(num, den, resamples=resamples, seed=str(article_id)), columns)
        n = count_units(den, columns, names)
        lo, hi = interval(draws[1:], n)
        enough = n >= FLOOR_SENTENCES
        parts.append(
            pd.DataFrame(
                {
                    "article_id": article_id,
                    "outlet": outlets[article_id],
                    "voice": [v for v, _ in names],
                    "measure": [m for _, m in names],
                    "value": draws[0],
                    "lo": np.where(enough, lo, np.nan),
                    "hi": np.where(enough, hi, np.nan),
                    "n": n,
                    "unit": [describe(m).unit for _, m in names],
                    "validity": [validity.get(family_of(m), UNVALIDATED) for _, m in names],
                }
            )
        )
    if not parts:
        return pd.DataFrame(columns=MEASURE_COLUMNS)
    return pd.concat(parts, ignore_index=True).dropna(subset=["value"])[MEASURE_COLUMNS].reset_index(drop=True)
