"""Scored sentence pairs grouped into statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from analysis.align_units import Unit

_SAME_WORDS = .5             # of the words that the one with fewer shares
Place = tuple[int, int]      # article, sentence


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


def group_pairs(pairs: Sequence[Pair], threshold: float,
                shared: Callable[[Place, Place], set[str]] | None = None) -> list[tuple[float, list[Place]]]:
    """Group sentence pairs into statements.

    Parameters
    ----------
    pairs : sequence of Pair
        Best first.
    threshold : float
        Score from which a pair stands in a statement: a sentence joins one only if it reaches that with every
        member from another article (looser rules lost up to .02 of pair F1 on alignment_dev).
    shared : callable, optional
        The content words two sentences share. Where given, two sentences of one article stand in one statement
        only if they share much the same words with a third: a packed lead is told by two statements, not one.

    Returns
    -------
    list of (score, members)
        members are sorted (article, sentence). A sentence may stand in several statements: where a pair does
        not fit a statement that holds one of its sentences, it opens one of its own.
    """
    score = {((p.a, p.i), (p.b, p.j)): p.score for p in pairs}
    statements: list[tuple[float, list[Place]]] = []
    holds: dict[Place, list[int]] = {}
    for p in pairs:
        if p.score < threshold:
            break
        x, y = (p.a, p.i), (p.b, p.j)
        if set(holds.get(x, [])) & set(holds.get(y, [])):
            continue
        fits = [(_weakest(new, statements[s][1], score), s, new) for old, new in ((x, y), (y, x)) for s in holds.get(old, [])
                if shared is None or _same_words(new, statements[s][1], shared)]
        best = max(fits, key=lambda f: (f[0], -f[1]), default=(0.0, 0, x))
        if fits and best[0] >= threshold:
            statements[best[1]][1].append(best[2])
            holds.setdefault(best[2], []).append(best[1])
        else:
            statements.append((p.score, [x, y]))
            for member in (x, y):
                holds.setdefault(member, []).append(len(statements) - 1)
    return [(s, sorted(members)) for s, members in statements]


def _weakest(new: Place, members: Iterable[Place], score: dict[tuple[Place, Place], float]) -> float:
    return min((score.get((min(new, m), max(new, m)), 0.0) for m in members if m[0] != new[0]), default=0.0)


def _same_words(new: Place, members: Sequence[Place], shared: Callable[[Place, Place], set[str]]) -> bool:
    """Tell whether a sentence shares with the members what the other sentences of its article share with them."""
    for sibling in (m for m in members if m[0] == new[0]):
        for other in (m for m in members if m[0] != new[0]):
            mine, theirs = shared(new, other), shared(sibling, other)
            if len(mine & theirs) < _SAME_WORDS * min(len(mine), len(theirs)):
                return False
    return True


def shared_words(units: Sequence[Unit], starts: Sequence[int]) -> Callable[[Place, Place], set[str]]:
    """Return a function that gives the content words two sentences of an event share."""
    stems = [set(u.stems) for u in units]
    return lambda x, y: stems[starts[x[0]] + x[1]] & stems[starts[y[0]] + y[1]]


def as_record(event: str, outlets: Sequence[str], pairs: Sequence[Pair],
              groups: Sequence[tuple[float, list[Place]]]) -> dict[str, Any]:
    """Return pairs and statements as a record of `align`."""
    return {
        "event": event,
        "statements": [{"id": f"s{n}", "score": score, "members": [{"outlet": outlets[a], "sentence": i} for a, i in members]}
                       for n, (score, members) in enumerate(groups, start=1)],
        "pairs": [[outlets[p.a], p.i, outlets[p.b], p.j, p.score] for p in pairs],
    }
