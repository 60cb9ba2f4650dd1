"""Validity of cues in the grammar: passives, agentless passives and nominalisations against hand-coded sentences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.agreement import resample_figures
from analysis.cues import MEASURES, find_nominalisations, find_passives
from analysis.segment import split_sentences, split_tokens

CODED = Path(__file__).resolve().parent.parent / "tests" / "cases" / "cues_polnear.jsonl"
Coded = dict[str, list[tuple[int, ...]]]


def load_coded(path: Path = CODED) -> list[dict[str, Any]]:
    """Load the hand-coded sentences: doc_id, start, end, passives ([start, end, has an agent]), nominalisations; no text."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def measure_cues(records: Sequence[dict[str, Any]], coded: Sequence[dict[str, Any]]) -> dict[str, tuple]:
    """Return ``MEASURE:precision``, ``:recall``, ``:found``, ``:coded`` of each cue, intervals over sentences.

    Parameters
    ----------
    records : sequence of dict
        doc_id, text of the articles that the coded sentences stand in.
    coded : sequence of dict
        As `load_coded` returns.
    """
    texts = {r["doc_id"]: r["text"] for r in records}
    ids = list(dict.fromkeys(c["doc_id"] for c in coded))
    articles = pd.DataFrame({"article_id": ids, "text": [texts[i] for i in ids], "title_start": -1, "title_end": -1})
    nothing = pd.DataFrame(columns=["article_id", "start", "end"])
    tokens = split_tokens(articles, sentences=split_sentences(articles, removed=nothing))
    passives = find_passives(tokens)
    passives["start"] = passives["end"] - passives["term"].str.len()  # the participle alone is coded
    found = {
        "passive_per_1k": passives,
        "agentless_per_1k": passives[~passives["agent"]],
        "nominalisation_per_1k": find_nominalisations(tokens, articles=articles),
    }
    places = {m: set(zip(f["article_id"], f["end"], strict=True)) for m, f in found.items()}
    return resample_figures([_count(c, places) for c in coded], _figures)


def _count(sentence: dict[str, Any], places: dict[str, set]) -> dict[str, tuple[int, int, int]]:
    wanted = {
        "passive_per_1k": {e for _, e, _ in sentence["passives"]},
        "agentless_per_1k": {e for _, e, agent in sentence["passives"] if not agent},
        "nominalisation_per_1k": {e for _, e in sentence["nominalisations"]},
    }
    out = {}
    for measure, gold in wanted.items():
        ours = {e for d, e in places[measure] if d == sentence["doc_id"] and sentence["start"] < e <= sentence["end"]}
        out[measure] = (len(gold & ours), len(ours), len(gold))
    return out


def _figures(counts: Sequence[dict[str, tuple[int, int, int]]]) -> dict[str, float]:
    figures = {}
    for measure in MEASURES:
        hits, found, gold = (sum(c[measure][i] for c in counts) for i in range(3))
        figures[f"{measure}:precision"] = hits / max(1, found)
        figures[f"{measure}:recall"] = hits / max(1, gold)
        figures[f"{measure}:found"] = float(found)
        figures[f"{measure}:coded"] = float(gold)
    return figures
