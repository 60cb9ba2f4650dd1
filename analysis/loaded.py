"""Loaded wording: how likely each word is a loaded choice in its place, counted by sentence and voice."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.files import MODELS
from analysis.loaded_features import (
    FLAGS,
    OFFSETS,
    SENTENCE,
    Words,
    atom_matrix,
    find_flags,
    find_sentence_features,
    gather_texts,
    gather_tokens,
    near,
)
from analysis.term_matching import find_terms, sentence_numbers
from analysis.units import COUNT_COLUMNS, KEYS, TERM_COLUMNS, count_per_word, cut_words, number_units, unit_table
from analysis.wordlists import load_lexicon

MODEL = MODELS / "wording.npz"
LISTS = ("loaded", "one_sided", "intensifier")  # of the wording lexicon: what is looked for without a model
ROLES = ("own", *(f"at{o:+d}" for o in OFFSETS), "sentence")  # what a word adds: by itself, beside another, to its text
_MOST_KNOWN = 30_000  # words whose numbers are kept
_BATCH = 2_000  # records annotated at a time


class LoadedModel:
    """Weights of what words are like (atoms) by role, of their place, and of what a sentence's words say together."""

    def __init__(self, arrays: dict[str, np.ndarray], facts: dict[str, Any]):
        if facts["flags"] != list(FLAGS) or facts["sentence"] != list(SENTENCE) or facts["roles"] != list(ROLES):
            raise ValueError("wording.npz was fitted on other features; refit it with `train wording`")
        self.facts, self.arrays = facts, arrays
        self.number = {a: i for i, a in enumerate(facts["atoms"])}
        self.weights = arrays["weights"].astype(np.float32) * arrays["weights_steps"]
        self.background = arrays["background"].astype(np.float32) * arrays["background_steps"]
        self.mix, self.middle = arrays["mix"], arrays["middle"]  # background column → role, and what is usual there
        self.flags, self.line = arrays["flags"], arrays["line"]
        self.bias, self.line_bias, self.threshold = facts["bias"], facts["line_bias"], facts["threshold"]
        self._row: dict[str, int] = {}
        self._table = np.zeros((1024, len(ROLES)), np.float32)

    def rate_types(self, types: list[str]) -> np.ndarray:
        """Return what each word adds in each role: array of shape (len(types), len(ROLES)); known words are kept."""
        if len(self._row) > _MOST_KNOWN:
            self._row.clear()
        new = [t for t in dict.fromkeys(types) if t not in self._row]
        if new:
            atoms = atom_matrix(new, self.number)
            rated = atoms @ self.weights + (atoms @ self.background) @ self.mix - self.middle
            first = len(self._row)
            while len(self._table) < first + len(new):
                self._table = np.concatenate([self._table, np.zeros_like(self._table)])
            self._table[first : first + len(new)] = rated
            self._row.update(zip(new, range(first, first + len(new)), strict=True))
        return self._table[[self._row[t] for t in types]]

    def rate(self, words: Words) -> tuple[np.ndarray, np.ndarray]:
        """Return log-odds of every token that it is loaded, and what it adds to its sentence; both of shape (n,)."""
        if not len(words.code):
            return np.zeros(0), np.zeros(0)
        each = self.rate_types(words.types).astype(float)
        odds = each[:, 0][words.code] + find_flags(words) @ self.flags + self.bias
        for k, offset in enumerate(OFFSETS, start=1):
            odds += near(words, offset, each[:, k][words.code])
        return odds, each[:, -1][words.code]

    def rate_sentences(self, unit: np.ndarray, odds: np.ndarray, adds: np.ndarray, *, n_units: int) -> np.ndarray:
        """Return the probability that each unit is loaded, from its words; 0 for a unit without words."""
        features = find_sentence_features(unit, odds, n_units=n_units)
        total = features @ self.line + np.bincount(unit, adds, minlength=n_units) + self.line_bias
        return np.where(np.bincount(unit, minlength=n_units) > 0, _logistic(total), 0.0)


def _logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


@functools.cache
def _read(path: Path) -> LoadedModel:
    with np.load(path, allow_pickle=False) as data:
        arrays = {k: data[k] for k in data.files}
    facts = json.loads(arrays.pop("facts").tobytes().decode())
    return LoadedModel(arrays, facts)


def load_wording(models: Path | bool | None = True) -> LoadedModel | None:
    """Return the fitted model of loaded wording.

    Parameters
    ----------
    models : Path, True or None
        Folder with a fitted wording.npz; True (or a folder without one) for the one shipped; None for no model.

    Raises
    ------
    ValueError
        Where the file was fitted on other features.
    """
    if models is None or models is False:
        return None
    own = None if models is True else Path(models) / MODEL.name
    path = own if own is not None and own.is_file() else MODEL
    return _read(path) if path.is_file() else None


