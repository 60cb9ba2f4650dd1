"""Scored sentence pairs grouped into statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from analysis.align_units import Unit

_SAME_WORDS = 0.5  # of the words that the one with fewer shares
_MOST_PARTNERS = 12  # sentences of one article that a sentence is joined to; coders gave it 11 at most
_NEAR = 0.5  # of the members of two statements together that both hold: then they are one (see `_unite`)
Place = tuple[int, int]  # article, sentence
Fits = Callable[[Place, Place, Place], bool]


class Pair(NamedTuple):
    """Two sentences of two articles of one event, and the probability that they report one statement."""

    a: int
    i: int
    b: int
    j: int
    score: float


def list_pairs(grids: dict[tuple[int, int], np.ndarray], least: float) -> list[Pair]:
    """Return the pairs that score at least so much, best first."""
    pairs = [
        Pair(a, int(i), b, int(j), round(float(grid[i, j]), 4))
        for (a, b), grid in grids.items()
        for i, j in zip(*np.nonzero(grid >= least), strict=True)
    ]
    return sorted(pairs, key=lambda p: (-p.score, p[:4]))


def group_pairs(pairs: Sequence[Pair], threshold: float, fits: Fits | None = None) -> list[tuple[float, list[Place]]]:
    """Group sentence pairs into statements.

    Parameters
    ----------
    pairs : sequence of Pair
        Best first.
    threshold : float
        Score from which a pair stands in a statement: a sentence joins one only if it reaches that with every
        member from another article (looser rules lost up to .02 of pair F1 on alignment_dev).
    fits : callable, optional
        Says of two sentences of one article and one of another whether the two tell it the same thing; only then
        do they stand in one statement. A packed lead is told by several statements, not one.

    Returns
    -------
    list of (score, members)
        members are sorted (article, sentence). A sentence may stand in several statements: where a pair does
        not fit a statement that holds one of its sentences, it opens one of its own. At the end two whose
        members nearly coincide are made one.
    """
    score = {((p.a, p.i), (p.b, p.j)): p.score for p in pairs}
    statements: list[tuple[float, list[Place]]] = []
    holds: dict[Place, list[int]] = {}
    partners: dict[tuple[Place, int], int] = {}
    for p in pairs:
        if p.score < threshold:
            break
        x, y = (p.a, p.i), (p.b, p.j)
        if max(partners.get((x, p.b), 0), partners.get((y, p.a), 0)) >= _MOST_PARTNERS:
            continue
        partners[x, p.b] = partners.get((x, p.b), 0) + 1
        partners[y, p.a] = partners.get((y, p.a), 0) + 1
        if set(holds.get(x, [])) & set(holds.get(y, [])):
            continue
        open_to = [
            (_weakest(new, statements[s][1], score), s, new)
            for old, new in ((x, y), (y, x))
            for s in holds.get(old, [])
            if fits is None or _fits_all(new, statements[s][1], fits)
        ]
        best = max(open_to, key=lambda f: (f[0], -f[1]), default=(0.0, 0, x))
        if best[0] >= threshold:
            statements[best[1]][1].append(best[2])
            holds.setdefault(best[2], []).append(best[1])
        else:
            statements.append((p.score, [x, y]))
            for member in (x, y):
                holds.setdefault(member, []).append(len(statements) - 1)
    return [(s, sorted(members)) for s, members in _unite(statements)]


def _unite(statements: Sequence[tuple[float, list[Place]]]) -> list[tuple[float, list[Place]]]:
    """Make one of two statements that share half of their members.

    One pair short of the threshold splits a statement that many outlets report into two that differ in one member
    each. On alignment_dev 32 of 810 statements go (coders gave 736) and pair F1 stays; at a third it fell by .011.
    """
    kept: list[tuple[float, list[Place]]] = []
    holds: dict[Place, list[int]] = {}
    for score, members in statements:
        shared = Counter(n for m in members for n in holds.get(m, ()))
        # c shared members stand in both lists, and once in the union
        likest = ((c / (len(members) + len(kept[n][1]) - c), -n) for n, c in shared.items())
        share, at = max(likest, default=(0.0, 0))
        if share < _NEAR:
            kept.append((score, []))
            at = 1 - len(kept)
        own = kept[-at][1]
        for m in [m for m in members if m not in own]:
            own.append(m)
            holds.setdefault(m, []).append(-at)
    return kept


def _weakest(new: Place, members: Iterable[Place], score: dict[tuple[Place, Place], float]) -> float:
    return min((score.get((min(new, m), max(new, m)), 0.0) for m in members if m[0] != new[0]), default=0.0)


def _fits_all(new: Place, members: Sequence[Place], fits: Fits) -> bool:
    others = [m for m in members if m[0] != new[0]]
    return all(fits(new, sibling, other) for sibling in members if sibling[0] == new[0] for other in others)


def tell_the_same(units: Sequence[Unit], starts: Sequence[int]) -> Fits:
    """Return a function that says whether two sentences of one article tell a third one the same thing.

    They do if they share much the same content words with it and do not quote different speakers.
    """
    stems = [set(u.stems) for u in units]

    def fits(new: Place, sibling: Place, other: Place) -> bool:
        x, y, z = (starts[p[0]] + p[1] for p in (new, sibling, other))
        mine, theirs = stems[x] & stems[z], stems[y] & stems[z]
        if len(mine & theirs) < _SAME_WORDS * min(len(mine), len(theirs)):
            return False
        return not (units[x].speakers and units[y].speakers) or bool(units[x].speakers & units[y].speakers)

    return fits


def as_record(
    event: str, outlets: Sequence[str], pairs: Sequence[Pair], groups: Sequence[tuple[float, list[Place]]]
) -> dict[str, Any]:
    """Return pairs and statements as a record of `align`."""
    return {
        "event": event,
        "statements": [
            {"id": f"s{n}", "score": score, "members": [{"outlet": outlets[a], "sentence": i} for a, i in members]}
            for n, (score, members) in enumerate(groups, start=1)
        ],
        "pairs": [[outlets[p.a], p.i, outlets[p.b], p.j, p.score] for p in pairs],
    }
