"""The sentences of one event as sparse rows: words, clauses, pairs of words, letters, names, figures, quoted words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from analysis.align_candidates import find_candidates
from analysis.align_units import Unit, rarity

ALL_WITH_ALL = 24  # articles of one event that are all compared; in a larger one, each with so many
_ALIKE = 0.2  # cosine from which two sentences speak for comparing their articles
_NGRAM = 4
_REACH = 4  # content words between two that count as a pair
_ROOT, _ROOT_PAIR = 5, 6  # letters kept of a word where endings are to be overlooked (declare, declaration)


@dataclass
class Space:
    """The sentences of one event, article by article; weights are taken within the event."""

    units: list[Unit]
    starts: np.ndarray  # first row of each article, and one past the last
    rows: dict[str, sparse.csr_matrix]  # one row per sentence (see `build_space`); some of length one, some not
    weights: dict[str, np.ndarray]  # squared lengths of the rows that are not of length one
    clauses: sparse.csr_matrix  # one row per clause
    roots: sparse.csr_matrix  # the same, words cut to their first letters, rows of length one
    clause_starts: np.ndarray  # first clause of each sentence, and one past the last
    facts: dict[str, np.ndarray]  # one number per sentence
    kin: list[list[int]]  # for each article the ones to compare it with, the most alike first


def _matrix(
    bags: Iterable[Iterable[str]], weigh: Callable[[str], float] | None = None, even: bool = False
) -> sparse.csr_matrix:
    """Return rows of words weighted by their rarity among the rows (times ``weigh``), or all by one where even."""
    index: dict[str, int] = {}
    columns: list[int] = []
    pointer = [0]
    for bag in bags:
        columns.extend(index.setdefault(w, len(index)) for w in dict.fromkeys(bag))
        pointer.append(len(columns))
    column = np.asarray(columns, dtype=np.int32)
    n, width = len(pointer) - 1, max(1, len(index))
    df = np.bincount(column, minlength=width)
    idf = np.ones(width) if even else np.log((n + 1) / (df + 0.5)).clip(0.05)
    if weigh is not None:
        idf[: len(index)] *= [weigh(w) for w in index]
    return sparse.csr_matrix((idf[column], column, np.asarray(pointer)), shape=(n, width))


def _row_of(m: sparse.csr_matrix) -> np.ndarray:
    return np.repeat(np.arange(m.shape[0]), np.diff(m.indptr))


def squares(m: sparse.csr_matrix) -> np.ndarray:
    """Return the squared length of each row."""
    return np.bincount(_row_of(m), weights=m.data * m.data, minlength=m.shape[0])


def of_length_one(m: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the rows scaled to length one; empty rows stay empty."""
    scale = 1 / np.maximum(np.sqrt(squares(m)), 1e-9)
    return sparse.csr_matrix((m.data * scale[_row_of(m)], m.indices.copy(), m.indptr.copy()), shape=m.shape)


def _grams(unit: Unit) -> list[str]:
    text = " ".join(unit.stems)
    return [text[n : n + _NGRAM] for n in range(max(0, len(text) - _NGRAM + 1))]


def _word_pairs(unit: Unit) -> Iterator[str]:
    """Yield the unordered pairs of roots that stand close together in one clause."""
    for clause in unit.clauses:
        roots = [w[:_ROOT_PAIR] for w in clause]
        for i, one in enumerate(roots):
            for other in roots[i + 1 : i + 1 + _REACH]:
                if one != other:
                    yield min(one, other) + " " + max(one, other)


def _in_focus(article: Sequence[Unit]) -> Iterator[list[str]]:
    """Yield the words of each sentence with the names that its pronouns or its quotation go back to."""
    last: list[str] = []
    for u in article:
        goes_back = (
            u.quoted_share > 0.5 or u.pronoun or u.words[:1] in (["he"], ["she"], ["his"], ["her"], ["they"], ["mr"])
        )
        yield [*u.stems, *("@" + w for w in sorted(u.speakers)), *(last if goes_back else [])]
        last = sorted(u.names)[:3] or last


def _around(rows: sparse.csr_matrix, starts: np.ndarray) -> sparse.csr_matrix:
    """Return the sum of the sentences before and after each sentence of its article."""
    n = rows.shape[0]
    inside = np.ones(max(0, n - 1))
    inside[[s - 1 for s in starts[1:-1] if 0 < s < n]] = 0
    step = sparse.diags(inside, 1, shape=(n, n)) if n > 1 else sparse.csr_matrix((n, n))
    return sparse.csr_matrix((step + step.T) @ rows)


