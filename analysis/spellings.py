"""Spellings: one person or place written in two ways that are not accepted variants of each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA

from analysis.segment import norm_of
from analysis.slips import Words
from analysis.views import straighten

_SHORTEST = 5  # letters: shorter names differ by one letter too often by right
_SHORTEST_ALONE = 7  # letters, for a name without a first name beside it


class Gazetteer:
    """The names of name_variants.csv: who or what, and which spellings are accepted."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.firsts: dict[str, dict[str, str]] = defaultdict(dict)  # surname: its first names as written
        self.surnames: dict[str, dict[str, str]] = defaultdict(dict)  # first name: its surnames as written
        self.alone: dict[str, str] = {}  # surnames and places: as written
        self.known: set[str] = set()
        self.places: set[str] = set()
        for row in table.to_dict("records"):
            for spelling in [row["name"], *(v.strip() for v in row["accepted"].split(";") if v.strip())]:
                self._add(spelling, row["kind"])

    def _add(self, spelling: str, kind: str) -> None:
        words = spelling.split()
        norms = [norm_of(straighten(w)) for w in words]
        self.known.update(norms)
        if kind == "place":
            self.places.add(norms[0] if len(norms) == 1 else " ".join(norms))
        if kind == "person" and len(words) > 1:
            self.firsts[norms[-1]].setdefault(norms[0], words[0])
            self.surnames[norms[0]].setdefault(norms[-1], words[-1])
        if kind in ("person", "place") and len(norms[-1]) >= _SHORTEST_ALONE and (kind == "person" or len(norms) == 1):
            self.alone.setdefault(norms[-1], words[-1])


def find_spellings(words: Words, *, gazetteer: Gazetteer, alone: bool = False) -> list[tuple]:
    """Find names that are spelt beside the accepted ways.

    Parameters
    ----------
    words : Words
        The tokens of all articles.
    gazetteer : Gazetteer
        Names with their accepted spellings.
    alone : bool
        True: every article is judged by itself; False: names are compared across all articles.

    Returns
    -------
    list of tuple
        article_id, start, end, kind (``name``), text, suggestion, severity, status, explanation.
    """
    found: dict[int, tuple[str, str]] = {}
    pairs = list(_full_names(words))
    for i, first, last in pairs:
        wrong = _against_gazetteer(first, last, gazetteer)
        if wrong:
            found[i + wrong[0]] = (wrong[1], f"{wrong[1]} is the accepted spelling of this name")
    for i, suggestion, why in _against_each_other(words, pairs, gazetteer, alone):
        found.setdefault(i, (suggestion, why))
    for i, suggestion, why in _beside_right_one(words, gazetteer, alone):
        found.setdefault(i, (suggestion, why))
    rows = []
    for i, (suggestion, why) in sorted(found.items()):
        start = int(words.start[i])
        written = words.written(i)
        end = start + len(written.removesuffix("'s"))
        text = words.texts[words.article[i]][start:end]
        rows.append((words.article[i], start, end, "name", text, suggestion, "medium", "flagged", why))
    return rows


def _full_names(words: Words) -> Iterator[tuple[int, str, str]]:
    """Yield (place, first name, last name) for two capitalised words side by side."""
    name = np.zeros(len(words) + 1, dtype=bool)
    name[words.where(lambda n: len(n) > 1 and n.isalpha())] = True
    beside = name[:-2] & name[1:-1] & (words.start[1:] - words.end[:-1] == 1)
    for i in np.flatnonzero(beside & (words.sentence[1:] == words.sentence[:-1])).tolist():
        first, last = words.written(i), words.written(i + 1)
        if first[0].isupper() and last[0].isupper() and not first.isupper() and not first.endswith("'s"):
            yield i, words.norm(i), words.norm(i + 1)


