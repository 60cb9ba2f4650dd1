"""Keyness: the words that set each outlet apart from its reference, with their dispersion over articles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from scipy import special

from analysis.contrasts import each_contrast
from analysis.resampling import control_false_discoveries
from analysis.term_counts import Cells, Corpus, Side, Sides, count_terms, count_units

KEYNESS_COLUMNS = [
    "outlet",
    "reference",
    "term",
    "log_odds",
    "z",
    "q",
    "n_target",
    "n_reference",
    "n_articles",
    "dispersion",
]
PRIOR_WORDS = 500  # Monroe et al.'s alpha_0: how many words of the pooled corpus each side is shrunk by
_LEAST_UNITS = 5  # articles on both sides, below which sentences are what is counted over


def compare_keyness(
    tokens: pd.DataFrame, *, articles: pd.DataFrame, min_count: int = 2, reference: str = ""
) -> pd.DataFrame:
    """Find the words that set each outlet apart: weighted log-odds with a Dirichlet prior.

    Monroe, Colaresi & Quinn (2008), equations 15, 16, 22: the prior of a word is its share in the pooled
    corpus times 500 words. Headlines and numbers are left out.

    Parameters
    ----------
    tokens : DataFrame
        One row per token with its voice: article_id, sentence_id, norm, is_word, voice.
    articles, min_count, reference
        As for `rate_terms`.

    Returns
    -------
    DataFrame
        As `settle_terms` returns, outlet after outlet.
    """
    counts = count_terms(tokens)
    rated = rate_terms([counts], count_units(counts), articles=articles, min_count=min_count, reference=reference)
    tables = [settle_terms(rows) for _, rows in rated if len(rows)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=KEYNESS_COLUMNS)


def rate_terms(
    parts: Iterable[pd.DataFrame],
    units: pd.DataFrame,
    *,
    articles: pd.DataFrame,
    min_count: int = 2,
    reference: str = "",
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Compare the words of each part, one outlet after the other; `settle_terms` puts an outlet's words together.

    Parameters
    ----------
    parts : iterable of DataFrame
        Counts as `count_terms` returns them. Each part holds all rows of some of the terms; how terms are dealt to
        parts leaves no trace, and the memory needed is that of the largest part.
    units : DataFrame
        One row per article × sentence, as `count_units` returns: article_id, sentence_id, n_words.
    articles : DataFrame
        article_id, outlet, and shared_source_with where known: articles of one side that rework one text count as one.
    min_count : int
        Rarer words are not tested.
    reference : str
        The outlet to compare the others with; "" compares each with all others.

    Yields
    ------
    (str, DataFrame)
        An outlet and the words of one part that it uses: the columns of `settle_terms`, but for q the p of each word
        alone. Every outlet comes in every part, in their order.
    """
    corpus = Corpus(units, articles)
    del units  # as many rows as the corpus has sentences
    contrasts = [Sides(c, corpus, least=_LEAST_UNITS) for c in each_contrast(corpus.articles, reference=reference)]
    uneven = np.any([(s.weight > 0) & (s.weight < 1) for c in contrasts for s in (c.target, c.rest)], axis=0)
    for part in parts if contrasts else ():
        cells = Cells(part, corpus, min_count=min_count)
        for sides in contrasts:
            yield sides.outlet, _rate(cells, sides, uneven, min_count)


def settle_terms(rated: pd.DataFrame) -> pd.DataFrame:
    """Correct for the number of words tested and put them in order, the most typical first.

    Parameters
    ----------
    rated : DataFrame
        All rows that `rate_terms` gives for one outlet.

    Returns
    -------
    DataFrame
        One row per word that the outlet uses: outlet, reference, term, log_odds (natural; positive: more often here
        than in the reference), z (log_odds over its standard error, tokens taken as independent, as published), q
        (Benjamini-Hochberg within the outlet, of a test over articles, or sentences where one side has less than
        five articles: never over tokens, since words come in bursts; Lijffijt et al. 2016), n_target, n_reference
        (raw counts), n_articles (of the outlet that use it), dispersion (over those articles, 0 even to 1 all in one
        place: Gries 2008's DP, normalised; empty with one article).

    Raises
    ------
    ValueError
        When a word stands in two parts.
    """
    terms = rated["term"].to_numpy(dtype=object)
    by_term = np.argsort(terms, kind="stable")
    if (terms[by_term][1:] == terms[by_term][:-1]).any():
        raise ValueError("a word stands in two parts of the counts")
    z = rated["z"].to_numpy(dtype=float)[by_term]
    order = by_term[np.argsort(-np.round(z, 10), kind="stable")]  # ties must not hang on how a machine adds
    q = control_false_discoveries(rated["p"].to_numpy(dtype=float))
    return rated.assign(q=q)[KEYNESS_COLUMNS].iloc[order].reset_index(drop=True)


