"""Features of a pair of sentences from two articles of one event; each means something a reader can check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from analysis.align_units import Unit

FEATURES = [
    "cosine", "containment_max", "containment_min", "shared_weight", "shared_count", "rarest_shared", "clause_cosine",
    "clause_shared", "clause_in_sentence", "bigram_cosine", "chars_cosine", "names_shared", "names_apart",
    "numbers_shared", "numbers_clash", "quoted_shared", "quoted_both", "quoted_one", "speaker_same", "speaker_apart",
    "best_both_ways", "rank_a", "rank_b", "margin", "third_outlet", "neighbours", "place_apart", "place_first",
    "length_min", "length_max", "title_words", "run_share",
]
_NGRAM = 4


class Block(NamedTuple):
    """The scored grid of two articles: features (n_a, n_b, n_features), and where the two stand in the event."""

    a: int
    b: int
    values: np.ndarray


class Space(NamedTuple):
    """The sentences of one event as sparse rows, weighted within the event; all rows have length one."""

    starts: np.ndarray            # first row of each article, and one past the last
    words: sparse.csr_matrix      # weights, not normalised
    norms: np.ndarray
    clauses: sparse.csr_matrix
    clause_starts: np.ndarray     # first clause of each sentence, and one past the last
    bigrams: sparse.csr_matrix
    chars: sparse.csr_matrix
    names: sparse.csr_matrix
    numbers: sparse.csr_matrix
    quoted: sparse.csr_matrix
    speakers: sparse.csr_matrix
    units: list[Unit]
    title: np.ndarray             # share of each sentence's weight that the headlines of the event hold


def _matrix(bags: Sequence[Iterable[str]], weigh: bool, power: float = 1.0) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Return rows of binary counts, weighted by the rarity of the word among the rows where asked for."""
    index: dict[str, int] = {}
    columns, pointer = [], [0]
    for bag in bags:
        columns.extend(index.setdefault(w, len(index)) for w in dict.fromkeys(bag))
        pointer.append(len(columns))
    column = np.asarray(columns, dtype=np.int32)
    df = np.bincount(column, minlength=max(1, len(index)))
    idf = np.log((len(bags) + 1) / (df + .5)).clip(.05) ** power if weigh else np.ones(max(1, len(index)))
    m = sparse.csr_matrix((idf[column], column, np.asarray(pointer)), shape=(len(bags), max(1, len(index))))
    return m, idf


def _unit_rows(m: sparse.csr_matrix) -> sparse.csr_matrix:
    norms = np.sqrt(m.multiply(m).sum(axis=1)).A1 if hasattr(m, "A1") else np.sqrt(np.asarray(m.multiply(m).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(norms, 1e-9)) @ m)


def _grams(unit: Unit) -> Iterator[str]:
    text = " ".join(unit.stems)
    for n in range(max(0, len(text) - _NGRAM + 1)):
        yield text[n:n + _NGRAM]


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
        Rows for all sentences, article by article.
    """
    units = [u for article in articles for u in article]
    starts = np.cumsum([0, *[len(article) for article in articles]])
    words, idf = _matrix([u.stems for u in units], True)
    weight_of = dict(zip(dict.fromkeys(w for u in units for w in u.stems), idf, strict=False))
    clause_rows = [c for u in units for c in u.clauses]
    clause_starts = np.cumsum([0, *[len(u.clauses) for u in units]])
    index = {w: n for n, w in enumerate(weight_of)}
    columns = [[index[w] for w in dict.fromkeys(c)] for c in clause_rows]
    flat = np.asarray([i for c in columns for i in c], dtype=np.int32)
    clauses = sparse.csr_matrix((idf[flat] if len(flat) else np.zeros(0), flat, np.cumsum([0, *map(len, columns)])),
                                shape=(len(clause_rows), max(1, len(index))))
    headline = {w for t in titles for w in t.stems}
    title = np.array([sum(weight_of[w] for w in set(u.stems) & headline) / max(1e-9, sum(weight_of[w] for w in set(u.stems)))
                      for u in units])
    return Space(
        starts, words, np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel()), clauses, clause_starts,
        _unit_rows(_matrix([[f"{x} {y}" for x, y in zip(u.stems, u.stems[1:], strict=False)] for u in units], True)[0]),
        _unit_rows(_matrix([list(_grams(u)) for u in units], True)[0]),
        _matrix([sorted(u.names) for u in units], True)[0], _matrix([sorted(u.numbers) for u in units], False)[0],
        _matrix([sorted(u.quoted) for u in units], True)[0], _matrix([sorted(u.speakers) for u in units], False)[0],
        units, title)


def cosine_grid(space: Space) -> np.ndarray:
    """Return the cosine of every sentence with every other of the event (n, n)."""
    unit = _unit_rows(space.words)
    return np.asarray((unit @ unit.T).todense())


def _dense(m: sparse.csr_matrix, a: slice, b: slice) -> np.ndarray:
    return np.asarray((m[a] @ m[b].T).todense())


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros_like(top, dtype=float), where=bottom > 1e-9)


def _clause_grids(space: Space, a: range, b: range) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each sentence pair the best clause cosine, the best shared clause weight, the best clause containment."""
    ca, cb = space.clause_starts[a.start:a.stop + 1], space.clause_starts[b.start:b.stop + 1]
    left, right = space.clauses[ca[0]:ca[-1]], space.clauses[cb[0]:cb[-1]]
    na = np.asarray(left.multiply(left).sum(axis=1)).ravel()
    nb = np.asarray(right.multiply(right).sum(axis=1)).ravel()
    shared = np.asarray((left @ right.T).todense())
    cosine = _ratio(shared, np.sqrt(np.outer(na, nb)))
    sa, sb = space.words[a.start:a.stop], space.words[b.start:b.stop]
    in_b = _ratio(np.asarray((left @ sb.T).todense()), na[:, None] * np.ones((1, len(b))))
    in_a = _ratio(np.asarray((sa @ right.T).todense()), nb[None, :] * np.ones((len(a), 1)))
    return (_reduce(cosine, ca, cb), _reduce(shared, ca, cb),
            np.maximum(_reduce_rows(in_b, ca), _reduce_rows(in_a.T, cb).T))