def _against_gazetteer(first: str, last: str, known: Gazetteer) -> tuple[int, str] | None:
    for step, given, accepted in ((0, first, known.firsts.get(last, {})), (1, last, known.surnames.get(first, {}))):
        if not accepted or given in accepted or given in known.known:
            continue
        for norm, written in accepted.items():
            if len(norm) >= _SHORTEST and _is_slip(given, norm):
                return step, written
    return None


def _is_slip(given: str, right: str) -> bool:
    """Say whether one spelling is the other with one letter wrong, and not a plural or another ending."""
    endings = given[:-1] in (right, right[:-1]) or right[:-1] == given
    return not endings and OSA.distance(given, right, score_cutoff=1) == 1


def _against_each_other(
    words: Words, pairs: list[tuple[int, str, str]], known: Gazetteer, alone: bool
) -> Iterator[tuple[int, str, str]]:
    places: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, first, last in pairs:
        if len(first) >= _SHORTEST and len(last) >= _SHORTEST:
            places[str(words.article[i]) if alone else "", last][first].append(i)
    for (_, last), spellings in places.items():
        for a, b in _near_pairs(spellings):
            if not _is_slip(a, b) or not _one_letter_lost(a, b) or (a in known.known and b in known.known):
                continue
            right, wrong = sorted((a, b), key=lambda n: (n not in known.known, -len(spellings[n]), spellings[n][0]))
            if right not in known.known and len(spellings[right]) < 2:
                continue
            written = words.written(spellings[right][0])
            for i in spellings[wrong]:
                yield i, written, f"elsewhere written {written} {last.title()}, {len(spellings[right])} times"


def _one_letter_lost(a: str, b: str) -> bool:
    """Letters that come and go by right (Phillip, Mathew, Geoffrey) do so doubled or silent; other losses are slips."""
    short, long = sorted((a, b), key=len)
    if len(short) == len(long):
        return False
    at = next((k for k, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    return not (at and long[at] == long[at - 1]) and long[at] != "h"


def _near_pairs(spellings: Iterable[str]) -> list[tuple[str, str]]:
    """Pair words one letter apart, by what they become when a letter is dropped (linear in their number)."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for word in spellings:
        for key in dict.fromkeys([word, *_drops(word)]):
            by_key[key].append(word)
    pairs: dict[tuple[str, str], None] = {}
    for group in by_key.values():
        for pair in pairwise(group):
            pairs[pair] = None
    return list(pairs)


def _drops(word: str) -> list[str]:
    return [word[:k] + word[k + 1 :] for k in range(len(word))] if len(word) < 40 else []


def _beside_right_one(words: Words, known: Gazetteer, alone: bool) -> Iterator[tuple[int, str, str]]:
    """Yield single names one letter away from a name of the gazetteer that the same article spells right."""
    keys: dict[str, list[str]] = defaultdict(list)
    for name in known.alone:
        for key in dict.fromkeys([name, *_drops(name)]):
            keys[key].append(name)

    def right_for(norm: str) -> str:
        if len(norm) < _SHORTEST_ALONE - 1 or len(norm) > 30 or not norm.isalpha() or norm in known.known:
            return ""
        for key in (norm, *_drops(norm)):
            for name in keys.get(key, ()):
                if _is_slip(norm, name):
                    return name
        return ""

    present: dict[str, set[str]] | None = None
    for i in words.where(right_for):
        right = right_for(words.norm(i))
        written = words.written(i)
        if not written[0].isupper() or written[1].isupper() or words.norm(i).startswith(right[:-1]):
            continue
        before, after = (words.written(i + s)[:1] if words.at(i, s) else "" for s in (-1, 1))
        if before.isupper() or after.isupper():
            continue  # part of a longer name, somebody else's
        if present is None:
            present = defaultdict(set)
            for j in words.where(lambda n: n in known.alone):
                present[str(words.article[j])].add(words.norm(j))
        if right in present[str(words.article[i])]:
            yield i, known.alone[right], f"the article also writes {known.alone[right]}"
