"""Validity of valence toward a target: how far it agrees with the coders of NewsMTSC."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from analysis.agreement import resample_figures
from analysis.cards import Card, foot, says
from analysis.target_features import REACH
from analysis.target_net import LABELS
from analysis.target_train import cross_validate, group_records, load_coded
from analysis.target_valence import annotate_valence
from analysis.valence import find_valence

FIGURES = {
    "macro_f1": "macro-F1 of the three labels",
    "accuracy": "accuracy",
    "unlike": "accuracy where one sentence holds targets with unlike labels",
    "unfavourable": "F1 of unfavourable",
    "neutral": "F1 of neutral",
    "favourable": "F1 of favourable",
}


def measure_labels(records: Sequence[dict[str, Any]], found: Sequence[int], *, draws: int = 500) -> dict[str, tuple]:
    """Return figure → (value, lower, upper) of labels found for coded targets (intervals over groups of articles)."""
    sentences: dict[str, set[int]] = defaultdict(set)
    for r in records:
        sentences[str(r.get("sentence_id", r["text"]))].add(r["label"])
    counts: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(11, np.int64))
    for r, group, label in zip(records, group_records(records), found, strict=True):
        unit = counts[group]
        unit[3 * (r["label"] + 1) + label + 1] += 1
        if len(sentences[str(r.get("sentence_id", r["text"]))]) > 1:
            unit[9] += 1
            unit[10] += r["label"] == label
    return resample_figures(list(counts.values()), _figures, draws=draws)


def _figures(units: Sequence[np.ndarray]) -> dict[str, float]:
    total = np.sum(units, axis=0)
    table = total[:9].reshape(3, 3)
    right = table.diagonal()
    f1 = 2 * right / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1)
    return {
        "macro_f1": float(f1.mean()),
        "accuracy": float(right.sum() / max(table.sum(), 1)),
        "unlike": float(total[10] / max(total[9], 1)),
        "unfavourable": float(f1[0]),
        "neutral": float(f1[1]),
        "favourable": float(f1[2]),
    }


def label_by_vader(records: Sequence[dict[str, Any]]) -> list[int]:
    """Label each target by VADER's score of its whole sentence, with VADER's usual cut at .05."""
    scores = [find_valence(r["text"]) for r in records]
    return [int(s >= 0.05) - int(s <= -0.05) for s in scores]


def make_valence_card(path: Path) -> Card:
    """Measure valence toward a target by cross-validation over groups of articles and write its card."""
    records = load_coded(path)
    given = [{"id": i, "text": r["text"], "start": r["start"], "end": r["end"]} for i, r in enumerate(records)]
    model = measure_labels(records, cross_validate(path))
    rule = measure_labels(records, [row["label"] for row in annotate_valence(given, models=None)])
    vader = measure_labels(records, label_by_vader(records))
    rows = "".join(
        f"| {label} | {says(model[k])} | {says(rule[k])} | {says(vader[k])} |\n" for k, label in FIGURES.items()
    )
    counts = ", ".join(f"{sum(r['label'] == k for r in records)} coded {k}" for k in LABELS)
    text = f"""# Validity: valence toward a target

**Corpus.** {len(records)} targets ({counts}) in sentences of US political news, coded by several readers each (NewsMTSC, Hamborg & Donnay
2021, training part). Targets are mostly politicians and parties, often a pronoun; states and alliances are rare. Other kinds of English
text were not checked.

**Agreement** (95 % interval from resampling groups of articles). The model is measured by cross-validation in five folds, articles
and repeated sentences on one side; the rule and VADER are not fitted.

| figure | with the model | rule alone | VADER of the sentence |
|---|---|---|---|
{rows}
Large pre-trained networks reach a macro-F1 of .83 on the held-out part of that corpus (GRU-TSC, Hamborg & Donnay 2021); they need a
download of half a gigabyte.

**What rests on it.** `valence_toward_ACTOR`, the table `valence` and everything drawn from them. About three labels in ten are not the
coders': read the sentences behind a mean, and trust a mean of five mentions little.

**Where it fails** (made-up examples)
- Neutral and polar are mixed up most: bad news that merely concerns someone (“Hale arrived after the flood”) may count against her.
- Who speaks ill of whom: in “Hale said Orr's plan was a gift to thieves” the words reach Orr through the plan.
- Attacks: in US politics they are words, and tell against the one attacked. “The army attacked the town” comes out unfavourable to the
  town as well, so in news of war a negative mean may be that of a victim.
- Irony, and praise in scare quotes.
- Long sentences: {REACH} words on each side of the name are looked at.
- A name that stands for a place (“talks in Moscow”) is labelled as if it stood for the state.
{foot(path)}"""
    people = "pre-trained networks .83"
    return (
        "valence.md",
        text,
        {
            "valence_toward": f"agrees with coders: macro-F1 {says(model['macro_f1'])}, {people} (NewsMTSC, {len(records)} targets)",
            "valence_toward_rules": f"rule alone; agrees with coders: macro-F1 {says(rule['macro_f1'])}, {people} (NewsMTSC, {len(records)} targets)",
        },
    )