def _reduce_rows(grid: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the maximum over the rows of each group; a group without rows gives zero."""
    at = starts - starts[0]
    out = np.zeros((len(at) - 1, grid.shape[1]))
    full = np.flatnonzero(np.diff(at) > 0)
    if len(full):
        out[full] = np.maximum.reduceat(grid, at[full], axis=0)
    return out


def _reduce(grid: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return _reduce_rows(_reduce_rows(grid, rows).T, columns).T


def _neighbours(grid: np.ndarray) -> np.ndarray:
    """Return the mean likeness of the sentence pairs one step before and after along the diagonal."""
    padded = np.pad(grid, 1)
    return (padded[:-2, :-2] + padded[2:, 2:]) / 2


def _ranks(grid: np.ndarray, axis: int) -> np.ndarray:
    order = np.argsort(-grid, axis=axis, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(grid.shape[axis]).reshape((-1, 1) if axis == 0 else (1, -1)), axis=axis)
    return 1 / (1 + ranks)


def longest_run(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest run of words that two sentences share."""
    best = 0
    before: dict[int, int] = {}
    places: dict[str, list[int]] = {}
    for j, w in enumerate(b):
        places.setdefault(w, []).append(j)
    for w in a:
        now = {j: before.get(j - 1, 0) + 1 for j in places.get(w, ())}
        best = max(best, *now.values()) if now else best
        before = now
    return best


def _second_best(grid: np.ndarray, axis: int) -> np.ndarray:
    """Return for each cell the best of the other cells in its line along the axis."""
    if grid.shape[axis] < 2:
        return np.zeros_like(grid)
    two = np.sort(grid, axis=axis)
    top, next_ = np.take(two, [-1], axis=axis), np.take(two, [-2], axis=axis)
    return np.where(grid >= top, next_, top)


def find_blocks(space: Space, run_above: float = .08) -> Iterator[Block]:
    """Yield the feature grid of every two articles of the event.

    Parameters
    ----------
    space : Space
        The event.
    run_above : float
        Cosine above which the longest shared run of words is looked for (below it, it is 0).

    Yields
    ------
    Block
        values has shape (sentences of a, sentences of b, len(FEATURES)).
    """
    n = len(space.starts) - 1
    full = cosine_grid(space)
    best = _best_in_articles(full, space.starts)
    for a in range(n):
        for b in range(a + 1, n):
            ra, rb = range(space.starts[a], space.starts[a + 1]), range(space.starts[b], space.starts[b + 1])
            if len(ra) and len(rb):
                yield Block(a, b, _block(space, full, best, ra, rb, a, b, run_above))


def _best_in_articles(full: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the best cosine of each sentence in each article (n, articles)."""
    return np.stack([full[:, s:e].max(axis=1) if e > s else np.zeros(len(full))
                     for s, e in zip(starts, starts[1:], strict=False)], axis=1)


def _block(space: Space, full: np.ndarray, best: np.ndarray, ra: range, rb: range, a: int, b: int,
           run_above: float) -> np.ndarray:
    sa, sb = slice(ra.start, ra.stop), slice(rb.start, rb.stop)
    ones = np.ones((len(ra), len(rb)))
    cosine = full[sa, sb]
    shared = _dense(space.words, sa, sb)
    weight = np.asarray(space.words.multiply(space.words).sum(axis=1)).ravel()
    in_a, in_b = _ratio(shared, weight[sa, None] * ones), _ratio(shared, weight[None, sb] * ones)
    binary = space.words.sign()
    count = _dense(binary, sa, sb)
    rarest = _rarest(space.words, sa, sb)
    clause_cosine, clause_shared, clause_in = _clause_grids(space, ra, rb)
    names = _dense(space.names, sa, sb)
    names_weight = np.asarray(space.names.multiply(space.names).sum(axis=1)).ravel()
    names_least = np.minimum(names_weight[sa, None], names_weight[None, sb])
    numbers = _dense(space.numbers, sa, sb)
    n_numbers = np.asarray(space.numbers.sum(axis=1)).ravel()
    clash = (np.minimum(n_numbers[sa, None], n_numbers[None, sb]) > 0) & (numbers == 0)
    quoted = _dense(space.quoted, sa, sb)
    q_weight = np.asarray(space.quoted.multiply(space.quoted).sum(axis=1)).ravel()
    share = np.array([u.quoted_share for u in space.units])
    speakers = _dense(space.speakers, sa, sb)
    n_speakers = np.asarray(space.speakers.sum(axis=1)).ravel()
    both = (n_speakers[sa, None] > 0) & (n_speakers[None, sb] > 0)
    third = np.zeros_like(cosine)
    for c in range(len(space.starts) - 1):
        if c not in (a, b) and space.starts[c + 1] > space.starts[c]:
            sc = slice(space.starts[c], space.starts[c + 1])
            third = np.maximum(third, np.minimum(full[sa, sc][:, None, :], full[sb, sc][None, :, :]).max(axis=2))
    rank_a, rank_b = _ranks(cosine, 1), _ranks(cosine, 0)
    place_a, place_b = np.arange(len(ra)) / max(1, len(ra)), np.arange(len(rb)) / max(1, len(rb))
    lengths = np.array([len(set(u.stems)) for u in space.units], dtype=float)
    length_a, length_b = lengths[sa, None] * ones, lengths[None, sb] * ones
    runs = np.zeros_like(cosine)
    for i, j in zip(*np.nonzero(cosine > run_above), strict=True):
        ua, ub = space.units[ra.start + i], space.units[rb.start + j]
        runs[i, j] = longest_run(ua.words, ub.words)
    columns = [
        cosine, np.maximum(in_a, in_b), np.minimum(in_a, in_b), shared, count, rarest, clause_cosine, clause_shared,
        clause_in, _dense(space.bigrams, sa, sb), _dense(space.chars, sa, sb), names,
        _ratio(names, names_least), numbers, clash.astype(float), _ratio(quoted, np.minimum(q_weight[sa, None], q_weight[None, sb])),
        np.minimum(share[sa, None], share[None, sb]), np.abs(share[sa, None] - share[None, sb]),
        (speakers > 0).astype(float), (both & (speakers == 0)).astype(float),
        rank_a * rank_b, np.maximum(rank_a, rank_b), np.minimum(rank_a, rank_b),
        cosine - np.maximum(_second_best(cosine, 0), _second_best(cosine, 1)), third, _neighbours(cosine),
        np.abs(place_a[:, None] - place_b[None, :]), np.minimum(place_a[:, None], place_b[None, :]),
        np.minimum(length_a, length_b), np.maximum(length_a, length_b),
        np.maximum(space.title[sa, None], space.title[None, sb]) * ones, runs,
    ]
    return np.stack([np.broadcast_to(c, cosine.shape) for c in columns], axis=2)


def _rarest(words: sparse.csr_matrix, sa: slice, sb: slice) -> np.ndarray:
    """Return the weight of the rarest word that each pair shares."""
    left, right = words[sa].tocsc(), words[sb].tocsc()
    out = np.zeros((left.shape[0], right.shape[0]))
    for column in np.intersect1d(left.indices * 0 + np.repeat(np.arange(left.shape[1]), np.diff(left.indptr)),
                                 np.repeat(np.arange(right.shape[1]), np.diff(right.indptr))):
        rows = left.indices[left.indptr[column]:left.indptr[column + 1]]
        columns = right.indices[right.indptr[column]:right.indptr[column + 1]]
        value = left.data[left.indptr[column]]
        grid = np.ix_(rows, columns)
        out[grid] = np.maximum(out[grid], value)
    return out


def count_shared(a: Unit, b: Unit) -> Counter[str]:
    """Return the content words that two sentences share: the evidence shown with a match."""
    return Counter(a.stems) & Counter(b.stems)
