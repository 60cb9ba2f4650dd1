"""Scored sentence pairs grouped into statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np


class Pair(NamedTuple):
    """Two sentences of two articles of one event, and the probability that they report one statement."""

    a: int
    i: int
    b: int
    j: int
    score: float


def list_pairs(grids: dict[tuple[int, int], np.ndarray], least: float) -> list[Pair]:
    """Return the pairs that score at least so much, best first."""
    pairs = [Pair(a, int(i), b, int(j), round(float(grid[i, j]), 4))
             for (a, b), grid in grids.items() for i, j in zip(*np.nonzero(grid >= least), strict=True)]
    return sorted(pairs, key=lambda p: (-p.score, p[:4]))


def group_pairs(pairs: Sequence[Pair], threshold: float, joining: float) -> list[tuple[float, list[tuple[int, int]]]]:
    """Group sentence pairs into statements.

    Parameters
    ----------
    pairs : sequence of Pair
        Best first.
    threshold : float
        Score from which a pair stands in a statement.
    joining : float
        Mean score with the members from other articles from which a sentence joins a statement.

    Returns
    -------
    list of (score, members)
        members are sorted (article, sentence). A sentence may stand in several statements: where a pair does
        not fit a statement that holds one of its sentences, it opens one of its own.
    """
    score = {((p.a, p.i), (p.b, p.j)): p.score for p in pairs}
    statements: list[tuple[float, list[tuple[int, int]]]] = []
    holds: dict[tuple[int, int], list[int]] = {}
    for p in pairs:
        if p.score < threshold:
            break
        x, y = (p.a, p.i), (p.b, p.j)
        common = set(holds.get(x, [])) & set(holds.get(y, []))
        if common:
            continue
        best, best_mean, new = -1, joining, y
        for one, other in ((x, y), (y, x)):
            for s in holds.get(one, []):
                mean = _mean_score(other, statements[s][1], score)
                if mean >= best_mean:
                    best, best_mean, new = s, mean, other
        if best >= 0:
            statements[best][1].append(new)
            holds.setdefault(new, []).append(best)
        else:
            statements.append((p.score, [x, y]))
            for member in (x, y):
                holds.setdefault(member, []).append(len(statements) - 1)
    return [(s, sorted(members)) for s, members in statements]


def _mean_score(new: tuple[int, int], members: Iterable[tuple[int, int]],
                score: dict[tuple[tuple[int, int], tuple[int, int]], float]) -> float:
    values = [score.get((min(new, m), max(new, m)), 0.0) for m in members if m[0] != new[0]]
    return sum(values) / len(values) if values else 0.0
