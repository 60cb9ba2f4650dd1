"""Every measure that a table or a figure may name: what it is, its unit, how it is made and who described it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple


class Measure(NamedTuple):
    """One entry of the catalogue; ``scale`` turns the ratio num / den into the value."""

    label: str
    unit: str
    scale: float
    how: str
    source: str


_PER_1K = "per 1,000 words"
_LIST = "terms of the list, matched as its certificate says, over the words of the voice"
MEASURES: dict[str, Measure] = {
    "voice_share": Measure(
        "Share of the words",
        "share of words",
        1,
        "words of the voice over all words of the article",
        "Pareti 2016; Newell et al. 2018",
    ),
    "sentence_words": Measure(
        "Words per sentence", "words", 1, "words of the voice over the sentences it stands in", ""
    ),
    "word_syllables": Measure(
        "Syllables per word", "syllables", 1, "textstat's syllables (CMU dictionary, else hyphenation) over words", ""
    ),
    "flesch_reading_ease": Measure(
        "Flesch reading ease",
        "points, higher is easier",
        1,
        "206.835 - 1.015 words per sentence - 84.6 syllables per word",
        "Flesch 1948",
    ),
    "flesch_kincaid_grade": Measure(
        "Flesch-Kincaid grade",
        "US school years",
        1,
        "0.39 words per sentence + 11.8 syllables per word - 15.59",
        "Kincaid et al. 1975",
    ),
    "lexical_diversity": Measure(
        "Lexical diversity",
        "type-token ratio",
        1,
        "mean share of different words in successive stretches of 50 words",
        "Johnson 1944",
    ),
    "hedge_per_1k": Measure("Hedges", _PER_1K, 1000, _LIST, "Hyland 2005"),
    "booster_per_1k": Measure("Boosters", _PER_1K, 1000, _LIST, "Hyland 2005"),
    "modal_per_1k": Measure("Modal verbs", _PER_1K, 1000, _LIST, "Hyland 2005"),
    "loaded_words_per_1k": Measure(
        "Loaded words (fitted)",
        _PER_1K,
        1000,
        "words that the fitted model takes for a loaded choice in their place, over the words of the voice",
        "Spinde et al. 2021; Fan et al. 2019",
    ),
    "loaded_sentence_share": Measure(
        "Loaded sentences (fitted)",
        "share of sentences",
        1,
        "sentences that the voice's words make more likely loaded than not, over those it speaks in",
        "Spinde et al. 2021; Fan et al. 2019",
    ),
    "loaded_per_1k": Measure("Loaded words (list)", _PER_1K, 1000, _LIST, "Recasens et al. 2013"),
    "one_sided_per_1k": Measure("One-sided terms", _PER_1K, 1000, _LIST, "Recasens et al. 2013"),
    "intensifier_per_1k": Measure("Subjective intensifiers", _PER_1K, 1000, _LIST, "Recasens et al. 2013"),
    "assertive_per_1k": Measure("Assertive verbs", _PER_1K, 1000, _LIST, "Hooper 1975"),
    "factive_per_1k": Measure("Factive verbs", _PER_1K, 1000, _LIST, "Kiparsky & Kiparsky 1970"),
    "implicative_per_1k": Measure("Implicative verbs", _PER_1K, 1000, _LIST, "Karttunen 1971"),
    "passive_per_1k": Measure(
        "Passives", _PER_1K, 1000, "a form of be or get, at most two adverbs, a past participle", ""
    ),
    "reporting_neutral_share": Measure(
        "Neutral reporting verbs", "share of cues", 1, "cues of that stance over all cues", "Caldas-Coulthard 1994"
    ),
    "reporting_doubting_share": Measure(
        "Doubting reporting verbs", "share of cues", 1, "cues of that stance over all cues", "Caldas-Coulthard 1994"
    ),
    "reporting_endorsing_share": Measure(
        "Endorsing reporting verbs", "share of cues", 1, "cues of that stance over all cues", "Caldas-Coulthard 1994"
    ),
    "valence_vader": Measure(
        "Valence (VADER, descriptive)",
        "-1 to 1, mean of sentences",
        1,
        "VADER's compound score of what the voice says in each sentence, averaged",
        "Hutto & Gilbert 2014",
    ),
}
UNVALIDATED = "unvalidated"  # printed beside a measure that has no card in docs/validity
_CARDS = Path(__file__).parent / "models" / "validity.json"


def load_validity(*, models: bool) -> dict[str, str]:
    """Return what is printed beside each measure that was held against human coding.

    Parameters
    ----------
    models : bool
        Whether fitted models are in use; without them the figure of the rules alone is given.
    """
    if not _CARDS.is_file():
        return {}
    cards = json.loads(_CARDS.read_text(encoding="utf-8"))
    voices = cards.get("voices" if models else "voices_rules", UNVALIDATED)
    rests_on_voices = [m for m in MEASURES if m == "voice_share" or m.startswith("reporting_")]
    lists = dict.fromkeys((f"{g}_per_1k" for g in ("loaded", "one_sided", "intensifier")), cards.get("loaded_lists"))
    fitted = dict.fromkeys(("loaded_words_per_1k", "loaded_sentence_share"), cards.get("loaded"))
    return (
        dict.fromkeys(rests_on_voices, voices)
        | {name: says for name, says in {**lists, **fitted}.items() if says}
        | {"statements": cards.get("statements", UNVALIDATED)}
    )


def describe(name: str) -> Measure:
    """Return the catalogue's entry of a measure; groups of a user's own list get one made for them."""
    if name in MEASURES:
        return MEASURES[name]
    label = name.removesuffix("_per_1k").replace("_", " ").capitalize()
    return Measure(
        label,
        _PER_1K if name.endswith("_per_1k") else "",
        1000 if name.endswith("_per_1k") else 1,
        _LIST,
        "user's list",
    )
