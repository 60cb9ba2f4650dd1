"""How often each term stands in each sentence, and what that adds up to by article and by side of a comparison."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.contrasts import Contrast
from analysis.term_matching import coded, sentence_numbers

_HAS_LETTER = re.compile("[a-z]").search
UNIT = ["article_id", "sentence_id"]


def count_terms(tokens: pd.DataFrame) -> pd.DataFrame:
    """Count the words of each sentence; headlines, and what has no letter, are left out.

    Parameters
    ----------
    tokens : DataFrame
        One row per token with its voice, in text order: article_id, sentence_id, norm, is_word, voice.

    Returns
    -------
    DataFrame
        One row per article × sentence × term: article_id, sentence_id, term, n. Sentences come as in the text, their
        terms by the alphabet, so that an article's rows do not depend on what stands beside it. article_id and term
        are coded (categorical).
    """
    code, labels = coded(tokens["norm"])
    words = labels.tolist()
    known = [i for i, w in enumerate(words) if (w.isascii() and w.isalpha() and w.islower()) or _HAS_LETTER(w)]
    known.sort(key=words.__getitem__)
    terms = [words[i] for i in known]
    rank = np.full(len(words), -1)
    rank[known] = np.arange(len(terms))
    term = rank[code]
    voice, voices = coded(tokens["voice"])
    said = np.array([v != "headline" for v in voices], dtype=bool)[voice]
    keep = np.flatnonzero(tokens["is_word"].to_numpy(dtype=bool) & said & (term >= 0))
    new = np.diff(sentence_numbers(tokens)[keep], prepend=-1) != 0
    cells, n = np.unique((np.cumsum(new) - 1) * max(1, len(terms)) + term[keep], return_counts=True)
    unit, term = np.divmod(cells, max(1, len(terms)))
    at = keep[new][unit]  # the first word of a sentence says which it is
    article, ids = coded(tokens["article_id"])
    return pd.DataFrame(
        {
            "article_id": pd.Categorical.from_codes(article[at], categories=ids),
            "sentence_id": tokens["sentence_id"].to_numpy()[at],
            "term": pd.Categorical.from_codes(term, categories=pd.Index(terms, dtype=object)),
            "n": n,
        }
    )


def count_units(counts: pd.DataFrame) -> pd.DataFrame:
    """Add up the counts of `count_terms`: one row per article × sentence with n_words, in the order of the rows."""
    unit = sentence_numbers(counts)
    first = np.flatnonzero(np.diff(unit, prepend=-1))
    n = np.bincount(unit, counts["n"].to_numpy(dtype=float)) if len(unit) else unit
    found = counts[UNIT].iloc[first].reset_index(drop=True).assign(n_words=n)
    return found.astype({"sentence_id": "int32", "n_words": "int32"})  # all sentences of a corpus are held at once


class Corpus:
    """The articles of a comparison, those of one outlet side by side, and how many words their units have.

    Parameters
    ----------
    units : DataFrame
        One row per article × sentence: article_id, sentence_id, n_words.
    articles : DataFrame
        article_id, outlet; only those that have words are kept.
    """

    def __init__(self, units: pd.DataFrame, articles: pd.DataFrame):
        code, ids = coded(units["article_id"])
        known = articles[articles["article_id"].isin(ids[np.unique(code)])]
        self.articles = known.sort_values("outlet", kind="stable")
        self.ids = pd.Index(self.articles["article_id"], dtype=object)
        row = self.ids.get_indexer(ids)[code]
        known_unit = row >= 0
        self.row = row[known_unit].astype("int32")  # of the article of each unit
        self.n_unit = units["n_words"].to_numpy(dtype="int32")[known_unit]
        self.n_article = np.bincount(self.row, self.n_unit, minlength=len(self.ids))
        sentence = units["sentence_id"].to_numpy()[known_unit]
        longest = np.zeros(len(self.ids), dtype="int64")
        np.maximum.at(longest, self.row, sentence + 1)
        self._begin = np.cumsum(longest) - longest
        self._n_at = np.zeros(longest.sum(), dtype="int32")
        self._n_at[self._begin[self.row] + sentence] = self.n_unit

    def words_at(self, row: np.ndarray, sentence: np.ndarray) -> np.ndarray:
        """Return how many words sentences have, given the row of their article and their number in it."""
        return self._n_at[self._begin[row] + sentence]


class Side:
    """One side of a contrast: which rows of the corpus it is made of, their weights, and the units tested over."""

    def __init__(self, weights: Mapping[str, float], corpus: Corpus, *, by_article: bool):
        self.weight = np.array([weights.get(a, 0.0) for a in corpus.ids])
        rows = np.flatnonzero(self.weight)
        self.first, self.end = int(rows[0]), int(rows[-1]) + 1
        self.is_run = self.end - self.first == len(rows)  # of one outlet, whose articles stand side by side
        n = self.weight * corpus.n_article if by_article else self.weight[corpus.row] * corpus.n_unit
        self.n_words, self.n_squared = float(n.sum()), float(n @ n)
        self.n_units = int(np.count_nonzero(n))
        if np.isin(self.weight, (0, 1)).all():  # as nearly always: there are two sides for each outlet
            self.weight = self.weight.astype("int8")


class Sides:
    """The two sides of a contrast; with less than ``least`` articles on one of them, sentences are the units."""

    def __init__(self, contrast: Contrast, corpus: Corpus, *, least: int):
        self.outlet, self.reference = contrast.outlet, contrast.reference
        self.by_article = min(len(contrast.target), len(contrast.rest)) >= least
        self.target, self.rest = (
            Side(weights, corpus, by_article=self.by_article) for weights in (contrast.target, contrast.rest)
        )


class Cells:
    """The counts of some terms by article, in the order of the corpus, and what is summed of them.

    A count and its squares are whole numbers: their sums are exact in any order, and what the others have is what all
    have less what one has. Only weights that are not 1 are added one by one, in the order of the articles.
    """

    def __init__(self, part: pd.DataFrame, corpus: Corpus, *, min_count: int):
        article, ids = coded(part["article_id"])
        row = corpus.ids.get_indexer(ids)[article]
        term, labels = coded(part["term"])
        n = part["n"].to_numpy(dtype=float)
        often = np.bincount(term, n * (row >= 0), minlength=len(labels)) >= max(1, min_count)
        keep = np.flatnonzero(often[term] & (row >= 0))
        self.terms, self._corpus = labels[often], corpus
        row, term, n = row[keep], (np.cumsum(often) - 1)[term[keep]], n[keep]
        cell = row * max(1, len(self.terms)) + term
        order = np.argsort(cell, kind="stable")
        cell, n = cell[order], n[order]
        first = np.flatnonzero(np.diff(cell, prepend=-1))
        self.row, self.term = np.divmod(cell[first], max(1, len(self.terms)))
        self.n = np.add.reduceat(n, first) if len(first) else n
        self._sentences = part["sentence_id"], keep[order], n, first
        self._begin = np.searchsorted(self.row, np.arange(len(corpus.ids) + 1))
        self._known: dict[bool, tuple[np.ndarray, np.ndarray]] = {}

    def rows(self, side: Side) -> slice:
        """Return the cells of a side that is a run of articles."""
        return slice(self._begin[side.first], self._begin[side.end])

    def add_up(self, sides: Sides, *, uneven: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Add up each term on both sides of a contrast.

        Parameters
        ----------
        sides : Sides
            The contrast.
        uneven : bool array of shape (n_articles,)
            Articles that count as less than one on some side.

        Returns
        -------
        raw : float array of shape (2, n_terms)
            Counts in the target and in the rest.
        sums : float array of shape (2, 3, n_terms)
            The same weighted, their squares over units, and their products with the words of the units.
        """
        values, everything = self._values(sides.by_article)
        target = self._sum(values, self.rows(sides.target))
        rest = self._sum(values, self.rows(sides.rest)) if sides.rest.is_run else everything - target
        raw, sums = np.stack([target[0], rest[0]]), np.stack([target, rest])
        some = np.flatnonzero(uneven[self.row])
        for side, total in zip((sides.target, sides.rest), sums, strict=True):
            weight = side.weight[self.row[some]]
            here = (weight > 0) & (weight < 1)
            at, weight = some[here], weight[here]
            for k, less in enumerate((1 - weight, 1 - weight**2, 1 - weight**2)):
                total[k] -= np.bincount(self.term[at], less * values[k][at], minlength=len(self.terms))
        return raw, sums

    def _values(self, by_article: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return count, square and product of each cell, and their sums over all cells; made once for all contrasts."""
        if by_article not in self._known:
            n = self.n
            if by_article:
                values = np.stack([n, n * n, n * self._corpus.n_article[self.row]])
            else:
                sentence, at, each, first = self._sentences
                row = np.repeat(self.row, np.diff(first, append=len(at)))
                words = self._corpus.words_at(row, sentence.to_numpy()[at])
                parts = [np.add.reduceat(v, first) if len(first) else v for v in (each * each, each * words)]
                values = np.stack([n, *parts])
            self._known[by_article] = values, self._sum(values, slice(None))
        return self._known[by_article]

    def _sum(self, values: np.ndarray, cells: slice) -> np.ndarray:
        term = self.term[cells]
        return np.stack([np.bincount(term, v[cells], minlength=len(self.terms)) for v in values])

    def disperse(self, side: Side, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return in how many articles of a side each term stands, and Gries' DP over them (nan with one article)."""
        cells, sizes = self.rows(side), self._corpus.n_article[side.first : side.end]
        term = self.term[cells]
        range_ = np.bincount(term, minlength=len(self.terms))
        if len(sizes) < 2:
            return range_, np.full(len(range_), np.nan)
        expected = sizes / sizes.sum()
        here = expected[self.row[cells] - side.first]
        # half of the sum of |observed - expected|; where a word is absent that is the expected share itself
        gap = np.bincount(term, np.abs(self.n[cells] / total[term] - here) - here, minlength=len(self.terms))
        return range_, (0.5 * (gap + 1)) / (1 - expected.min())
