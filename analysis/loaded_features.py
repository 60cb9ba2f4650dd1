"""Loaded wording: what each word is like, and where it stands; numbers only, no outlet, leaning or topic among them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.segment import find_tokens
from analysis.term_matching import find_forms
from analysis.views import straighten
from analysis.voices import row_ranges
from analysis.wordlists import load_lexicon

OFFSETS = (-2, -1, 1, 2)  # the neighbours a word is seen with
_LISTS = ("connotation", "wording")
_LONGEST = 40  # letters of a word that are looked at
_ROOTS = (
    "ingly edly ness ments ment ations ation ings ing ies ied ers er ed ly es s e".split()
)  # taken off, longest first, where four letters (three before s, e, ed) stay
FLAGS = (
    "capital",
    "capital_first",
    "all_capitals",
    "capital_after_capital",
    "capital_before_capital",
    "in_marks",
    "after_mark",
    "before_mark",
    "alone_in_marks",
    "first",
    "among_first_three",
    "place",
    "short_sentence",
    "long_sentence",
    "length",
)
SENTENCE = ("top1", "top2", "top3", "any", "mean", "mean_log_odds", "log_words")


class Words(NamedTuple):
    """The tokens of many sentences, in order: arrays of shape (n,); ``code`` numbers the rows of ``types``."""

    unit: np.ndarray  # sentence, ascending from 0
    code: np.ndarray
    types: list[str]
    start: np.ndarray
    end: np.ndarray
    is_word: np.ndarray
    upper: np.ndarray  # begins with a capital
    capitals: np.ndarray  # three letters or more, all capitals
    n_units: int


def gather_texts(texts: Sequence[str]) -> Words:
    """Gather the tokens of texts, each text one unit."""
    unit, start, end, norms, upper, capitals = [], [], [], [], [], []
    for number, text in enumerate(texts):
        for s, e, norm in find_tokens(straighten(text), 0, len(text)):
            unit.append(number)
            start.append(s)
            end.append(e)
            norms.append(norm)
            upper.append(text[s].isupper())
            capitals.append(upper[-1] and e - s > 2 and text[s:e].isupper())
    return _words(unit, start, end, np.array(norms, dtype=object), upper, capitals, len(texts))


def gather_tokens(tokens: pd.DataFrame, *, articles: pd.DataFrame, unit: np.ndarray, n_units: int) -> Words:
    """Gather the tokens of a table, with the number of the unit each belongs to."""
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    start, end, upper = (tokens[c].to_numpy() for c in ("start", "end", "is_capital"))
    capitals = np.zeros(len(start), dtype=bool)
    for article, (lo, hi) in row_ranges(tokens["article_id"]).items():
        text = texts[article]
        long = lo + np.flatnonzero(upper[lo:hi] & (end[lo:hi] - start[lo:hi] > 2))
        capitals[long] = [text[s:e].isupper() for s, e in zip(start[long].tolist(), end[long].tolist(), strict=True)]
    return _words(unit, start, end, tokens["norm"], upper, capitals, n_units)


def _words(unit, start, end, norms, upper, capitals, n_units: int) -> Words:
    code, found = pd.factorize(norms)
    types = [t[:_LONGEST] for t in found]
    known = np.array([any(c.isalnum() for c in t) for t in found], dtype=bool)
    return Words(
        np.asarray(unit, dtype=np.int64),
        code.astype(np.int64),
        types,
        np.asarray(start, dtype=np.int64),
        np.asarray(end, dtype=np.int64),
        known[code] if len(types) else np.zeros(0, bool),
        np.asarray(upper, dtype=bool),
        np.asarray(capitals, dtype=bool),
        n_units,
    )


# ---------------------------------------------------------------- what a word is like


def find_atoms(word: str) -> list[str]:
    """Name what a word is like by itself: form, root, ending, beginning, lists it stands on, VADER's valence, length.

    Words of three parts or more ("no-holds-barred") have no form of their own, only their parts, so that nothing
    longer than two words is ever stored.
    """
    if not word or not any(c.isalnum() for c in word):
        return ["w=" + word[:1]]
    if word[:1].isdigit():
        return ["number"]
    parts = [p for p in word.split("-") if len(p) > 2] if "-" in word else []
    atoms = [f"length={min(len(word) // 2, 7)}"]
    if word.count("-") < 2:
        atoms += ["w=" + word, "r=" + find_root(word)]
        atoms += [f"e={word[-k:]}" for k in (2, 3, 4) if len(word) > k + 1]
        atoms += [f"b={word[:k]}" for k in (3, 4, 5) if len(word) > k + 1]
    if parts:
        atoms += ["hyphen", *("p=" + p for p in parts)]
    groups = find_groups(word)
    atoms += ["g=" + g for g in groups] or ["g=none"]
    for part in [word] if word in _valences() else parts:
        value = _valences().get(part)
        if value is not None:
            atoms += [f"v={value:+d}", "v=bad" if value < 0 else "v=good"]
    return atoms


def find_root(word: str) -> str:
    """Take one inflection or common ending off a word; not a dictionary's lemma, only the same for its kin."""
    for ending in _ROOTS:
        if word.endswith(ending) and len(word) - len(ending) >= (3 if ending in ("s", "e", "ed") else 4):
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") else word


