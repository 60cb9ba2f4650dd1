"""The names and contexts that the finder of period names works with, read from their lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from analysis.segment import find_tokens, norm_of
from analysis.views import bare, straighten


class Part(NamedTuple):
    """A word of a sentence, or one part of a hyphenated word."""

    start: int
    end: int
    norm: str
    written: str


class Wanted(NamedTuple):
    """A word of a context."""

    norm: str
    capital: bool
    starred: bool

    def meets(self, part: Part) -> bool:
        """Say whether a word of a text is this one."""
        same = part.norm.startswith(self.norm) if self.starred else part.norm == self.norm
        return same and (not self.capital or part.written[:1].isupper())


class Context(NamedTuple):
    """A context that tells the time of a name, or keeps it."""

    pattern: str
    place: str  # prefix | before | suffix | after | near | inside | present
    strength: str  # strong | weak | present
    reason: str
    only_for: frozenset[str]


@dataclass
class Entry:
    """A name of the lexicon."""

    name: str
    kind: str
    valid_from: str
    valid_to: str
    status: str
    source: str
    forms: dict[str, str] = field(default_factory=dict)  # form to what to write instead


@dataclass
class Reading:
    """What one sentence says about its time."""

    parts: list[Part]
    hits: dict[str, list[tuple[int, int, int]]]  # place: (first part, part after the last, context)
    near: dict[tuple[str, str], Context]  # by strength, and name where it counts for that alone
    earliest: tuple[int, str]  # the earliest year named, as written; 9999 for none
    latest: int  # the latest year named, or 0


class Contexts:
    """The suppressing contexts of period_contexts.csv, indexed by their first word."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.rows = [
            Context(r["pattern"], r["place"], r["strength"], r["reason"], frozenset(r["only_for"].split(";")) - {""})
            for r in table.to_dict("records")
        ]
        self.by_first: dict[str, list[tuple[tuple[Wanted, ...], int]]] = {}
        for number, row in enumerate(self.rows):
            words = tuple(
                Wanted(norm_of(w.lower().rstrip("*")), w[0].isupper(), w[-1] == "*")
                for w in _pattern_words(row.pattern)
            )
            if words:
                self.by_first.setdefault(_first(words[0].norm), []).append((words, number))

    def find(self, parts: list[Part]) -> dict[str, list[tuple[int, int, int]]]:
        """Find the contexts of a sentence, by their place."""
        found: dict[str, list[tuple[int, int, int]]] = {}
        for i, part in enumerate(parts):
            for words, number in self.by_first.get(_first(part.norm), ()):
                here = parts[i : i + len(words)]
                if len(here) == len(words) and all(w.meets(p) for w, p in zip(words, here, strict=True)):
                    found.setdefault(self.rows[number].place, []).append((i, i + len(words), number))
        return found

    def holds(self, number: int, name: str) -> bool:
        """Say whether a context counts for a name."""
        return not self.rows[number].only_for or name in self.rows[number].only_for


def _first(word: str) -> str:
    return word[:3]  # short enough to index words that end in a star


def _pattern_words(pattern: str) -> list[str]:
    view = straighten(pattern.rstrip("*"))
    words = [p.written for p in split_parts(view, 0, len(view))]
    if words and pattern.endswith("*"):
        words[-1] += "*"
    return words


def split_parts(view: str, start: int, end: int) -> list[Part]:
    """Split a stretch of a straightened view into words, and hyphenated words into their parts."""
    parts = []
    for s, e, norm in find_tokens(view, start, end):
        if "-" not in norm or len(norm) == 1:
            parts.append(Part(s, e, norm, bare(view[s:e])))
            continue
        for m in re.finditer(r"[^-]+", view[s:e]):
            written = bare(m.group())
            parts.append(Part(s + m.start(), s + m.end(), norm_of(written), written))
    return parts


def read_entries(table: pd.DataFrame) -> tuple[list[Entry], dict[str, list[tuple[tuple[str, ...], int, str]]]]:
    """Turn period_names.csv into entries and an index of their forms by first word, the longest form first."""
    entries: list[Entry] = []
    index: dict[str, list[tuple[tuple[str, ...], int, str]]] = {}
    for number, row in enumerate(table.to_dict("records")):
        forms = [f.strip() for f in row["forms"].split(";") if f.strip()]
        instead = [u.strip() for u in row["use_instead"].split(";")]
        instead = instead if len(instead) == len(forms) else [row["use_instead"]] * len(forms)
        entries.append(
            Entry(
                row["name"],
                row["kind"],
                row["valid_from"],
                row["valid_to"],
                row["status"],
                row["source"],
                dict(zip(forms, instead, strict=True)),
            )
        )
        for form in forms:
            words = tuple(_pattern_words(form))
            if words:
                index.setdefault(norm_of(words[0].lower()), []).append((words, number, form))
    for known in index.values():
        known.sort(key=lambda item: -len(item[0]))
    return entries, index