def _rate(cells: Cells, sides: Sides, uneven: np.ndarray, min_count: int) -> pd.DataFrame:
    """Return what sets one outlet apart, for each word of a part that it uses."""
    raw, sums = cells.add_up(sides, uneven=uneven)
    shown = np.flatnonzero((raw[0] > 0) & (raw.sum(axis=0) >= min_count))
    n_articles, dispersion = (d[shown] for d in cells.disperse(sides.target, np.maximum(raw[0], 1)))
    raw, (target, rest) = raw[:, shown].astype("int64"), sums[:, :, shown]
    n_words = sides.target.n_words, sides.rest.n_words
    log_odds, z = log_odds_dirichlet(
        target[0],
        rest[0],
        prior=(target[0] + rest[0]) * (PRIOR_WORDS / sum(n_words)),
        n_words=(*n_words, PRIOR_WORDS),
    )
    return pd.DataFrame(
        {
            "outlet": sides.outlet,
            "reference": sides.reference,
            "term": cells.terms[shown],
            "log_odds": log_odds,
            "z": z,
            "p": _p_values(target, rest, sides),
            "n_target": raw[0],
            "n_reference": raw[1],
            "n_articles": n_articles.astype("int64"),
            "dispersion": dispersion,
        }
    )


def _p_values(target: np.ndarray, rest: np.ndarray, sides: Sides) -> np.ndarray:
    """Return the two-sided p of each word's difference in rate, units (not tokens) taken as independent."""
    one, other = sides.target, sides.rest
    rate = (target[0] + rest[0]) / (one.n_words + other.n_words)
    difference = target[0] / one.n_words - rest[0] / other.n_words
    error = np.sqrt(_spread(target, rate, one) + _spread(rest, rate, other))
    freedom = one.n_units + other.n_units - 2
    if freedom < 1:
        return np.ones(len(rate))
    t = np.divide(difference, error, out=np.zeros(len(rate)), where=error > 0)
    return 2 * special.stdtr(freedom, -np.abs(t))


def _spread(sums: np.ndarray, rate: np.ndarray, side: Side) -> np.ndarray:
    """Return the variance of each word's rate on a side over its units, were ``rate`` the true one."""
    _, squares, crossed = sums
    total = squares - 2 * rate * crossed + rate**2 * side.n_squared
    return np.maximum(total, 0) / side.n_words**2 * side.n_units / max(1, side.n_units - 1)


def log_odds_dirichlet(
    target: np.ndarray,
    reference: np.ndarray,
    *,
    prior: np.ndarray,
    n_words: tuple[float, float, float] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted log-odds ratio of each word and its z (Monroe, Colaresi & Quinn 2008).

    Parameters
    ----------
    target, reference : arrays of shape (n_terms,)
        Counts of each word on the two sides.
    prior : float array of shape (n_terms,)
        Pseudo-counts, all positive.
    n_words : (float, float, float), optional
        What target, reference and prior add up to, where the arrays hold only some of the words.

    Returns
    -------
    log_odds, z : float arrays of shape (n_terms,)
    """
    n_target, n_reference, a0 = n_words or (target.sum(), reference.sum(), prior.sum())
    y_t, y_r = target + prior, reference + prior
    log_odds = np.log(y_t / (n_target + a0 - y_t)) - np.log(y_r / (n_reference + a0 - y_r))
    return log_odds, log_odds / np.sqrt(1 / y_t + 1 / y_r)
