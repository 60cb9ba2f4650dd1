"""Outlets side by side: intervals by resampling, differences with their false discovery rate."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from analysis.catalogue import UNVALIDATED, describe, family_of, load_validity
from analysis.contrasts import Contrast, list_contrasts

MEASURE_COLUMNS = ["article_id", "outlet", "voice", "measure", "value", "lo", "hi", "n", "unit", "validity"]
COMPARISON_COLUMNS = [
    "outlet",
    "reference",
    "voice",
    "measure",
    "value",
    "value_lo",
    "value_hi",
    "rest",
    "difference",
    "lo",
    "hi",
    "q",
    "n",
    "n_rest",
    "resampled",
    "verdict",
]
FLOOR_SENTENCES = 5  # below it an interval from resampling says nothing, and "too little text" is printed
_MOST_UNITS = 2_000  # longer texts are resampled in blocks of neighbouring sentences
_DERIVED = {
    "flesch_reading_ease": (206.835, -1.015, -84.6),  # Flesch 1948
    "flesch_kincaid_grade": (-15.59, 0.39, 11.8),  # Kincaid et al. 1975
}


def _sums(counts: pd.DataFrame, unit: str | list[str]) -> tuple[pd.Index, pd.MultiIndex, np.ndarray, np.ndarray]:
    """Return units, (voice, measure) columns, and num and den as unit × column arrays."""
    wide = counts.pivot_table(
        index=unit,
        columns=["voice", "measure"],
        values=["num", "den"],
        aggfunc="sum",
        fill_value=0,
        sort=True,
        observed=True,
    )
    num, den = wide["num"], wide["den"]
    return wide.index, num.columns, num.to_numpy(dtype=float), den.to_numpy(dtype=float)


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


def _with_derived(ratios: np.ndarray, names: list[tuple[str, str]]) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Scale the ratios and add the readability formulas, which are sums of ratios."""
    parts = [ratios * [describe(m).scale for _, m in names]]
    for voice in dict.fromkeys(v for v, _ in names):
        if (voice, "sentence_words") in names and (voice, "word_syllables") in names:
            length = ratios[:, names.index((voice, "sentence_words"))]
            syllables = ratios[:, names.index((voice, "word_syllables"))]
            for measure, (constant, a, b) in _DERIVED.items():
                parts.append((constant + a * length + b * syllables)[:, None])
                names = [*names, (voice, measure)]
    return np.hstack(parts), names


def _count_units(den: np.ndarray, found: list[tuple[str, str]], names: list[tuple[str, str]]) -> np.ndarray:
    """Return in how many units each measure could be taken; a readability formula where its voice has words."""
    n = dict(zip(found, (den > 0).sum(axis=0).tolist(), strict=True))
    return np.array([n[name] if name in n else n[name[0], "sentence_words"] for name in names])


