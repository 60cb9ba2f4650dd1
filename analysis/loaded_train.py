"""Refitting the model of loaded wording on coded sentences, and how well it does on sentences it has not seen."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.cards import says
from analysis.files import sha256, write_atomic
from analysis.loaded import LoadedModel, load_wording
from analysis.loaded_background import COLUMNS, fit_background
from analysis.loaded_coding import Coded, code_words, read_coded, split_groups
from analysis.loaded_fit import Background, Design, pack_model
from analysis.loaded_score import FIGURES, measure_labels

N_FOLDS = 5
_RECIPE = """
**Recipe.** A logistic line over words: what a word is like (form, root, endings, beginnings, the groups of
`lexicons/connotation.csv` and `lexicons/wording.csv`, VADER's valence, length), what the two words before and after are
like, the background, and its place (capitals, marks, position, length of the sentence). A second line over what the words
say together (the three highest, any, mean, number) and a small weight for each word gives the sentence; it learns from
word lines that have not seen the sentence (four folds). Outlet, leaning and topic are no features; no stored feature is
longer than two words. Each corpus has its own intercept while fitting; probabilities and the threshold are on the scale
of the first corpus in the file. Weights are whole steps of one byte. The same coding gives the same bytes.

**Background.** Numbers per word from NewsMTSC (Hamborg and Donnay 2021; MIT-style), MoralEvents (CC BY-NC-SA 4.0) and PolNeAR
(Newell and others 2018; no licence stated), without the sentences that recur in the coding; `loaded_background.py`: """
_LICENCES = {
    "babe.jsonl.gz": "BABE, Spinde and others 2021; repository AGPL-3.0, its model card CC BY-NC",
    "basil.jsonl.gz": "BASIL, Fan and others 2019; no licence stated",
}


def train_wording(
    gold_file: Path,
    out_folder: Path,
    *,
    background: Background | None = None,
    coding: dict[str, str] | None = None,
) -> Path:
    """Refit the model of loaded wording and write it with its card.

    Parameters
    ----------
    gold_file : Path
        Coded sentences, JSON lines, may be gzipped; see `loaded_coding.read_coded` for the layout. Several corpora
        may stand in one file (fields ``corpus``, or ``biased`` in one and ``lexical`` in the other).
    out_folder : Path
        An existing folder for ``wording.npz`` and ``wording.md``.
    background : (list of str, array), optional
        As `fit_background` returns; that of the shipped model where left out.
    coding : dict, optional
        Name → sha256 of the corpora that the file pools; the file itself where left out.

    Returns
    -------
    Path
        The model's file; the same bytes for the same coding.

    Raises
    ------
    Refusal
        table-invalid: a record is broken (its line is named), or there are too few.
    """
    records = read_coded(Path(gold_file))
    if background is None:
        background = model_background(load_wording())
    coding = coding or {Path(gold_file).name: sha256(Path(gold_file).read_bytes())}
    design = Design(code_words(records), background)
    everything = np.ones(len(records), dtype=bool)
    path = Path(out_folder) / "wording.npz"
    data = pack_model(design.fit(everything), {"coding": coding})
    write_atomic(path, data)
    card = _card(coding, records, design.coded, cross_validate(design), data)
    write_atomic(path.with_suffix(".md"), card.encode("utf-8"))
    return path


def train_shipped(gold_folder: Path, out_folder: Path) -> Path:
    """Fit the shipped model: its background, and the words and sentences of BABE and BASIL pooled.

    Sentences of the background's corpora that recur in the two are left out of it.
    """
    paths = [Path(gold_folder) / f"{name}.jsonl.gz" for name in ("babe", "basil")]
    with tempfile.TemporaryDirectory() as folder:
        pooled = Path(folder) / "pooled.jsonl.gz"
        pooled.write_bytes(b"".join(p.read_bytes() for p in paths))  # gzip files joined are one
        background = fit_background(Path(gold_folder), without=[r["text"] for r in read_coded(pooled)])
        coding = {p.name: sha256(p.read_bytes()) for p in paths}
        return train_wording(pooled, out_folder, background=background, coding=coding)


def model_background(model: LoadedModel | None) -> Background:
    """Return the background that a model was fitted with; nothing without a model."""
    if model is None:
        return [], np.zeros((0, len(COLUMNS)))
    known = np.flatnonzero((model.arrays["background"] != 0).any(axis=1))
    return [model.facts["atoms"][i] for i in known], model.background[known].astype(float)


def predict(model: LoadedModel, coded: Coded) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of every token, and of every sentence, that it is loaded."""
    words = coded.words
    odds, adds = model.rate(words)
    w = words.is_word
    scores = model.rate_sentences(words.unit[w], odds[w], adds[w], n_units=words.n_units)
    return 1 / (1 + np.exp(-odds)), scores


def cross_validate(design: Design, *, n_folds: int = N_FOLDS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, of models that have not seen the group: token probabilities, token answers, sentence scores."""
    coded = design.coded
    fold = split_groups(coded.group, n_folds=n_folds, seed=1)
    chance, answer = np.zeros(len(coded.words.unit)), np.zeros(len(coded.words.unit), dtype=bool)
    score = np.zeros(coded.words.n_units)
    for k in range(n_folds):
        model = design.fit(fold != k)
        p, s = predict(model, coded)
        here = (fold == k)[coded.words.unit]
        chance[here], answer[here], score[fold == k] = p[here], (p >= model.threshold)[here], s[fold == k]
    return chance, answer & coded.words.is_word, score


def _card(coding: dict[str, str], records: Sequence[dict[str, Any]], coded: Coded, unseen: tuple, data: bytes) -> str:
    names = list(dict.fromkeys(r["corpus"] for r in records))
    sources = [f"{n} ({_LICENCES.get(n, 'your own')}; sha256 {digest[:16]})" for n, digest in coding.items()]
    rows = ""
    for i, name in enumerate(names):
        figures = measure_labels(coded, answer=unseen[1], score=unseen[2], chosen=coded.corpus == i)
        n = int((coded.corpus == i).sum())
        rows += "".join(f"| {name} ({n}) | {FIGURES[k]} | {says(v)} |\n" for k, v in figures.items())
    return f"""# Loaded wording: how likely a word is a loaded choice in its place

**Files.** `wording.npz` ({len(data):,} bytes, sha256 {sha256(data)[:16]}; no pickled objects).

**Coding.** {"; ".join(sources)}: {len(records):,} sentences in {len(set(coded.group.tolist())):,} groups,
{int(coded.loaded.sum()):,} of them loaded, {int(coded.marked.sum()):,} marked words; corpora by the name of their label: {", ".join(names)}.
{_RECIPE}{", ".join(COLUMNS)}.

**Figures on groups the model has not seen** ({N_FOLDS} folds over groups, sentences that share half their five-word
stretches counted as one group; 95 % interval from resampling groups):

| corpus (sentences) | figure | value |
|---|---|---|
{rows}
Refit: `python -m analysis train wording CODED.jsonl OUT` (a minute or two); give OUT as `--models`.
"""
