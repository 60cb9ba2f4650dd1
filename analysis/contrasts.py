"""Which articles stand on the two sides of each comparison, and how much each of them counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

import pandas as pd

REST = "the other outlets"


class Contrast(NamedTuple):
    """One outlet against its reference: article_id → weight, 1 unless several articles of one side rework one text."""

    outlet: str
    reference: str
    target: dict[str, float]
    rest: dict[str, float]


def each_contrast(
    articles: pd.DataFrame, *, reference: str = "", groups: Mapping[str, Collection[str]] | None = None
) -> Iterator[Contrast]:
    """Yield the comparisons of a corpus one after the other: each says of every article on which side it stands.

    Parameters
    ----------
    articles : DataFrame
        article_id, outlet, and shared_source_with (ids parted by "; ") where it is known. Articles of one side that
        rework one text count together as one.
    reference : str
        The outlet to compare the others with; "" compares each outlet with all others.
    groups : mapping of str to collection of str, optional
        Groups of outlets that are compared as well, under the name ``group: …``.

    Yields
    ------
    Contrast
        By name of the outlet, then the groups; none with less than two outlets, or where the reference is not among them.
    """
    outlets = sorted(articles["outlet"].unique())
    if len(outlets) < 2 or (reference and reference not in outlets):
        return
    of = dict(zip(articles["article_id"], articles["outlet"], strict=True))
    shared = _shared_groups(articles)
    sides = {outlet: frozenset({outlet}) for outlet in outlets}
    sides |= {f"group: {name}": frozenset(members) for name, members in (groups or {}).items()}
    for name, members in sides.items():
        target = [a for a, o in of.items() if o in members]
        rest = [a for a, o in of.items() if o not in members and (not reference or o == reference)]
        if target and rest:
            yield Contrast(name, reference or REST, _weigh(target, shared), _weigh(rest, shared))


def _weigh(side: list[str], group: dict[str, str]) -> dict[str, float]:
    sizes: dict[str, int] = {}
    for a in side:
        sizes[group[a]] = sizes.get(group[a], 0) + 1
    shares = {n: 1 / n for n in set(sizes.values())}  # one number for all that have it: sides are long
    return {a: shares[sizes[group[a]]] for a in side}


def _shared_groups(articles: pd.DataFrame) -> dict[str, str]:
    """Return for each article the first of those that rework one text with it, directly or through others."""
    ids = list(articles["article_id"])
    parent = {a: a for a in ids}

    def root(a: str) -> str:
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        return a

    if "shared_source_with" in articles:
        for a, others in zip(ids, articles["shared_source_with"], strict=True):
            for b in filter(None, str(others).split("; ")):
                if b in parent:
                    one, two = sorted((root(a), root(b)))
                    parent[two] = one
    return {a: root(a) for a in ids}
