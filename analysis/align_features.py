"""Features of a pair of sentences from two articles of one event; each means something a reader can check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.stats import rankdata

from analysis.align_space import Space, squares

RUN_ABOVE = 0.08  # cosine above which the longest shared run of words is looked for
FEATURES = [
    "cosine",
    "contained_most",
    "contained_least",
    "shared_weight",
    "shared_count",
    "rarest",
    "bigrams",
    "letters",
    "roots",
    "general",
    "general_contained",
    "pairs",
    "focus",
    "near",
    "around_most",
    "around_least",
    "run",
    "clause_cosine",
    "clause_shared",
    "clause_contained",
    "clause_in_sentence",
    "clause_roots",
    "names",
    "names_contained",
    "numbers",
    "numbers_clash",
    "figures",
    "quoted_shared",
    "quoted_both",
    "quoted_one",
    "speaker_same",
    "speaker_apart",
    "place_apart",
    "place_first",
    "place_last",
    "number_first",
    "length_least",
    "length_most",
    "clauses_most",
    "title",
    "headline",
    "best_both_ways",
    "rank_most",
    "rank_least",
    "margin",
    "margin_least",
    "line_most",
    "line_least",
    "sum_most",
    "sum_least",
    "before_after_most",
    "before_after_least",
    "sides",
    "third",
    "block_rank",
    "block_likeness",
    "block_z",
]
_MOST_RUNS = 20_000  # sentence pairs of two articles looked at for it, the most alike first
_PLACES = 8  # places of one word in a sentence that are looked at
_THIRD = 3  # other articles in which a third report of the same is looked for, at most


class Block(NamedTuple):
    """The grid of two articles: (sentences of a, sentences of b, features)."""

    a: int
    b: int
    values: np.ndarray


def dense(m: sparse.csr_matrix, a: slice, b: slice) -> np.ndarray:
    """Return the products of the rows of two articles."""
    return np.asarray((m[a] @ m[b].T).todense())


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros(np.broadcast_shapes(top.shape, bottom.shape)), where=bottom > 1e-9)


def _least(facts: np.ndarray, a: slice, b: slice) -> np.ndarray:
    return np.minimum(facts[a][:, None], facts[b][None, :])


def _most(facts: np.ndarray, a: slice, b: slice) -> np.ndarray:
    return np.maximum(facts[a][:, None], facts[b][None, :])


def _contained(space: Space, name: str, a: slice, b: slice) -> np.ndarray:
    """Return the shared weight over that of the lighter row."""
    return _ratio(dense(space.rows[name], a, b), _least(space.weights[name], a, b))


def best_lines(grid: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the maximum over the rows of each group; a group without rows gives zero."""
    at = starts - starts[0]
    out = np.zeros((len(at) - 1, grid.shape[1]))
    full = np.flatnonzero(np.diff(at) > 0)
    if len(full):
        out[full] = np.maximum.reduceat(grid, at[full], axis=0)
    return out


