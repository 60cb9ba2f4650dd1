"""Features of a pair of sentences from two articles of one event; each means something a reader can check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

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


class _Article:
    """One article of an event: its sparse rows of each kind, the same turned for products, and facts of its sentences."""

    def __init__(self, space: Space, number: int):
        at = slice(int(space.starts[number]), int(space.starts[number + 1]))
        clauses = slice(int(space.clause_starts[at.start]), int(space.clause_starts[at.stop]))
        self.n, self.units = at.stop - at.start, space.units[at]
        self.rows = {name: m[at] for name, m in space.rows.items()}
        self.rows |= {"clauses": space.clauses[clauses], "clause_roots": space.roots[clauses]}
        self.turned = {name: m.T.tocsr() for name, m in self.rows.items()}
        self.weights = {name: values[at] for name, values in space.weights.items()}
        self.clause_weights = squares(self.rows["clauses"])
        self.clause_starts = space.clause_starts[at.start : at.stop + 1]
        self.facts = {name: values[at] for name, values in space.facts.items()}


def _products(a: _Article, b: _Article, name: str, other: str = "") -> np.ndarray:
    """Return the products of the rows of two articles, of one kind or of two."""
    return (a.rows[name] @ b.turned[other or name]).toarray()


def _likeness(a: _Article, b: _Article) -> np.ndarray:
    """Return the cosine of each pair of sentences; what is equal is so whatever the order in which words were added."""
    return np.round(_products(a, b, "cosine"), 9)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.zeros(np.broadcast_shapes(top.shape, bottom.shape)), where=bottom > 1e-9)


def _least(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.minimum(a[:, None], b[None, :])


def _most(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum(a[:, None], b[None, :])


def _contained(a: _Article, b: _Article, name: str) -> np.ndarray:
    """Return the shared weight over that of the lighter row."""
    return _ratio(_products(a, b, name), _least(a.weights[name], b.weights[name]))


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


def _runs(a: _Article, b: _Article, cosine: np.ndarray) -> np.ndarray:
    out = np.zeros_like(cosine)
    rows, columns = np.nonzero(cosine > RUN_ABOVE)
    best = np.argsort(-cosine[rows, columns], kind="stable")[:_MOST_RUNS]
    for i, j in zip(rows[best].tolist(), columns[best].tolist(), strict=True):
        out[i, j] = longest_run(a.units[i].words, b.units[j].words)
    return out


def _rarest(a: _Article, b: _Article) -> np.ndarray:
    """Return the weight of the rarest word that each pair shares."""
    left, right = a.turned["words"], b.turned["words"]  # word by word
    out = np.zeros((a.n, b.n))
    shared = np.flatnonzero((np.diff(left.indptr) > 0) & (np.diff(right.indptr) > 0))
    weight = left.data[left.indptr[shared]]
    for n in np.argsort(weight, kind="stable"):  # lightest first, so that the heaviest is written last
        c = shared[n]
        rows = left.indices[left.indptr[c] : left.indptr[c + 1]]
        columns = right.indices[right.indptr[c] : right.indptr[c + 1]]
        out[rows[:, None], columns] = weight[n]
    return out


def _clause_features(a: _Article, b: _Article) -> dict[str, np.ndarray]:
    """Return the best of the clause pairs of each sentence pair, in several measures."""
    ca, cb, weight_a, weight_b = a.clause_starts, b.clause_starts, a.clause_weights, b.clause_weights
    shared = _products(a, b, "clauses")
    in_b = _ratio(_products(a, b, "clauses", "words"), weight_a[:, None])
    in_a = _ratio(_products(b, a, "clauses", "words"), weight_b[:, None])
    return {
        "clause_cosine": _best_cells(_ratio(shared, np.sqrt(np.outer(weight_a, weight_b))), ca, cb),
        "clause_shared": _best_cells(shared, ca, cb),
        "clause_contained": _best_cells(_ratio(shared, _least(weight_a, weight_b)), ca, cb),
        "clause_in_sentence": np.maximum(best_lines(in_b, ca), best_lines(in_a, cb).T),
        "clause_roots": _best_cells(_products(a, b, "clause_roots"), ca, cb),
    }


def _word_features(a: _Article, b: _Article, cosine: np.ndarray) -> dict[str, np.ndarray]:
    shared = _products(a, b, "words")
    in_a, in_b = _ratio(shared, a.weights["words"][:, None]), _ratio(shared, b.weights["words"][None, :])
    across, back = _products(a, b, "cosine", "around"), _products(b, a, "cosine", "around")
    same = ("bigrams", "letters", "roots", "general", "pairs", "focus", "near")
    return {name: _products(a, b, name) for name in same} | {
        "cosine": cosine,
        "contained_most": np.maximum(in_a, in_b),
        "contained_least": np.minimum(in_a, in_b),
        "shared_weight": shared,
        "shared_count": _products(a, b, "binary"),
        "rarest": _rarest(a, b),
        "general_contained": _contained(a, b, "weighty"),
        "around_most": np.maximum(across, back.T),
        "around_least": np.minimum(across, back.T),
        "run": _runs(a, b, cosine),
    }


def _fact_features(a: _Article, b: _Article) -> dict[str, np.ndarray]:
    names, numbers, speakers = (_products(a, b, k) for k in ("names", "numbers", "speakers"))
    least = {k: _least(a.facts[k], b.facts[k]) for k in a.facts}
    most = {k: _most(a.facts[k], b.facts[k]) for k in a.facts}
    return {
        "names": names,
        "names_contained": _ratio(names, _least(a.weights["names"], b.weights["names"])),
        "numbers": numbers,
        "numbers_clash": ((least["n_numbers"] > 0) & (numbers == 0)).astype(float),
        "figures": _products(a, b, "figures"),
        "quoted_shared": _contained(a, b, "quoted"),
        "quoted_both": least["quoted"],
        "quoted_one": most["quoted"] - least["quoted"],
        "speaker_same": (speakers > 0).astype(float),
        "speaker_apart": (least["has_speaker"] * (speakers == 0)).astype(float),
        "place_apart": most["place"] - least["place"],
        "place_first": least["place"],
        "place_last": most["place"],
        "number_first": least["number"],
        "length_least": least["length"],
        "length_most": most["length"],
        "clauses_most": most["clauses"],
        "title": most["title"],
        "headline": most["headline"],
    }


def rank_cells(grid: np.ndarray) -> np.ndarray:
    """Rank the cells of a grid from the least, 1; equal cells share their middle rank, so that either article may come first."""
    _, place, many = np.unique(grid.ravel(), return_inverse=True, return_counts=True)
    return (np.cumsum(many) - (many - 1) / 2)[place].reshape(grid.shape)


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
    place = rank_cells(-grid)
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
    known: dict[int, _Article] = {}

    def article(number: int) -> _Article:
        if number not in known:
            known[number] = _Article(space, number)
        return known[number]

    for one, other in pairs:
        a, b = article(one), article(other)
        if not a.n or not b.n:
            continue
        cosine = _likeness(a, b)
        others = [(_likeness(a, c), _likeness(b, c)) for c in map(article, nearest(space, one, other))]
        grids = (
            _word_features(a, b, cosine)
            | _clause_features(a, b)
            | _fact_features(a, b)
            | context_features(cosine, others)
        )
        yield Block(one, other, np.stack([grids[name] for name in FEATURES], axis=2))
