"""Outlets side by side: differences with their intervals and their false discovery rate."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache, partial

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.contrasts import Contrast, each_contrast
from analysis.resampling import (
    DERIVED,
    FLOOR_SENTENCES,
    PARTS,
    Sums,
    control_false_discoveries,
    count_units,
    interval,
    number_rows,
    resample,
    sum_units,
    with_derived,
)

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
_BLOCKS, _AT_ONCE = 60, 2_000  # units of the smaller side that are dealt anew; deals held in memory at once
_SETTLED = 0.1  # a difference that so many of the first deals reach is none


def sum_counts(counts: pd.DataFrame, *, n_parts: int) -> pd.DataFrame:
    """Sum counts by article, and deal the measures to parts that can be compared one after the other.

    Parameters
    ----------
    counts : DataFrame
        One row per article × sentence × voice × measure: num, den.
    n_parts : int
        How many parts; what a readability formula needs of one voice stays together.

    Returns
    -------
    DataFrame
        One row per article × voice × measure: part (0 to n_parts - 1), article_id, voice, measure, num, den.
    """
    keys = ["article_id", "voice", "measure"]
    sums = counts.groupby(keys, sort=False, observed=True)[["num", "den"]].sum().reset_index()
    return sums.assign(part=deal_measures(sums, n_parts=n_parts))


def deal_measures(table: pd.DataFrame, *, n_parts: int) -> np.ndarray:
    """Return to which part each row (voice, measure) belongs."""
    code, names = number_rows(table, ["voice", "measure"])
    words = (f"{v}\n{'' if m in PARTS else m}".encode("utf-8", "replace") for v, m in names)
    return np.array([zlib.crc32(w) % n_parts for w in words], dtype=np.int64)[code] if len(code) else code


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
    articles, resamples, reference, groups
        As for `compare_part`.

    Returns
    -------
    DataFrame
        As `settle_comparisons` returns.
    """
    counts = counts[counts["voice"] != "headline"]
    given: dict = {"articles": articles, "resamples": resamples, "reference": reference, "groups": groups}
    units = counts[["article_id", "sentence_id"]].drop_duplicates()
    return settle_comparisons([compare_part(counts, by_sentence=counts, units=units, **given)])


def compare_part(
    sums: pd.DataFrame,
    *,
    by_sentence: pd.DataFrame,
    units: pd.DataFrame,
    articles: pd.DataFrame,
    resamples: int = 500,
    reference: str = "",
    groups: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Compare the outlets in some of the measures; how measures are dealt to parts leaves no trace.

    Parameters
    ----------
    sums : DataFrame
        Counts of the measures, headlines left out: article_id, voice, measure, num, den.
    by_sentence : DataFrame
        The same with sentence_id; not looked at where all sides have articles enough.
    units : DataFrame
        article_id and sentence_id of every sentence of the corpus that has counts; where all sides have articles enough, one of
        each article will do.
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
        One row per outlet × voice × measure: what `settle_comparisons` needs.
    """
    ids = pd.Index(np.unique(units["article_id"].to_numpy(dtype=object)), name="article_id")
    known = articles[articles["article_id"].isin(ids)]
    contrasts = partial(each_contrast, known, reference=reference, groups=groups)
    enough = [has_articles_enough(c) for c in contrasts()]
    if sums.empty or not enough:
        return pd.DataFrame(columns=[*COMPARISON_COLUMNS, "p", "number"])
    unit = ["article_id", "sentence_id"]
    pairs = units[unit].sort_values(unit) if not all(enough) else units[unit].iloc[:0]
    # A measure that fewer articles have is too little for both sides: targets that one article names are thousands.
    summed = sum_units(sums, ids, least=2 * FLOOR_SENTENCES)
    found = []
    for number, c in enumerate(contrasts()):
        if has_articles_enough(c):
            table = _compare_one(ids, summed, c, resamples)
        else:
            both = c.target | c.rest
            index = pd.MultiIndex.from_frame(pairs[pairs["article_id"].isin(both)])
            closer = by_sentence[by_sentence["article_id"].isin(both)]
            table = _compare_one(index, sum_units(closer, index), c, resamples)
        found.append(table.assign(number=number))
    return pd.concat(found, ignore_index=True)


def settle_comparisons(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put the comparisons of all measures together, correct for their number and say what is beyond chance.

    Parameters
    ----------
    parts : iterable of DataFrame
        What `compare_part` gives for all measures.

    Returns
    -------
    DataFrame
        One row per outlet × voice × measure, headlines left out: reference, value, value_lo and value_hi (95 %,
        bootstrap), rest (the reference, pooled), difference, lo and hi (of the difference), q (Benjamini-Hochberg over
        the table, from shuffling the units between the two sides), n and n_rest (units), resampled (articles where both
        sides have five or more, else sentences), verdict: ``beyond chance`` (q at most .05
        and an interval without zero), ``within chance`` or ``too little text``.
    """
    full = [t for t in parts if len(t)]
    if not full:
        return pd.DataFrame(columns=COMPARISON_COLUMNS)
    table = pd.concat(full, ignore_index=True)
    rank = {m: i for i, m in enumerate(DERIVED, start=1)}
    table = table.assign(last=table["measure"].map(rank).fillna(0))
    order = table.assign(is_last=table["last"] > 0).sort_values(["number", "is_last", "voice", "last", "measure"]).index
    return _judge(table.loc[order].dropna(subset=["value", "rest"]).reset_index(drop=True))


def has_articles_enough(contrast: Contrast) -> bool:
    """Tell whether both sides have articles enough to be dealt as wholes."""
    return min(len(contrast.target), len(contrast.rest)) >= FLOOR_SENTENCES


def _judge(table: pd.DataFrame) -> pd.DataFrame:
    """Correct for many comparisons and say of each difference whether it is beyond chance."""
    enough = table[["n", "n_rest"]].min(axis=1) >= FLOOR_SENTENCES
    tested = enough & table["p"].notna()
    table["q"] = np.nan
    if tested.any():
        table.loc[tested, "q"] = control_false_discoveries(table.loc[tested, "p"].to_numpy(dtype=float))
    sure = (table["q"] <= 0.05) & ((table["lo"] > 0) | (table["hi"] < 0))
    table["verdict"] = np.select([~enough, sure], ["too little text", "beyond chance"], "within chance")
    table.loc[~enough, ["lo", "hi"]] = np.nan
    table.loc[table["n"] < FLOOR_SENTENCES, ["value_lo", "value_hi"]] = np.nan
    return table[COMPARISON_COLUMNS]


def _compare_one(units: pd.Index, sums: Sums, contrast: Contrast, n: int) -> pd.DataFrame:
    outlet, both = contrast.outlet, contrast.target | contrast.rest
    found, num, den = sums
    of = units.get_level_values("article_id")
    weights = np.array([both.get(a, 0) for a in of])
    used = weights > 0
    num, den = num[used] * weights[used, None], den[used] * weights[used, None]
    mine = np.array([a in contrast.target for a in of])[used]
    a, names = with_derived(resample(num[mine], den[mine], resamples=n, seed=f"{outlet}\ntarget"), found)
    b, _ = with_derived(resample(num[~mine], den[~mine], resamples=n, seed=f"{outlet}\nrest"), found)
    n_mine, n_rest = (count_units(den[side], found, names) for side in (mine, ~mine))
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
            "resampled": "articles" if units.nlevels == 1 else "sentences",
        }
    )