def _best_cells(grid: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return best_lines(best_lines(grid, rows).T, columns).T


def ranks(grid: np.ndarray, axis: int) -> np.ndarray:
    """Return one over the rank of each cell in its line along the axis (1 is the best)."""
    order = np.argsort(-grid, axis=axis, kind="stable")
    found = np.empty_like(order)
    np.put_along_axis(found, order, np.arange(grid.shape[axis]).reshape((-1, 1) if axis == 0 else (1, -1)), axis=axis)
    return 1 / (1 + found)


def second_best(grid: np.ndarray, axis: int) -> np.ndarray:
    """Return for each cell the best of the other cells in its line along the axis."""
    if grid.shape[axis] < 2:
        return np.zeros_like(grid)
    two = np.sort(grid, axis=axis)
    top, following = np.take(two, [-1], axis=axis), np.take(two, [-2], axis=axis)
    return np.where(grid >= top, following, top)


def longest_run(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest run of words that two sentences share."""
    if (len(a), *a) > (len(b), *b):  # only one of them is cut at many places of a word: always the same one
        a, b = b, a
    best = 0
    before: dict[int, int] = {}
    places: dict[str, list[int]] = {}
    for j, w in enumerate(b):
        places.setdefault(w, []).append(j)
    for w in a:
        now = {j: before.get(j - 1, 0) + 1 for j in places.get(w, ())[:_PLACES]}
        best = max(best, *now.values()) if now else best
        before = now
    return best


def _runs(space: Space, a: slice, b: slice, cosine: np.ndarray) -> np.ndarray:
    out = np.zeros_like(cosine)
    rows, columns = np.nonzero(cosine > RUN_ABOVE)
    best = np.argsort(-cosine[rows, columns], kind="stable")[:_MOST_RUNS]
    for i, j in zip(rows[best], columns[best], strict=True):
        out[i, j] = longest_run(space.units[a.start + i].words, space.units[b.start + j].words)
    return out


def _rarest(words: sparse.csr_matrix, a: slice, b: slice) -> np.ndarray:
    """Return the weight of the rarest word that each pair shares."""
    left, right = words[a].tocsc(), words[b].tocsc()
    out = np.zeros((left.shape[0], right.shape[0]))
    shared = np.flatnonzero((np.diff(left.indptr) > 0) & (np.diff(right.indptr) > 0))
    weight = left.data[left.indptr[shared]]
    for n in np.argsort(weight, kind="stable"):  # lightest first, so that the heaviest is written last
        c = shared[n]
        rows = left.indices[left.indptr[c] : left.indptr[c + 1]]
        columns = right.indices[right.indptr[c] : right.indptr[c + 1]]
        out[np.ix_(rows, columns)] = weight[n]
    return out


def _clause_features(space: Space, a: slice, b: slice) -> dict[str, np.ndarray]:
    """Return the best of the clause pairs of each sentence pair, in several measures."""
    ca, cb = space.clause_starts[a.start : a.stop + 1], space.clause_starts[b.start : b.stop + 1]
    rows, columns = slice(ca[0], ca[-1]), slice(cb[0], cb[-1])
    left, right = space.clauses[rows], space.clauses[columns]
    weight_a, weight_b = squares(left), squares(right)
    shared = np.asarray((left @ right.T).todense())
    words = space.rows["words"]
    in_b = _ratio(np.asarray((left @ words[b].T).todense()), weight_a[:, None])
    in_a = _ratio(np.asarray((right @ words[a].T).todense()), weight_b[:, None])
    return {
        "clause_cosine": _best_cells(_ratio(shared, np.sqrt(np.outer(weight_a, weight_b))), ca, cb),
        "clause_shared": _best_cells(shared, ca, cb),
        "clause_contained": _best_cells(_ratio(shared, np.minimum(weight_a[:, None], weight_b[None, :])), ca, cb),
        "clause_in_sentence": np.maximum(best_lines(in_b, ca), best_lines(in_a, cb).T),
        "clause_roots": _best_cells(dense(space.roots, rows, columns), ca, cb),
    }


def _word_features(space: Space, a: slice, b: slice, cosine: np.ndarray) -> dict[str, np.ndarray]:
    rows = space.rows
    shared = dense(rows["words"], a, b)
    weight = space.weights["words"]
    in_a, in_b = _ratio(shared, weight[a][:, None]), _ratio(shared, weight[b][None, :])
    across, back = (np.asarray((rows["cosine"][x] @ rows["around"][y].T).todense()) for x, y in ((a, b), (b, a)))
    return {
        "cosine": cosine,
        "contained_most": np.maximum(in_a, in_b),
        "contained_least": np.minimum(in_a, in_b),
        "shared_weight": shared,
        "shared_count": dense(rows["binary"], a, b),
        "rarest": _rarest(rows["words"], a, b),
        "bigrams": dense(rows["bigrams"], a, b),
        "letters": dense(rows["letters"], a, b),
        "roots": dense(rows["roots"], a, b),
        "general": dense(rows["general"], a, b),
        "general_contained": _contained(space, "weighty", a, b),
        "pairs": dense(rows["pairs"], a, b),
        "focus": dense(rows["focus"], a, b),
        "near": dense(rows["near"], a, b),
        "around_most": np.maximum(across, back.T),
        "around_least": np.minimum(across, back.T),
        "run": _runs(space, a, b, cosine),
    }


def _fact_features(space: Space, a: slice, b: slice) -> dict[str, np.ndarray]:
    rows, facts = space.rows, space.facts
    names, numbers, speakers = (dense(rows[k], a, b) for k in ("names", "numbers", "speakers"))
    return {
        "names": names,
        "names_contained": _ratio(names, _least(space.weights["names"], a, b)),
        "numbers": numbers,
        "numbers_clash": ((_least(facts["n_numbers"], a, b) > 0) & (numbers == 0)).astype(float),
        "figures": dense(rows["figures"], a, b),
        "quoted_shared": _contained(space, "quoted", a, b),
        "quoted_both": _least(facts["quoted"], a, b),
        "quoted_one": np.abs(facts["quoted"][a][:, None] - facts["quoted"][b][None, :]),
        "speaker_same": (speakers > 0).astype(float),
        "speaker_apart": (_least(facts["has_speaker"], a, b) * (speakers == 0)).astype(float),
        "place_apart": np.abs(facts["place"][a][:, None] - facts["place"][b][None, :]),
        "place_first": _least(facts["place"], a, b),
        "place_last": _most(facts["place"], a, b),
        "number_first": _least(facts["number"], a, b),
        "length_least": _least(facts["length"], a, b),
        "length_most": _most(facts["length"], a, b),
        "clauses_most": _most(facts["clauses"], a, b),
        "title": _most(facts["title"], a, b),
        "headline": _most(facts["headline"], a, b),
    }


def context_features(grid: np.ndarray, others: Sequence[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return where each cell of a grid of likeness stands among the others.

    Parameters
    ----------
    grid : ndarray (sentences of a, sentences of b)
        Likeness of the sentences of two articles.
    others : sequence of (ndarray, ndarray)
        For each further article its grids with a and with b.

    Returns
    -------
    dict
        Ranks in its row and column, margins, sums, the neighbours along the text, a third article's support.
    """
    rank_a, rank_b = ranks(grid, 1), ranks(grid, 0)
    rival_a, rival_b = second_best(grid, 1), second_best(grid, 0)
    best_a, best_b = grid.max(axis=1, keepdims=True), grid.max(axis=0, keepdims=True)
    sum_a, sum_b = grid.sum(axis=1, keepdims=True), grid.sum(axis=0, keepdims=True)
    padded = np.pad(grid, 1)
    before, after = padded[:-2, :-2], padded[2:, 2:]
    sides = np.maximum(np.maximum(padded[1:-1, :-2], padded[1:-1, 2:]), np.maximum(padded[:-2, 1:-1], padded[2:, 1:-1]))
    third = np.zeros_like(grid)
    for with_a, with_b in others:
        third = np.maximum(third, np.minimum(with_a[:, None, :], with_b[None, :, :]).max(axis=2))
    place = rankdata(-grid).reshape(grid.shape)  # equal cells have one rank, so that either article may come first
    return {
        "best_both_ways": rank_a * rank_b,
        "rank_most": np.maximum(rank_a, rank_b),
        "rank_least": np.minimum(rank_a, rank_b),
        "margin": grid - np.maximum(rival_a, rival_b),
        "margin_least": grid - np.minimum(rival_a, rival_b),
        "line_most": np.maximum(best_a, best_b),
        "line_least": np.minimum(best_a, best_b),
        "sum_most": np.maximum(sum_a, sum_b),
        "sum_least": np.minimum(sum_a, sum_b),
        "before_after_most": np.maximum(before, after),
        "before_after_least": np.minimum(before, after),
        "sides": sides,
        "third": third,
        "block_rank": np.log(place / np.sqrt(grid.size)),
        "block_likeness": np.full_like(grid, grid.sum() / max(grid.shape)),
        "block_z": (grid - grid.mean()) / (grid.std() + 1e-9),
    }


def nearest(space: Space, a: int, b: int) -> list[int]:
    """Return the few further articles that are most like the two."""
    place: dict[int, int] = {}
    for others in (space.kin[a], space.kin[b]):
        for n, c in enumerate(others):
            if c not in (a, b) and space.starts[c + 1] > space.starts[c]:
                place[c] = min(n, place.get(c, n))
    return sorted(place, key=lambda c: (place[c], c))[:_THIRD]


def find_blocks(space: Space, pairs: Sequence[tuple[int, int]]) -> Iterator[Block]:
    """Yield the feature grid of each pair of articles; the columns are FEATURES.

    Parameters
    ----------
    space : Space
        The event.
    pairs : sequence of (int, int)
        Which articles to compare.
    """
    cosines = space.rows["cosine"]
    at = [slice(int(s), int(e)) for s, e in zip(space.starts[:-1], space.starts[1:], strict=True)]
    for a, b in pairs:
        sa, sb = at[a], at[b]
        if sa.start == sa.stop or sb.start == sb.stop:
            continue
        cosine = dense(cosines, sa, sb)
        others = [(dense(cosines, sa, at[c]), dense(cosines, sb, at[c])) for c in nearest(space, a, b)]
        grids = (
            _word_features(space, sa, sb, cosine)
            | _clause_features(space, sa, sb)
            | _fact_features(space, sa, sb)
            | context_features(cosine, others)
        )
        yield Block(a, b, np.stack([grids[name] for name in FEATURES], axis=2))