def interval(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval (percentile) of each column of draws; nan where none is finite."""
    known = np.isfinite(draws).any(axis=0)
    lo, hi = np.full((2, draws.shape[1]), np.nan)
    if known.any():
        lo[known], hi[known] = np.nanpercentile(draws[:, known], [2.5, 97.5], axis=0)
    return lo, hi


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
        One row per article × voice × measure: value, lo and hi (95 %, percentile; empty below five
        sentences), n (sentences the voice stands in), unit, validity.
    """
    validity = load_validity(models=models, own=own)
    outlets = articles.set_index("article_id")["outlet"]
    parts = []
    for article_id, rows in counts.groupby("article_id", sort=False):
        _, columns, num, den = _sums(rows, "sentence_id")
        draws, names = _with_derived(resample(num, den, resamples=resamples, seed=str(article_id)), list(columns))
        lo, hi = interval(draws[1:])
        n = _count_units(den, list(columns), names)
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


def compare_outlets(
    counts: pd.DataFrame,
    *,
    articles: pd.DataFrame,
    resamples: int = 500,
    reference: str = "",
    groups: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Compare each outlet with all others, or with one, for every voice and measure.

    Parameters
    ----------
    counts : DataFrame
        One row per article × sentence × voice × measure: num, den.
    articles : DataFrame
        article_id, outlet, and shared_source_with where known: articles of one side that rework one text count as one.
    resamples : int
        Bootstrap draws behind an interval; twenty times as many shuffles stand behind a q.
    reference : str
        The outlet to compare the others with; "" compares each with all others.
    groups : mapping of str to collection of str, optional
        Groups of outlets that are compared with all others too, under the name ``group: …``.

    Returns
    -------
    DataFrame
        One row per outlet × voice × measure, headlines left out: reference, value, value_lo and value_hi (95 %,
        bootstrap), rest (the reference, pooled), difference, lo and hi (of the difference), q (Benjamini-Hochberg over the table, from shuffling the units between
        the two sides), n and n_rest (units), resampled (articles where both sides have five or more, else
        sentences), verdict: ``beyond chance`` (q at most .05
        and an interval without zero), ``within chance`` or ``too little text``.
    """
    counts = counts[counts["voice"] != "headline"]
    known = articles[articles["article_id"].isin(counts["article_id"].unique())]
    contrasts = list_contrasts(known, reference=reference, groups=groups)
    if not contrasts:
        return pd.DataFrame(columns=COMPARISON_COLUMNS)
    table = pd.concat([_compare_one(counts, c, resamples) for c in contrasts], ignore_index=True)
    table = table.dropna(subset=["value", "rest"]).reset_index(drop=True)
    enough = table[["n", "n_rest"]].min(axis=1) >= FLOOR_SENTENCES
    tested = enough & table["p"].notna()
    table["q"] = np.nan
    if tested.any():
        table.loc[tested, "q"] = stats.false_discovery_control(table.loc[tested, "p"])
    sure = (table["q"] <= 0.05) & ((table["lo"] > 0) | (table["hi"] < 0))
    table["verdict"] = np.select([~enough, sure], ["too little text", "beyond chance"], "within chance")
    table.loc[~enough, ["lo", "hi"]] = np.nan
    table.loc[table["n"] < FLOOR_SENTENCES, ["value_lo", "value_hi"]] = np.nan
    return table[COMPARISON_COLUMNS]


def _compare_one(counts: pd.DataFrame, contrast: Contrast, resamples: int) -> pd.DataFrame:
    outlet, both = contrast.outlet, contrast.target | contrast.rest
    by_article = min(len(contrast.target), len(contrast.rest)) >= FLOOR_SENTENCES
    unit = ["article_id"] if by_article else ["article_id", "sentence_id"]
    index, columns, num, den = _sums(counts[counts["article_id"].isin(both)], unit)
    of = [key if by_article else key[0] for key in index]
    mine = np.array([a in contrast.target for a in of])
    weights = np.array([both[a] for a in of])[:, None]
    num, den = num * weights, den * weights
    found = list(columns)
    a, names = _with_derived(resample(num[mine], den[mine], resamples=resamples, seed=f"{outlet}\ntarget"), found)
    b, _ = _with_derived(resample(num[~mine], den[~mine], resamples=resamples, seed=f"{outlet}\nrest"), found)
    lo, hi = interval((a - b)[1:])
    value_lo, value_hi = interval(a[1:])
    return pd.DataFrame(
        {
            "outlet": outlet,
            "reference": contrast.reference,
            "voice": [v for v, _ in names],
            "measure": [m for _, m in names],
            "value": a[0],
            "value_lo": value_lo,
            "value_hi": value_hi,
            "rest": b[0],
            "difference": a[0] - b[0],
            "lo": lo,
            "hi": hi,
            "p": _shuffle(num, den, mine, found, a[0] - b[0], shuffles=20 * resamples, seed=outlet),
            "n": _count_units(den[mine], found, names),
            "n_rest": _count_units(den[~mine], found, names),
            "resampled": "articles" if by_article else "sentences",
        }
    )


def _shuffle(
    num: np.ndarray, den: np.ndarray, mine: np.ndarray, found: list, seen: np.ndarray, *, shuffles: int, seed: str
) -> np.ndarray:
    """Return how often a difference as large arises when the units are dealt to the two sides by chance (two-sided p)."""
    rng = np.random.default_rng(zlib.crc32(f"{seed}\nshuffle".encode("utf-8", "replace")))
    reached = np.zeros(len(seen))
    valid = np.zeros(len(seen))
    step = max(1, 4_000_000 // len(mine))
    for at in range(0, shuffles, step):
        dealt = rng.permuted(np.tile(mine.astype(float), (min(step, shuffles - at), 1)), axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            a, _ = _with_derived((dealt @ num) / (dealt @ den), found)
            b, _ = _with_derived(((1 - dealt) @ num) / ((1 - dealt) @ den), found)
            reached += (np.abs(a - b) >= np.abs(seen) - 1e-12).sum(axis=0)
            valid += np.isfinite(a - b).sum(axis=0)
    return np.where(np.isfinite(seen) & (valid > shuffles / 2), (reached + 1) / (valid + 1), np.nan)
