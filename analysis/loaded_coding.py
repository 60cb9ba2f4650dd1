"""Sentences coded for loaded words: reading them, and keeping what belongs together on one side of a split."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from analysis.loaded_features import Words, gather_texts
from analysis.refusals import Refusal
from analysis.segment import find_tokens
from analysis.views import straighten

_LABELS = ("biased", "lexical")  # a coded corpus has one or the other
_SHINGLE = 5  # words in a row
_TOO_COMMON = 40  # sentences that share a stretch: above it, it is a stock phrase


class Coded(NamedTuple):
    """Coded sentences: their words with marks (n,), and label, corpus and group by sentence (n_units,)."""

    words: Words
    marked: np.ndarray
    loaded: np.ndarray
    corpus: np.ndarray
    group: np.ndarray


def read_coded(path: Path) -> list[dict[str, Any]]:
    """Read coded sentences and check every record.

    Parameters
    ----------
    path : Path
        JSON lines, may be gzipped. Each: ``text``; ``biased`` (or ``lexical``) 0 or 1; ``tokens`` [[start, end]] and
        ``biased_tokens`` (or ``lexical_tokens``), their numbers, or instead of the two ``spans`` [[start, end]] of
        the loaded words; ``group`` (article, event; optional), ``corpus`` (optional). Other fields are not read.

    Raises
    ------
    Refusal
        table-invalid: a record is broken (its line is named), or there are too few to learn from.
    """
    records = []
    try:
        raw = Path(path).read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8-sig")
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile):
        raise Refusal(f"{Path(path).name} is not UTF-8 text or gzip of it", reason="table-invalid") from None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                records.append(check_record(json.loads(line)))
            except (ValueError, RecursionError, KeyError, TypeError) as error:
                why = f"no {error}" if isinstance(error, KeyError) else str(error)
                raise Refusal(f"{Path(path).name}, line {number}: {why}", reason="table-invalid") from None
    n = [sum(r["loaded"] == k for r in records) for k in (0, 1)]
    n_groups = len({r["group"] for r in records})
    if min(n) < 20 or n_groups < 10 or not any(r["spans"] for r in records):
        raise Refusal(
            f"{Path(path).name} has {n[1]} loaded and {n[0]} other sentences in {n_groups} groups; 20 of each, marked "
            "words and 10 groups are the least to learn from",
            reason="table-invalid",
        )
    return records


def check_record(record: Any) -> dict[str, Any]:
    """Return text, loaded, spans, group and corpus of one record; raise ValueError, KeyError or TypeError."""
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    name = next((k for k in _LABELS if k in record), None)
    if name is None:
        raise ValueError("neither biased nor lexical")
    if not isinstance(record["text"], str):
        raise ValueError("text is not a string")
    if record[name] not in (0, 1):
        raise ValueError(f"{name} is not 0 or 1")
    if "tokens" in record:
        tokens = record["tokens"]
        spans = [tokens[i] for i in record[f"{name}_tokens"] if _is_place(i, len(tokens) - 1)]
    else:
        spans = record["spans"]
    for span in spans:
        start, end = span
        if not (_is_place(start, end) and _is_place(end, len(record["text"])) and start < end):
            raise ValueError(f"{[start, end]} is no stretch of the text")
    return {
        "text": record["text"],
        "loaded": int(record[name]),
        "spans": [(s, e) for s, e in spans],
        "group": str(record.get("group", record["text"])),
        "corpus": str(record.get("corpus", name)),
    }


def _is_place(value: Any, most: Any) -> bool:
    if type(value) is not int or not 0 <= value <= most:
        raise ValueError(f"{value!r} is no number from 0 to {most}")
    return True


def code_words(records: Sequence[dict[str, Any]]) -> Coded:
    """Turn checked records into words with marks; a word is marked where its middle lies in a marked stretch."""
    words = gather_texts([r["text"] for r in records])
    marked = np.zeros(len(words.unit), dtype=np.int8)
    bounds = np.searchsorted(words.unit, np.arange(len(records) + 1))
    middle = (words.start + words.end) / 2
    for i, record in enumerate(records):
        lo, hi = bounds[i], bounds[i + 1]
        for s, e in record["spans"]:
            inside = (middle[lo:hi] >= s) & (middle[lo:hi] < e)
            # our words may be longer than the coder's: a mark within a word marks it
            holds = (words.start[lo:hi] <= (s + e) / 2) & ((s + e) / 2 < words.end[lo:hi])
            marked[lo:hi] |= (inside | holds).astype(np.int8)
    names = list(dict.fromkeys(r["corpus"] for r in records))
    return Coded(
        words,
        np.where(words.is_word, marked, 0),
        np.array([r["loaded"] for r in records]),
        np.array([names.index(r["corpus"]) for r in records]),
        join_groups([r["text"] for r in records], [r["group"] for r in records]),
    )


def word_key(text: str) -> tuple[str, ...]:
    """Return the words of a text, without marks and capitals, by which repeated sentences are told."""
    return tuple(n for _, _, n in find_tokens(straighten(text), 0, len(text)) if any(c.isalnum() for c in n))


def join_groups(texts: Sequence[str], groups: Sequence[str]) -> np.ndarray:
    """Number the groups, joining two where a sentence of one shares half its five-word stretches with one of the other.

    Returns
    -------
    int array of shape (len(texts),)
    """
    keys = [word_key(t) for t in texts]
    stretches = [{k[j : j + _SHINGLE] for j in range(max(1, len(k) - _SHINGLE + 1))} for k in keys]
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, found in enumerate(stretches):
        for stretch in found:
            places[stretch].append(i)
    shared: Counter[tuple[int, int]] = Counter()
    for where in places.values():
        if 1 < len(where) <= _TOO_COMMON:
            shared.update((a, b) for k, a in enumerate(where) for b in where[k + 1 :])
    parent = {g: g for g in groups}

    def top(g: str) -> str:
        while parent[g] != g:
            g = parent[g]
        return g

    for (a, b), n in sorted(shared.items()):
        if 2 * n >= min(len(stretches[a]), len(stretches[b])) and min(len(keys[a]), len(keys[b])) > _SHINGLE:
            parent[top(groups[a])] = top(groups[b])
    number = {g: i for i, g in enumerate(sorted({top(g) for g in groups}))}
    return np.array([number[top(g)] for g in groups])


def split_groups(group: np.ndarray, *, n_folds: int, seed: int) -> np.ndarray:
    """Deal groups to folds; returns the fold of each sentence."""
    known, index = np.unique(group, return_inverse=True)
    dealt = np.random.default_rng(seed).permutation(len(known)) % n_folds
    return dealt[index]