class _Deals:
    """Which of ``n`` units fall to a side of ``k``, deal after deal; kept, since every part of the measures asks again."""

    def __init__(self, seed: int, n: int, k: int, together: int):
        self._rng, self._n, self._k, self._together = np.random.default_rng(seed), n, k, together
        self._kind = np.uint16 if n <= 2**16 else np.int64
        self._taken: list[np.ndarray] = []

    @staticmethod
    @lru_cache(maxsize=64)
    def known(seed: int, n: int, k: int, together: int) -> _Deals:
        return _Deals(seed, n, k, together)

    def take(self, number: int) -> np.ndarray:
        """Return the units of the next deals that are looked at together, one deal behind the other."""
        while len(self._taken) <= number:
            picked = [self._rng.choice(self._n, self._k, replace=False, shuffle=False) for _ in range(self._together)]
            self._taken.append(np.concatenate(picked).astype(self._kind))
        return self._taken[number]


def forget_deals() -> None:
    """Let go of the deals that all parts of the measures ask for; they would be drawn again."""
    _Deals.known.cache_clear()


def _shuffle(
    num: np.ndarray, den: np.ndarray, mine: np.ndarray, found: list, seen: np.ndarray, *, shuffles: int, seed: str
) -> np.ndarray:
    """Return how often a difference as large arises when the units are dealt to the two sides by chance (two-sided p).

    Where the smaller side has many units, blocks of neighbouring units of one side are dealt, all of one size: their
    sums vary as those of single units do, at a cost that does not grow with the corpus. A difference that arises often
    among the first deals is not dealt again (Besag & Clifford 1991).
    """
    few = mine if 2 * mine.sum() <= len(mine) else ~mine
    size = max(1, int(few.sum()) // _BLOCKS)
    num, den = (
        np.vstack([np.add.reduceat(v[side], np.arange(0, int(side.sum()), size)) for side in (few, ~few)])
        for v in (num, den)
    )
    k, n = -(-int(few.sum()) // size), len(num)
    together = min(_AT_ONCE, shuffles)
    deals_of = _Deals.known(zlib.crc32(f"{seed}\nshuffle".encode("utf-8", "replace")), n, k, together)
    names = with_derived(np.ones((1, len(found))), found)[1]
    number = {name: i for i, name in enumerate(names)}
    reached, valid, deals = np.zeros((3, len(names)))
    is_open = np.isfinite(seen)
    for at in range(0, shuffles, together):
        readable = {names[i][0] for i in np.flatnonzero(is_open) if names[i][1] in DERIVED}
        use = [c for c, x in enumerate(found) if is_open[number[x]] or (x[0] in readable and x[1] in PARTS)]
        if not use:
            break
        step = min(together, shuffles - at)
        picked = deals_of.take(at // together)[: step * k]
        dealt = sparse.csr_matrix((np.ones(len(picked)), picked, np.arange(0, len(picked) + 1, k)), shape=(step, n))
        all_num, all_den = num[:, use], den[:, use]
        few_num, few_den = dealt @ all_num, dealt @ all_den
        with np.errstate(invalid="ignore", divide="ignore"):
            a, part = with_derived(few_num / few_den, [found[c] for c in use])
            b, _ = with_derived(
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