def build_space(articles: Sequence[Sequence[Unit]], titles: Sequence[Unit]) -> Space:
    """Weigh the words of one event's articles.

    Parameters
    ----------
    articles : sequence of sequence of Unit
        The sentences of each article, in order.
    titles : sequence of Unit
        One headline for each article.

    Returns
    -------
    Space
        rows: words (weights), cosine, bigrams, letters, roots, general, near, around, focus, pairs (length
        one), weighty, names, numbers, figures, quoted, speakers (weights).
    """
    units = [u for article in articles for u in article]
    starts = np.cumsum([0, *[len(article) for article in articles]])
    words = _matrix(u.stems for u in units)
    cosine = of_length_one(words)
    around = _around(cosine, starts)
    weighty = _matrix((u.stems for u in units), rarity)
    rows = {
        "words": words,
        "cosine": cosine,
        "weighty": weighty,
        "general": of_length_one(weighty),
        "around": of_length_one(around),
        "near": of_length_one(sparse.csr_matrix(cosine + 0.5 * around)),
        "bigrams": of_length_one(_matrix([f"{x} {y}" for x, y in pairwise(u.stems)] for u in units)),
        "letters": of_length_one(_matrix(_grams(u) for u in units)),
        "roots": of_length_one(_matrix([w[:_ROOT] for w in u.stems] for u in units)),
        "pairs": of_length_one(_matrix(_word_pairs(u) for u in units)),
        "focus": of_length_one(_matrix(bag for article in articles for bag in _in_focus(article))),
        "names": _matrix(sorted(u.names) for u in units),
        "figures": _matrix(sorted(u.numbers) for u in units),
        "numbers": _matrix((sorted(u.numbers) for u in units), even=True),
        "quoted": _matrix(sorted(u.quoted) for u in units),
        "speakers": _matrix((sorted(u.speakers) for u in units), even=True),
    }
    clause_starts = np.cumsum([0, *[len(u.clauses) for u in units]])
    index = dict(
        zip(dict.fromkeys(w for u in units for w in dict.fromkeys(u.stems)), range(words.shape[1]), strict=False)
    )
    idf = np.zeros(words.shape[1])
    idf[words.indices] = words.data
    bags = [[index[w] for w in dict.fromkeys(c)] for u in units for c in u.clauses]
    flat = np.asarray([i for bag in bags for i in bag], dtype=np.int32)
    clauses = sparse.csr_matrix((idf[flat], flat, np.cumsum([0, *map(len, bags)])), shape=(len(bags), words.shape[1]))
    roots = of_length_one(_matrix([w[:_ROOT] for w in c] for u in units for c in u.clauses))
    weights = {name: squares(rows[name]) for name in ("words", "weighty", "names", "quoted")}
    rows["binary"] = words.sign()
    return Space(
        units,
        starts,
        rows,
        weights,
        clauses,
        roots,
        clause_starts,
        _facts(units, articles, titles, words, index),
        _find_kin(cosine, starts),
    )


def _facts(
    units: Sequence[Unit],
    articles: Sequence[Sequence[Unit]],
    titles: Sequence[Unit],
    words: sparse.csr_matrix,
    index: dict[str, int],
) -> dict[str, np.ndarray]:
    headline = np.zeros(words.shape[1])
    headline[[index[w] for t in titles for w in t.stems if w in index]] = 1
    totals = np.asarray(words.sum(axis=1)).ravel()
    return {
        "title": np.asarray(words @ headline) / np.maximum(totals, 1e-9),
        "quoted": np.array([u.quoted_share for u in units]),
        "length": np.array([float(len(set(u.stems))) for u in units]),
        "clauses": np.array([float(len(u.clauses)) for u in units]),
        "place": np.concatenate([np.arange(len(a)) / max(1, len(a)) for a in articles] or [np.zeros(0)]),
        "number": np.concatenate([np.arange(len(a), dtype=float) for a in articles] or [np.zeros(0)]),
        "headline": np.array([float(u.headline) for u in units]),
        "has_speaker": np.array([float(bool(u.speakers)) for u in units]),
        "n_numbers": np.array([float(len(u.numbers)) for u in units]),
    }


def _find_kin(cosine: sparse.csr_matrix, starts: np.ndarray) -> list[list[int]]:
    """Return for each article the others, the most alike first; in a large event only the first few."""
    n = len(starts) - 1
    if n <= ALL_WITH_ALL:
        owner = np.repeat(np.arange(n), np.diff(starts))
        member = sparse.csr_matrix((np.ones(len(owner)), (owner, np.arange(len(owner)))), shape=(n, len(owner)))
        sums = of_length_one(sparse.csr_matrix(member @ cosine))
        likeness = sparse.csr_matrix(sums @ sums.T).toarray()
        order = np.argsort(-np.round(likeness, 9), axis=1, kind="stable")
        return [[int(b) for b in order[a] if b != a] for a in range(n)]
    i, j, value = find_candidates(cosine, least=_ALIKE)
    of = np.searchsorted(starts, np.arange(cosine.shape[0]), side="right") - 1
    pairs = sparse.coo_matrix((value, (of[i], of[j])), shape=(n, n)).tocsr()
    pairs = sparse.csr_matrix(pairs + pairs.T)
    kin = []
    for a in range(n):
        others, shared = (x[pairs.indptr[a] : pairs.indptr[a + 1]] for x in (pairs.indices, pairs.data))
        order = np.lexsort((others, -np.round(shared, 9)))
        kin.append([int(b) for b in others[order] if b != a][:ALL_WITH_ALL])
    return kin


def choose_article_pairs(space: Space) -> list[tuple[int, int]]:
    """Return which articles of an event to compare: all, or in a large event each with the ones most like it."""
    return sorted({(min(a, b), max(a, b)) for a, others in enumerate(space.kin) for b in others})
