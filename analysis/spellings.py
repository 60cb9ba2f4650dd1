"""Spellings: one person or place written in two ways that are not accepted variants of each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from rapidfuzz.distance import OSA

from analysis.segment import norm_of
from analysis.slips import Words
from analysis.views import straighten

NAME_COLUMNS = ["article_id", "start", "first", "last", "written"]
SPELT_COLUMNS = ["article_id", "start", "suggestion", "explanation"]
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


def list_names(words: Words) -> pd.DataFrame:
    """List the names of two words that are long enough to be compared with one another.

    Parameters
    ----------
    words : Words
        The tokens of some articles.

    Returns
    -------
    DataFrame
        One row per occurrence: article_id, start (of the first name), first, last (in their normal form), written (the
        first name as it stands there).
    """
    rows = [
        (words.article[i], int(words.start[i]), first, last, words.written(i))
        for i, first, last in _full_names(words)
        if len(first) >= _SHORTEST and len(last) >= _SHORTEST
    ]
    return pd.DataFrame(rows, columns=NAME_COLUMNS).astype({**dict.fromkeys(NAME_COLUMNS, "str"), "start": "int64"})


def compare_names(names: Callable[[], Iterable[pd.DataFrame]], *, gazetteer: Gazetteer) -> pd.DataFrame:
    """Compare the names of all articles with one another: first names before one surname that are one slip apart.

    Parameters
    ----------
    names : function
        Gives what `list_names` found, article by article in the order of the corpus, each time it is called.
    gazetteer : Gazetteer
        Names with their accepted spellings.

    Returns
    -------
    DataFrame
        One row per occurrence of the rarer spelling: article_id, start, suggestion, explanation.
    """
    prints = np.zeros((0, 2), dtype=np.uint64)
    for table in names():  # two numbers a name: most surnames have one first name only, and are not kept as words
        pairs = np.column_stack([pd.util.hash_array(table[c].to_numpy(dtype=object)) for c in ("last", "first")])
        prints = np.unique(np.concatenate([prints, pairs]), axis=0)
    last, n_firsts = np.unique(prints[:, 0], return_counts=True)
    several = last[n_firsts > 1]
    firsts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for table in names():
        for (surname, first), n in _among(table, several).groupby(["last", "first"], sort=False).size().items():
            firsts[surname][first] += int(n)
    near = {
        (surname, n) for surname, spellings in firsts.items() for pair in _slips(spellings, gazetteer) for n in pair
    }
    if not near:
        return pd.DataFrame(columns=SPELT_COLUMNS)
    met = [
        row
        for table in names()
        for row in _among(table, several)[NAME_COLUMNS].itertuples(index=False, name=None)
        if (row[3], row[2]) in near
    ]
    return pd.DataFrame(list(_against_each_other(met, gazetteer)), columns=SPELT_COLUMNS)


def _among(table: pd.DataFrame, surnames: np.ndarray) -> pd.DataFrame:
    return table[np.isin(pd.util.hash_array(table["last"].to_numpy(dtype=object)), surnames)]


def _slips(spellings: Iterable[str], known: Gazetteer) -> list[tuple[str, str]]:
    """Pair the first names that are a slip apart; two accepted ones are two names."""
    return [
        (a, b)
        for a, b in _near_pairs(spellings)
        if _is_slip(a, b) and _one_letter_lost(a, b) and not (a in known.known and b in known.known)
    ]


def _against_each_other(names: Sequence[tuple], known: Gazetteer) -> Iterator[tuple[str, int, str, str]]:
    """Yield (article_id, start, suggestion, explanation) of rarer spellings; ``names`` are rows of `list_names`."""
    places: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for i, (_, _, first, last, _) in enumerate(names):
        places[last][first].append(i)
    for last, spellings in places.items():
        for a, b in _slips(spellings, known):
            right, wrong = sorted((a, b), key=lambda n: (n not in known.known, -len(spellings[n]), spellings[n][0]))
            if right not in known.known and len(spellings[right]) < 2:
                continue
            written = names[spellings[right][0]][4]
            for i in spellings[wrong]:
                why = f"elsewhere written {written} {last.title()}, {len(spellings[right])} times"
                yield names[i][0], names[i][1], written, why


def find_spellings(words: Words, *, gazetteer: Gazetteer, across: pd.DataFrame) -> list[tuple]:
    """Find names that are spelt beside the accepted ways.

    Parameters
    ----------
    words : Words
        The tokens of some articles.
    gazetteer : Gazetteer
        Names with their accepted spellings.
    across : DataFrame
        What `compare_names` found in the articles that are held together.

    Returns
    -------
    list of tuple
        article_id, start, end, kind (``name``), text, suggestion, severity, status, explanation.
    """
    found: dict[int, tuple[str, str]] = {}
    rarer = {(r.article_id, r.start): (r.suggestion, r.explanation) for r in across.itertuples(index=False)}
    for i, first, last in _full_names(words):
        wrong = _against_gazetteer(first, last, gazetteer)
        if wrong:
            found[i + wrong[0]] = (wrong[1], f"{wrong[1]} is the accepted spelling of this name")
        other = rarer.get((words.article[i], int(words.start[i])))
        if other:
            found.setdefault(i, other)
    for i, suggestion, why in _beside_right_one(words, gazetteer):
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


def _beside_right_one(words: Words, known: Gazetteer) -> Iterator[tuple[int, str, str]]:
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
