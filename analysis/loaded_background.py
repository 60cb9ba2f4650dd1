"""What other coded corpora say of words: the background that the model of loaded wording starts from.

Six numbers for what a word is like: how it pulls a sentence's tone toward a target down, up, or either way (NewsMTSC),
how it goes with moral acts in its sentence, or names one (MoralEvents), and how much it is a word of quoted people and
not of reporters (PolNeAR). They know words that the sentences coded for loaded wording have never shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from analysis.cards import load_records
from analysis.loaded_coding import word_key
from analysis.loaded_features import Words, atom_matrix, find_atoms, gather_texts
from analysis.loaded_fit import Background, fit_line

_COMPANY = ("seen", "frequency", "frequency_2", "root_frequency", "capital")
COLUMNS = ("tone_down", "tone_up", "tone_either", "moral_sentence", "moral_word", "quoted", *_COMPANY)
_RARE, _RARE_WORD = 5, 2
_SENTENCES, _TOKENS = 15.0, 5.0  # L2 penalties


def fit_background(folder: Path, *, without: Iterable[str]) -> Background:
    """Fit the background to the coded corpora of a folder.

    Parameters
    ----------
    folder : Path
        Holds newsmtsc.jsonl.gz, moralevents.jsonl.gz and polnear_train.jsonl.gz.
    without : iterable of str
        Sentences that the model is fitted or measured on: where they recur in these corpora they are left out.

    Returns
    -------
    atoms : list of str
    table : array of shape (len(atoms), len(COLUMNS))
    """
    left_out = {word_key(t) for t in without}
    tone, moral = (
        [r for r in load_records(folder / f"{name}.jsonl.gz") if word_key(r["text"]) not in left_out]
        for name in ("newsmtsc", "moralevents")
    )
    news = load_records(folder / "polnear_train.jsonl.gz")
    parts = [gather_texts([r["text"] for r in records]) for records in (tone, moral, news)]
    counts: Counter[str] = Counter()
    for words in parts:
        for word, n in zip(words.types, np.bincount(words.code).tolist(), strict=True):
            for atom in set(find_atoms(word)):
                counts[atom] += n
    atoms = sorted(a for a, n in counts.items() if n >= (_RARE_WORD if a[:2] in ("w=", "r=") else _RARE))
    number = {a: i for i, a in enumerate(atoms)}
    tables = [atom_matrix(words.types, number) for words in parts]
    labels = np.array([r["label"] for r in tone])
    told = [_by_unit(w, t) for w, t in zip(parts[:2], tables[:2], strict=True)]
    columns = [_fit(told[0], y, _SENTENCES) for y in (labels == -1, labels == 1, labels != 0)]
    columns.append(_fit(told[1], np.array([bool(r["foundations"]) for r in moral]), _SENTENCES))
    columns.append(_fit(tables[1][parts[1].code], _mark(parts[1], map(_find_triggers, moral)), _TOKENS))
    columns.append(_fit_quoted(parts[2], tables[2], news))
    columns += _count_company(parts, atoms, counts)
    return atoms, np.column_stack(columns)


def _count_company(parts: list[Words], atoms: list[str], counts: Counter[str]) -> list[np.ndarray]:
    """How common a word and its root are in the news of the three corpora, and how often it has a capital."""
    capital: Counter[str] = Counter()
    for words in parts:
        inside = np.r_[False, words.unit[1:] == words.unit[:-1]] & words.upper
        for word, n in zip(words.types, np.bincount(words.code, inside, minlength=len(words.types)), strict=True):
            capital["w=" + word] += n
    is_word = np.array([a.startswith("w=") for a in atoms], dtype=float)
    is_root = np.array([a.startswith("r=") for a in atoms], dtype=float)
    often = np.array([np.log1p(counts[a]) for a in atoms])
    share = np.array([capital[a] / counts[a] for a in atoms])
    return [is_word, is_word * often, is_word * often**2 / 10, is_root * often, is_word * share]


def _fit(matrix: sparse.csr_matrix, y: np.ndarray, penalty: float) -> np.ndarray:
    return fit_line(matrix, y.astype(float), np.full(matrix.shape[1], penalty))[0]


def _by_unit(words: Words, table: sparse.csr_matrix) -> sparse.csr_matrix:
    """Tell which atoms stand in each unit."""
    sums = sparse.csr_matrix(
        (np.ones(len(words.unit)), (words.unit, words.code)), shape=(words.n_units, len(words.types))
    )
    out = (sums @ table).tocsr()
    out.data = np.minimum(out.data, 1)
    return out


def _find_triggers(record: dict[str, Any]) -> list[tuple[int, int]]:
    """The first place of every word that was coded as naming a moral act."""
    places = [(record["text"].find(e["trigger"]), len(e["trigger"])) for e in record["events"] if e["trigger"]]
    return [(s, s + n) for s, n in places if s >= 0]


def _mark(words: Words, spans: Iterable[list[tuple[int, int]]]) -> np.ndarray:
    out = np.zeros(len(words.unit), dtype=bool)
    bounds = np.searchsorted(words.unit, np.arange(words.n_units + 1))
    middle = (words.start + words.end) / 2
    for i, found in enumerate(spans):
        lo, hi = bounds[i], bounds[i + 1]
        for s, e in found:
            out[lo:hi] |= (middle[lo:hi] >= s) & (middle[lo:hi] < e)
    return out


def _fit_quoted(words: Words, table: sparse.csr_matrix, records: list[dict[str, Any]]) -> np.ndarray:
    """How much words are those of contents and not of the narrator; cues are neither."""
    inside = _mark(words, ([(s, e) for a in r["attributions"] for s, e in a["content"]] for r in records))
    cue = _mark(words, ([(s, e) for a in r["attributions"] for s, e in a["cue"]] for r in records)) & ~inside
    n = len(words.types)
    counts = [np.bincount(words.code[m], minlength=n).astype(float) for m in (inside, ~inside & ~cue)]
    y = np.repeat([1.0, 0.0], n)
    return fit_line(
        sparse.vstack([table, table]).tocsr(), y, np.full(table.shape[1], _SENTENCES), weight=np.concatenate(counts)
    )[0]
