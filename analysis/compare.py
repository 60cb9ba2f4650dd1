"""Outlets side by side: intervals by resampling, differences with their false discovery rate."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, special, stats

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
_BLOCKS, _AT_ONCE = 60, 2_000  # units of the smaller side that are dealt anew; deals held in memory at once
_SETTLED = 0.1  # a difference that so many of the first deals reach is none
Sums = tuple[list[Any], list[tuple[str, str]], np.ndarray, np.ndarray]  # units, columns, num and den
_PARTS = ("sentence_words", "word_syllables")
_DERIVED = {  # constant, and what each of the parts is multiplied by
    "flesch_reading_ease": (206.835, -1.015, -84.6),  # Flesch 1948
    "flesch_kincaid_grade": (-15.59, 0.39, 11.8),  # Kincaid et al. 1975
}


def _sums(counts: pd.DataFrame, unit: list[str], *, least: int = 1) -> Sums:
    """Return units, (voice, measure) columns taken in at least ``least`` units, and num and den as unit × column arrays."""
    (row, units), (column, names) = (_number(counts, keys) for keys in (unit, ["voice", "measure"]))
    shape = (len(units), len(names))
    num, den = (sparse.coo_array((counts[c].astype(float), (row, column)), shape).tocsc() for c in ("num", "den"))
    kept = np.flatnonzero((den > 0).sum(axis=0) >= least) if least > 1 else np.arange(len(names))
    index = [u[0] for u in units] if len(unit) == 1 else units
    return index, [names[c] for c in kept], num[:, kept].toarray(), den[:, kept].toarray()


def _number(table: pd.DataFrame, keys: list[str]) -> tuple[np.ndarray, list[tuple]]:
    """Number the different keys of a table in their order; return the number of each row, and the keys."""
    code = table.groupby(keys, sort=True, observed=True).ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    return code, list(table[keys].iloc[first].itertuples(index=False, name=None))


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
        if all((voice, part) in names for part in _PARTS):
            length, syllables = (ratios[:, names.index((voice, part))] for part in _PARTS)
            for measure, (constant, a, b) in _DERIVED.items():
                parts.append((constant + a * length + b * syllables)[:, None])
                names = [*names, (voice, measure)]
    return np.hstack(parts), names


def _count_units(den: np.ndarray, found: list[tuple[str, str]], names: list[tuple[str, str]]) -> np.ndarray:
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
    for article_id, rows in counts.groupby("article_id", sort=False):
        _, columns, num, den = _sums(rows, ["sentence_id"])
        draws, names = _with_derived(resample(num, den, resamples=resamples, seed=str(article_id)), columns)
        n = _count_units(den, columns, names)
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
        Bootstrap draws behind an interval; up to twenty times as many shuffles stand behind a q.
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
    # A measure that fewer articles have is too little for both sides: targets that one article names are thousands.
    by_article = _sums(counts, ["article_id"], least=2 * FLOOR_SENTENCES)
    table = pd.concat([_compare_one(counts, by_article, c, resamples) for c in contrasts], ignore_index=True)
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


def _compare_one(counts: pd.DataFrame, by_article: Sums, contrast: Contrast, n: int) -> pd.DataFrame:
    outlet, both = contrast.outlet, contrast.target | contrast.rest
    enough = min(len(contrast.target), len(contrast.rest)) >= FLOOR_SENTENCES
    index, found, num, den = (
        by_article if enough else _sums(counts[counts["article_id"].isin(both)], ["article_id", "sentence_id"])
    )
    of = index if enough else [key[0] for key in index]
    weights = np.array([both.get(a, 0) for a in of])
    used = weights > 0
    num, den = num[used] * weights[used, None], den[used] * weights[used, None]
    mine = np.array([a in contrast.target for a in of])[used]
    a, names = _with_derived(resample(num[mine], den[mine], resamples=n, seed=f"{outlet}\ntarget"), found)
    b, _ = _with_derived(resample(num[~mine], den[~mine], resamples=n, seed=f"{outlet}\nrest"), found)
    n_mine, n_rest = (_count_units(den[side], found, names) for side in (mine, ~mine))
    lo, hi = interval((a - b)[1:], np.minimum(n_mine, n_rest))
    value_lo, value_hi = interval(a[1:], n_mine)
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
            "p": _shuffle(num, den, mine, found, a[0] - b[0], shuffles=20 * n, seed=outlet),
            "n": n_mine,
            "n_rest": n_rest,
            "resampled": "articles" if enough else "sentences",
        }
    )


def _shuffle(
    num: np.ndarray, den: np.ndarray, mine: np.ndarray, found: list, seen: np.ndarray, *, shuffles: int, seed: str
) -> np.ndarray:
    """Return how often a difference as large arises when the units are dealt to the two sides by chance (two-sided p).

    Where the smaller side has many units, blocks of neighbouring units of one side are dealt, all of one size: their
    sums vary as those of single units do, at a cost that does not grow with the corpus. A difference that arises often
    among the first deals is not dealt again (Besag & Clifford 1991).
    """
    rng = np.random.default_rng(zlib.crc32(f"{seed}\nshuffle".encode("utf-8", "replace")))
    few = mine if 2 * mine.sum() <= len(mine) else ~mine
    size = max(1, int(few.sum()) // _BLOCKS)
    num, den = (
        np.vstack([np.add.reduceat(v[side], np.arange(0, int(side.sum()), size)) for side in (few, ~few)])
        for v in (num, den)
    )
    k, n = -(-int(few.sum()) // size), len(num)
    names = _with_derived(np.ones((1, len(found))), found)[1]
    number = {name: i for i, name in enumerate(names)}
    reached, valid, deals = np.zeros((3, len(names)))
    is_open = np.isfinite(seen)
    for at in range(0, shuffles, _AT_ONCE):
        readable = {names[i][0] for i in np.flatnonzero(is_open) if names[i][1] in _DERIVED}
        use = [c for c, x in enumerate(found) if is_open[number[x]] or (x[0] in readable and x[1] in _PARTS)]
        if not use:
            break
        step = min(_AT_ONCE, shuffles - at)
        picked = np.concatenate([rng.choice(n, k, replace=False, shuffle=False) for _ in range(step)])
        dealt = sparse.csr_matrix((np.ones(len(picked)), picked, np.arange(0, len(picked) + 1, k)), shape=(step, n))
        all_num, all_den = num[:, use], den[:, use]
        few_num, few_den = dealt @ all_num, dealt @ all_den
        with np.errstate(invalid="ignore", divide="ignore"):
            a, part = _with_derived(few_num / few_den, [found[c] for c in use])
            b, _ = _with_derived(
                (all_num.sum(axis=0) - few_num) / (all_den.sum(axis=0) - few_den), [found[c] for c in use]
            )
        of = np.array([number[x] for x in part])
        keep = is_open[of]
        gap, of = np.abs(a - b)[:, keep], of[keep]
        reached[of] += (gap >= np.abs(seen[of]) - 1e-9).sum(axis=0)
        valid[of] += np.isfinite(gap).sum(axis=0)
        deals[of] += step
        is_open &= reached < _SETTLED * valid
    return np.where((deals > 0) & (valid > deals / 2), (reached + 1) / (valid + 1), np.nan)
