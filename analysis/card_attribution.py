"""Validity of attributions and voices: how far they agree with the coders of PolNeAR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.agreement import FIGURES, add_counts, count_agreement, resample_figures
from analysis.attribute import annotate_attributions
from analysis.cards import Card, foot, load_records, says

_PEOPLE = {"voice": ".91", "direct": ".97", "speaker": "1.0", "indirect": ".75"}


def measure_attributions(records: Sequence[dict[str, Any]], *, models: bool = True) -> dict[str, tuple]:
    """Return figure → (value, lower, upper) of `find_attributions` on coded articles (intervals over articles)."""
    return resample_figures(count_attributions(records, models=models), add_counts)


def count_attributions(records: Sequence[dict[str, Any]], *, models: bool = True) -> list[Counter[str]]:
    """Return the hits and misses of `find_attributions` in each coded article."""
    rows: dict[str, list] = {r["doc_id"]: [] for r in records}
    given = [{"doc_id": r["doc_id"], "text": r["text"]} for r in records]
    for row in annotate_attributions(given, models=models or None):
        rows[row["doc_id"]].append(row)
    return [count_agreement(r, rows[r["doc_id"]]) for r in records]


def _coding(records: Sequence[dict[str, Any]], counts: Sequence[Counter[str]]) -> list[list]:
    """Return outlet and letters by voice of each article (both say spoken, only the code, only the coder, neither)."""
    kinds = ("both", "ours", "theirs", "none")
    return [[r["outlet"], *(c[f"voice.{k}"] for k in kinds)] for r, c in zip(records, counts, strict=True)]


def make_attribution_card(path: Path) -> Card:
    """Measure attributions on coded articles and write their card."""
    records = load_records(path)
    counted = {True: count_attributions(records), False: count_attributions(records, models=False)}
    model, rules = (resample_figures(counted[m], add_counts) for m in (True, False))
    rows = "".join(
        f"| {label} | {says(model[k])} | {says(rules[k])} | {_PEOPLE.get(k, '–')} |\n" for k, label in FIGURES.items()
    )
    text = f"""# Validity: attributions and voices

**Corpus.** {len(records)} development articles of PolNeAR (Newell, Margolin & Ruths 2018), {sum(len(r["attributions"]) for r in records)} attributions
by trained coders; US political news of 2015–16 from seven outlets. Other kinds of English text were not checked.

**Agreement** (95 % interval from resampling articles; people: two coders on the same articles, where it was measured)

| figure | with the model | rules alone | people |
|---|---|---|---|
{rows}
**What rests on it.** Every measure split by voice, `voice_share`, who is quoted, reporting verbs. A word given to the wrong
voice moves from the outlet's own wording to its sources' or back.

**Where it fails** (made-up examples)
- Attitudes and acts without a verb of saying: “The mayor backs a toll” may or may not be coded, and is often missed.
- The end of a paraphrase inside a long sentence: in “Officials said the bridge was safe, a finding engineers dispute”, the last
  words are the narrator's and may be given to the officials.
- Words in marks that nobody says: “the so-called ‘green lane’” is sometimes taken for a quotation.
- A speaker described anew (“the former teacher”) is kept as described when no name near it fits.
- `confidence` says how often coders mark such a stretch; below .6 about half do, and the report marks these as doubtful.
{foot(path)}"""
    short = f"voices agree with coders: macro-F1 {says(model['voice'])}, people .91 (PolNeAR, {len(records)} articles)"
    bare = f"rules alone; voices agree with coders: macro-F1 {says(rules['voice'])}, people .91 (PolNeAR, {len(records)} articles)"
    coding = {"coding": _coding(records, counted[True]), "coding_rules": _coding(records, counted[False])}
    return "attribution.md", text, {"voices": short, "voices_rules": bare, **coding}