def find_groups(word: str) -> list[str]:
    """Name the groups of the word lists that a word belongs to; by its root where the form itself is on none."""
    forms, starred, roots = _groups()
    found = set(forms.get(word, ()))
    if starred:
        for k in range(3, len(word) + 1):
            found.update(starred.get(word[:k], ()))
    if not any(g.startswith("connotation") for g in found):
        found.update(roots.get(find_root(word), ()))
    for part in word.split("-") if "-" in word else ():
        found.update("part:" + g for g in forms.get(part, ()))
    return sorted(found)


@functools.cache
def _groups() -> tuple[dict[str, set[str]], dict[str, set[str]], dict[str, set[str]]]:
    """Single-word terms of the lists: by form, by beginning (terms with a star) and, of connotation, by root."""
    forms: dict[str, set[str]] = {}
    starred: dict[str, set[str]] = {}
    roots: dict[str, set[str]] = {}
    for name in _LISTS:
        table = load_lexicon(name)
        for term, group, match in zip(table["term"], table["group"], table["match"], strict=True):
            term, label = straighten(term.lower()), f"{name}:{group}"
            if " " in term:
                continue
            if term.endswith("*"):
                starred.setdefault(term[:-1], set()).add(label)
                continue
            for form in find_forms(term) if match == "lemma" else [term]:
                forms.setdefault(form, set()).add(label)
                if name == "connotation" and "-" in form:
                    forms.setdefault(form.replace("-", ""), set()).add(label)
            if name == "connotation":
                roots.setdefault(find_root(term), set()).add("root:" + label)
    return forms, starred, roots


@functools.cache
def _valences() -> dict[str, int]:
    """VADER's word valences (Hutto & Gilbert 2014), rounded to -4 … 4, read through its library."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return {w: round(v) for w, v in SentimentIntensityAnalyzer().lexicon.items() if w.isalpha()}


def atom_matrix(types: Iterable[str], number: dict[str, int]) -> sparse.csr_matrix:
    """Return what each word is like as a sparse matrix: one row per word, one column per known atom."""
    indices: list[int] = []
    ends = [0]
    for word in types:
        indices += [number[a] for a in find_atoms(word) if a in number]
        ends.append(len(indices))
    shape = (len(ends) - 1, len(number))
    return sparse.csr_matrix((np.ones(len(indices), np.float32), indices, ends), shape=shape)


# ---------------------------------------------------------------- where it stands


def find_flags(words: Words) -> np.ndarray:
    """Return what the place of each token says: array of shape (n, len(FLAGS))."""
    n = len(words.code)
    if not n:
        return np.zeros((0, len(FLAGS)))
    marks = np.array([t == '"' for t in words.types], dtype=bool)[words.code]
    first = np.r_[True, words.unit[1:] != words.unit[:-1]]
    begin = np.maximum.accumulate(np.where(first, np.arange(n), 0))
    place = np.arange(n) - begin
    length = np.bincount(words.unit, minlength=words.n_units)[words.unit]
    seen = np.cumsum(marks)
    inside = (seen - seen[begin] + marks[begin]) % 2 == 1
    before, after = near(words, -1, marks), near(words, 1, marks)
    columns = [
        words.upper & ~first,
        words.upper & first,
        words.capitals,
        words.upper & near(words, -1, words.upper) & ~first,
        words.upper & near(words, 1, words.upper),
        inside,
        before,
        after,
        before & after,
        first,
        place < 3,
        place / length,
        length < 12,
        length > 35,
        np.minimum(length, 80) / 40,
    ]
    out = np.empty((n, len(FLAGS)), np.float32)
    for k, column in enumerate(columns):
        out[:, k] = column
    return out


def near(words: Words, offset: int, values: np.ndarray) -> np.ndarray:
    """Return the value of the token ``offset`` places away in the same unit, 0 where there is none."""
    out = np.zeros_like(values)
    n = len(words.unit)
    if abs(offset) >= n:
        return out
    here, there = (slice(-offset, n), slice(0, n + offset)) if offset < 0 else (slice(0, n - offset), slice(offset, n))
    same = words.unit[here] == words.unit[there]
    out[here] = np.where(same if values.ndim == 1 else same[:, None], values[there], 0)
    return out


def find_sentence_features(unit: np.ndarray, log_odds: np.ndarray, *, n_units: int) -> np.ndarray:
    """Return what the words' log-odds say of each unit: array of shape (n_units, len(SENTENCE)).

    ``any`` is the log-odds that at least one word is loaded were the words independent (noisy or, Pearl 1988), on a
    log scale of the summed hazards so that it does not saturate.
    """
    order = np.lexsort([-log_odds, unit])
    unit, values = unit[order], log_odds[order]
    count = np.bincount(unit, minlength=n_units)
    begin = np.cumsum(count) - count
    out = np.full((n_units, len(SENTENCE)), -9.0)
    some = count > 0
    for k in range(3):
        out[some, k] = values[(begin + np.minimum(k, count - 1))[some]]
    chance = 1 / (1 + np.exp(-values))
    hazard = np.bincount(unit, np.logaddexp(0, values), minlength=n_units)
    n = np.maximum(count, 1)
    out[some, 3] = np.log(hazard[some] + 1e-9)
    out[:, 4] = np.bincount(unit, chance, minlength=n_units) / n
    out[some, 5] = (np.bincount(unit, values, minlength=n_units) / n)[some]
    out[:, 6] = np.log(n)
    return out
