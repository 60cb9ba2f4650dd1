"""Keyness: the words that set each outlet apart from its reference, with their dispersion over articles."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse, stats

from analysis.contrasts import Contrast, list_contrasts
from analysis.term_matching import sentence_numbers

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
    articles : DataFrame
        article_id, outlet, and shared_source_with where known: articles of one side that rework one text count as one.
    min_count : int
        Rarer words are not tested.
    reference : str
        The outlet to compare the others with; "" compares each with all others.

    Returns
    -------
    DataFrame
        One row per outlet × word that the outlet uses: reference, log_odds (natural; positive: more often here than in
        the reference), z (log_odds over its standard error, tokens taken as independent, as published), q
        (Benjamini-Hochberg within the outlet, of a test over articles, or sentences where one side has less than
        five articles: never over tokens, since words come in bursts; Lijffijt et al. 2016), n_target, n_reference
        (raw counts), n_articles (of the outlet that use it), dispersion (over those articles, 0 even to 1 all in one place: Gries
        2008's DP, normalised; empty with one article).
    """
    words = tokens[
        tokens["is_word"] & (tokens["voice"] != "headline") & tokens["norm"].str.contains("[a-z]", regex=True)
    ]
    contrasts = list_contrasts(articles[articles["article_id"].isin(words["article_id"].unique())], reference=reference)
    if not contrasts:
        return pd.DataFrame(columns=KEYNESS_COLUMNS)
    term, terms = pd.factorize(words["norm"], sort=True)
    unit = sentence_numbers(words)
    owner = words["article_id"].to_numpy(dtype=object)[np.unique(unit, return_index=True)[1]]
    shape = (len(owner), len(terms))
    counts = sparse.csr_matrix((np.ones(len(term)), (unit, term)), shape=shape)
    counts.sum_duplicates()
    parts = [_compare(counts, owner, np.asarray(terms, dtype=object), c, min_count) for c in contrasts]
    parts = [p for p in parts if len(p)]
    if not parts:
        return pd.DataFrame(columns=KEYNESS_COLUMNS)
    found = pd.concat(parts).sort_values(["outlet", "z", "term"], ascending=[True, False, True], kind="stable")
    return found.reset_index(drop=True)


def _compare(
    counts: sparse.csr_matrix, owner: np.ndarray, terms: np.ndarray, contrast: Contrast, min_count: int
) -> pd.DataFrame:
    sides = []
    by_article = min(len(contrast.target), len(contrast.rest)) >= _LEAST_UNITS
    for weights in (contrast.target, contrast.rest):
        rows = np.flatnonzero([a in weights for a in owner])
        part, of = counts[rows], owner[rows]
        w = np.array([weights[a] for a in of])
        sides.append(_Side(part, of, w, by_article=by_article))
    target, rest = sides
    shown = (target.raw > 0) & (target.raw + rest.raw >= min_count)
    if not shown.any():
        return pd.DataFrame(columns=KEYNESS_COLUMNS)
    pooled = target.total + rest.total
    log_odds, z = log_odds_dirichlet(
        target.total, rest.total, prior=np.maximum(pooled, 1e-9) * (PRIOR_WORDS / pooled.sum())
    )
    p = _test(target, rest)
    n_articles, dispersion = target.disperse()
    return pd.DataFrame(
        {
            "outlet": contrast.outlet,
            "reference": contrast.reference,
            "term": terms[shown],
            "log_odds": log_odds[shown],
            "z": z[shown],
            "q": stats.false_discovery_control(p[shown]),
            "n_target": target.raw[shown].astype("int64"),
            "n_reference": rest.raw[shown].astype("int64"),
            "n_articles": n_articles[shown],
            "dispersion": dispersion[shown],
        }
    )


class _Side:
    """One side of a comparison: raw and weighted counts of every word, and the units that are tested over."""

    def __init__(self, counts: sparse.csr_matrix, owner: np.ndarray, weights: np.ndarray, *, by_article: bool):
        self.raw = np.asarray(counts.sum(axis=0)).ravel()
        weighted = sparse.csr_matrix(sparse.diags(weights) @ counts)
        self.total = np.asarray(weighted.sum(axis=0)).ravel()
        of, articles = pd.factorize(owner)
        member = sparse.csr_matrix((np.ones(len(of)), (of, np.arange(len(of)))), shape=(len(articles), len(of)))
        self.by_article = sparse.csr_matrix(member @ counts)
        self.units = sparse.csr_matrix(member @ weighted) if by_article else weighted
        self.n = np.asarray(self.units.sum(axis=1)).ravel()  # words in each unit

    def disperse(self) -> tuple[np.ndarray, np.ndarray]:
        """Return in how many articles each word stands, and Gries' DP over them (nan with one article)."""
        n = self.by_article.shape[0]
        range_ = np.asarray((self.by_article > 0).sum(axis=0)).ravel().astype("int64")
        if n < 2:
            return range_, np.full(len(range_), np.nan)
        sizes = np.asarray(self.by_article.sum(axis=1)).ravel()
        expected = sizes / sizes.sum()
        columns = self.by_article.tocsc()
        total = np.maximum(np.asarray(columns.sum(axis=0)).ravel(), 1)
        column = np.repeat(np.arange(columns.shape[1]), np.diff(columns.indptr))
        here = expected[columns.indices]
        # half of the sum of |observed - expected|; where a word is absent that is the expected share itself
        gap = np.bincount(column, np.abs(columns.data / total[column] - here) - here, minlength=columns.shape[1])
        return range_, (0.5 * (gap + 1)) / (1 - expected.min())

    def spread(self, rate: np.ndarray) -> np.ndarray:
        """Return the variance of each word's rate here over units, were ``rate`` the true one."""
        n_units = len(self.n)
        squares = np.asarray(self.units.multiply(self.units).sum(axis=0)).ravel()
        crossed = np.asarray(self.units.T @ self.n).ravel()
        total = squares - 2 * rate * crossed + rate**2 * float(self.n @ self.n)
        return np.maximum(total, 0) / self.n.sum() ** 2 * n_units / max(1, n_units - 1)


def _test(target: _Side, rest: _Side) -> np.ndarray:
    """Return the two-sided p of each word's difference in rate, units (not tokens) taken as independent."""
    rate = (target.total + rest.total) / (target.total.sum() + rest.total.sum())
    difference = target.total / target.total.sum() - rest.total / rest.total.sum()
    error = np.sqrt(target.spread(rate) + rest.spread(rate))
    freedom = len(target.n) + len(rest.n) - 2
    if freedom < 1:
        return np.ones(len(rate))
    t = np.divide(difference, error, out=np.zeros(len(rate)), where=error > 0)
    return 2 * stats.t.sf(np.abs(t), freedom)


def log_odds_dirichlet(
    target: np.ndarray, reference: np.ndarray, *, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted log-odds ratio of each word and its z (Monroe, Colaresi & Quinn 2008).

    Parameters
    ----------
    target, reference : arrays of shape (n_words,)
        Counts of each word on the two sides.
    prior : float array of shape (n_words,)
        Pseudo-counts, all positive.

    Returns
    -------
    log_odds, z : float arrays of shape (n_words,)
    """
    a0 = prior.sum()
    y_t, y_r = target + prior, reference + prior
    log_odds = np.log(y_t / (target.sum() + a0 - y_t)) - np.log(y_r / (reference.sum() + a0 - y_r))
    return log_odds, log_odds / np.sqrt(1 / y_t + 1 / y_r)