def find_loaded(tokens: pd.DataFrame, *, articles: pd.DataFrame, models: Path | bool | None = True) -> pd.DataFrame:
    """Give every word its probability of being a loaded choice in its place.

    Parameters
    ----------
    tokens : DataFrame
        One row per token, in text order.
    articles : DataFrame
        article_id, text.
    models : Path, True or None
        As `load_wording` takes it.

    Returns
    -------
    DataFrame
        One row per word (tokens without a letter or digit are left out): article_id, sentence_id, voice (where
        tokens have one), start, end, probability (0–1) and its log_odds, is_loaded (at or over the model's
        threshold), adds (to the log-odds of its sentence). Empty without a model.
    """
    model = load_wording(models)
    kept = [c for c in ("article_id", "sentence_id", "voice", "start", "end") if c in tokens.columns]
    if model is None or tokens.empty:
        return tokens[kept].iloc[:0].assign(probability=0.0, is_loaded=False, adds=0.0, log_odds=0.0)
    unit = sentence_numbers(tokens)
    odds, adds = model.rate(gather_tokens(tokens, articles=articles, unit=unit, n_units=int(unit[-1]) + 1))
    word = tokens["is_word"].to_numpy()
    chance = _logistic(odds)[word]
    return (
        tokens.loc[word, kept]
        .assign(probability=chance, is_loaded=chance >= model.threshold, adds=adds[word], log_odds=odds[word])
        .reset_index(drop=True)
    )


def measure_loaded(
    tokens: pd.DataFrame, *, articles: pd.DataFrame, models: Path | bool | None = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count loaded words, and sentences that are loaded, in every sentence and voice.

    Parameters
    ----------
    tokens : DataFrame
        One row per token with its voice.
    articles : DataFrame
        article_id, text.
    models : Path, True or None
        As `load_wording` takes it; without a model nothing is measured.

    Returns
    -------
    counts : DataFrame
        One row per article × sentence × voice × measure: ``loaded_words_per_1k`` (num: words at or over the
        threshold, den: words) and ``loaded_sentence_share`` (num: 1 where the words of that voice alone make the
        sentence more likely loaded than not, den: 1).
    terms : DataFrame
        One row per loaded word: article_id, sentence_id, voice, start, end, text, measure, term.
    """
    found = find_loaded(tokens, articles=articles, models=models)
    model = load_wording(models)
    if model is None or found.empty:
        return pd.DataFrame(columns=COUNT_COLUMNS), pd.DataFrame(columns=TERM_COLUMNS)
    units = unit_table(found)
    chance = model.rate_sentences(
        number_units(found), found["log_odds"].to_numpy(), found["adds"].to_numpy(), n_units=len(units)
    )
    terms = found[found["is_loaded"]].reset_index(drop=True)
    said = cut_words(terms, articles=articles)
    terms = terms.assign(
        text=pd.Series(said, dtype="str"),
        measure="loaded_words_per_1k",
        term=pd.Series([w.lower() for w in said], dtype="str"),
    )[TERM_COLUMNS]
    counts = [
        count_per_word(terms, units=units, measures=["loaded_words_per_1k"]),
        units[KEYS].assign(measure="loaded_sentence_share", num=(chance >= 0.5).astype(int), den=1),
    ]
    return pd.concat(counts, ignore_index=True)[COUNT_COLUMNS], terms


def annotate_wording(records: Iterable[dict], *, models: Path | bool | None = True) -> Iterator[dict]:
    """Say of each text how likely it is loaded, and which words are.

    Parameters
    ----------
    records : iterable of dict
        id, text (a sentence, or a few).
    models : Path, True or None
        As `load_wording` takes it; without a model the words of the lists are given, score 1 - .5 ** (words).

    Yields
    ------
    dict
        id, score (0–1), spans (character offsets of the words).
    """
    model = load_wording(models)
    batch: list[dict] = []
    for record in records:
        if not isinstance(record["text"], str):
            raise KeyError("text")  # a number or a list is no text
        batch.append({"id": record["id"], "text": record["text"]})
        if len(batch) == _BATCH:
            yield from _annotate(batch, model)
            batch = []
    yield from _annotate(batch, model)


def _annotate(records: list[dict], model: LoadedModel | None) -> Iterator[dict]:
    words = gather_texts([r["text"] for r in records])
    if model is None:
        scores, chosen = _annotate_by_lists(records, words)
    else:
        odds, adds = model.rate(words)
        keep = words.is_word
        scores = model.rate_sentences(words.unit[keep], odds[keep], adds[keep], n_units=len(records))
        loaded = keep & (_logistic(odds) >= model.threshold)
        chosen = [[] for _ in records]
        for u, s, e in zip(*(a[loaded].tolist() for a in (words.unit, words.start, words.end)), strict=True):
            chosen[u].append([s, e])
    for record, score, spans in zip(records, scores.tolist(), chosen, strict=True):
        yield {"id": record["id"], "score": round(score, 6), "spans": spans}


def _annotate_by_lists(records: list[dict], words: Words) -> tuple[np.ndarray, list[list]]:
    """Find the words of the lists, all texts at once."""
    lexicon = load_lexicon("wording")
    lexicon = lexicon[lexicon["group"].isin(LISTS)].reset_index(drop=True)
    # object columns: a record may hold half of a surrogate pair, which columns of text refuse
    norms = pd.Series([words.types[c] for c in words.code.tolist()], dtype=object)
    tokens = pd.DataFrame(
        {"article_id": words.unit, "sentence_id": 0, "start": words.start, "end": words.end, "norm": norms}
    )
    texts = pd.DataFrame(
        {"article_id": range(len(records)), "text": pd.Series([r["text"] for r in records], dtype=object)}
    )
    hits = find_terms(tokens, lexicon=lexicon, articles=texts)
    spans: list[list] = [[] for _ in records]
    for u, s, e in sorted(set(zip(hits["article_id"], hits["start"], hits["end"], strict=True))):
        spans[u].append([int(s), int(e)])
    return 1 - 0.5 ** np.array([len(s) for s in spans], dtype=float), spans
