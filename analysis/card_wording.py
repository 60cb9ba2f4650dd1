"""Validity of loaded wording: how far it agrees with the coders of BABE and, where it stands beside, of BASIL."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.cards import Card, foot, load_records, says
from analysis.files import sha256
from analysis.loaded import LoadedModel, annotate_wording, load_wording
from analysis.loaded_coding import Coded, check_record, code_words, split_groups
from analysis.loaded_fit import Design
from analysis.loaded_score import FIGURES, Figure, measure_labels
from analysis.loaded_train import N_FOLDS, cross_validate, model_background, predict

_PEOPLE = {"words": ".475"}
_NAMES = {"babe.jsonl.gz": "BABE", "basil.jsonl.gz": "BASIL"}


def measure_wording_labels(corpora: list[list[dict]], *, models: bool, seen: bool = True) -> list[dict[str, Figure]]:
    """Return for each coded corpus figure → (value, lower, upper).

    Parameters
    ----------
    corpora : list of list of dict
        Records as `read_coded` describes, with ``outlet`` for the AUC within outlets; the model never sees it.
    models : bool
        False for the lists alone.
    seen : bool
        Whether the shipped model was fitted on them; then models of its recipe, fitted on the other groups of all
        corpora given (five folds), answer in its place.
    """
    coded, which, outlets = _code(corpora)
    if not models:
        answer, score = _ask_lists(coded, [r["text"] for records in corpora for r in records])
    elif seen:
        _, answer, score = cross_validate(Design(coded, model_background(load_wording())))
    else:
        answer, score = _ask_model(_shipped(), coded)
    return _measure(coded, which, outlets, answer=answer, score=score)


def measure_held_out(corpora: list[list[dict]]) -> list[dict[str, Figure]]:
    """Return the figures of one model, fitted on four fifths of the groups, on the rest."""
    coded, which, outlets = _code(corpora)
    held = split_groups(coded.group, n_folds=N_FOLDS, seed=1) == 0
    answer, score = _ask_model(Design(coded, model_background(load_wording())).fit(~held), coded)
    return _measure(coded, np.where(held, which, -1), outlets, answer=answer, score=score)


def _code(corpora: list[list[dict]]) -> tuple[Coded, np.ndarray, np.ndarray]:
    which = np.repeat(np.arange(len(corpora)), [len(c) for c in corpora])
    outlets = np.array([str(r.get("outlet", "")) for records in corpora for r in records])
    return code_words([check_record(r) for records in corpora for r in records]), which, outlets


def _measure(coded: Coded, which: np.ndarray, outlets: np.ndarray, *, answer, score) -> list[dict[str, Figure]]:
    return [
        measure_labels(coded, answer=answer, score=score, chosen=which == i, outlet=outlets)
        for i in range(which.max() + 1)
    ]


def _shipped() -> LoadedModel:
    model = load_wording()
    if model is None:
        raise FileNotFoundError("models/wording.npz")
    return model


def _ask_model(model: LoadedModel, coded: Coded) -> tuple[np.ndarray, np.ndarray]:
    chance, score = predict(model, coded)
    return (chance >= model.threshold) & coded.words.is_word, score


def _ask_lists(coded: Coded, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    rows = list(annotate_wording(({"id": i, "text": t} for i, t in enumerate(texts)), models=None))
    words = coded.words
    bounds = np.searchsorted(words.unit, np.arange(words.n_units + 1))
    answer = np.zeros(len(words.unit), dtype=bool)
    for row in rows:
        lo, hi = bounds[row["id"]], bounds[row["id"] + 1]
        for s, e in row["spans"]:
            answer[lo:hi] |= (words.start[lo:hi] >= s) & (words.end[lo:hi] <= e)
    return answer & words.is_word, np.array([row["score"] for row in rows])


def make_wording_card(path: Path) -> Card:
    """Measure loaded wording on BABE, and on BASIL where it stands in the same folder, and write the card."""
    paths = [p for p in (path, path.with_name("basil.jsonl.gz")) if p.is_file()]
    corpora = [load_records(p) for p in paths]
    seen = bool({sha256(p.read_bytes()) for p in paths} & set(_shipped().facts["coding"].values()))
    model = measure_wording_labels(corpora, models=True, seen=seen)
    lists = measure_wording_labels(corpora, models=False)
    how = "figures of models of its recipe, fitted on other articles and events of the corpora, five folds"
    how = how if seen else "the shipped model, which has not seen these sentences"
    rows, feet = "", ""
    for p, records, with_model, without in zip(paths, corpora, model, lists, strict=True):
        n = len(records)
        for k, label in FIGURES.items():
            people = _PEOPLE.get(k, "–") if _NAMES[p.name] == "BABE" else "–"
            rows += f"| {_NAMES[p.name]} ({n:,}) | {label} | {says(with_model[k])} | {says(without[k])} | {people} |\n"
        feet += foot(p)
    n = len(corpora[0])
    text = f"""# Validity: loaded wording

**Corpora.** BABE (Spinde and others 2021): sentences of American news sites that experts called biased or not, with the
words that made them so. BASIL (Fan and others 2019): sentences of three American outlets on the same events, lexical bias
marked in one of nineteen. Both code how a thing is worded; neither says that an outlet is wrong.

**Agreement** (95 % interval from resampling articles and events; {how};
people: one coder against the others)

| corpus (sentences) | figure | with the model | lexicons alone | people |
|---|---|---|---|---|
{rows}
**What rests on it.** `loaded_words_per_1k` and `loaded_sentence_share`, by voice. The outlet, its leaning and the topic are
never looked at; the AUC within an outlet shows what is left when the outlet cannot help. `loaded_per_1k`, `one_sided_per_1k`
and `intensifier_per_1k` count the lists and stand in the column `lexicons alone`.

**Where it fails** (made-up examples)
- Words that are loaded only here: in “the mayor's people moved in on the school”, nothing stands out by itself.
- Events that are bad in themselves: “the deadly fire” is often taken for loaded.
- Words of a source in a paraphrase that attribution gives to the narrator.
- Irony, and praise: coders of both corpora marked blame more often.
- The probability is on BABE's scale, where half of the sentences are loaded; elsewhere it is too high and only the order holds.
{feet}"""

    def beside(found: list[dict[str, Figure]], lead: str) -> str:
        return f"{lead}loaded words agree with coders: F1 {says(found[0]['words'])}, people .475; loaded sentences within an outlet: AUC {says(found[0]['within'])} (BABE, {n:,} sentences)"

    return "wording.md", text, {"loaded": beside(model, ""), "loaded_lists": beside(lists, "lists alone; ")}
