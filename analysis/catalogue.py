"""Every measure that a table or a figure may name: what it is, its unit, how it is made and who described it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from analysis.files import MODELS, read_bytes
from analysis.refusals import Refusal, Skip, one_line


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
    "agentless_per_1k": Measure(
        "Passives that name no agent",
        _PER_1K,
        1000,
        "passives without “by” and somebody in the rest of the clause",
        "Trew 1979",
    ),
    "nominalisation_per_1k": Measure(
        "Nominalisations",
        _PER_1K,
        1000,
        "nouns in -tion, -sion, -ment, -ness, -ity, -ance, -ence, -al that are not on a list of exceptions",
        "Biber 1988",
    ),
    "report_verb_per_1k": Measure(
        "Report verbs", _PER_1K, 1000, "verbs of saying and writing, matched by lemma", "Recasens et al. 2013"
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
    "valence_toward": Measure(
        "Valence toward a named actor",
        "-1 to 1, mean of mentions",
        1,
        "mean label of the mentions of one actor in the voice: -1 unfavourable, 0 neutral, 1 favourable; "
        "`valence_toward_ACTOR` for each actor of the naming list",
        "Hamborg & Donnay 2021",
    ),
}
UNVALIDATED = "unvalidated"  # printed beside a measure that has no card in docs/validity
_FITTED = ("statements", "valence_toward")  # rest on a model where one is in use
_CARDS = MODELS / "validity.json"


def load_validity(*, models: bool, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what is printed beside each measure that was held against human coding.

    Parameters
    ----------
    models : bool
        Whether fitted models are in use; without them the figure of the rules alone is given.
    own : mapping of str to str, optional
        What the corpus' own coding says of measures (`load_own_validity`); it takes the place of the general figure.
    """
    own = dict(own or {})
    if not _CARDS.is_file():
        return own
    cards = json.loads(_CARDS.read_text(encoding="utf-8"))
    ending = "" if models else "_rules"
    rests_on_voices = [m for m in MEASURES if m == "voice_share" or m.startswith("reporting_")]
    known = dict.fromkeys(rests_on_voices, cards.get("voices" + ending, UNVALIDATED))
    known |= {m: cards[m] for m in MEASURES if m in cards}  # lists and rules: the same with and without models
    known |= {m: cards.get(m + ending, UNVALIDATED) for m in _FITTED}
    lists = dict.fromkeys(("loaded_per_1k", "one_sided_per_1k", "intensifier_per_1k"), cards.get("loaded_lists", ""))
    fitted = dict.fromkeys(("loaded_words_per_1k", "loaded_sentence_share"), cards.get("loaded", "") if models else "")
    return known | {m: says for m, says in (lists | fitted).items() if says} | own


def load_own_validity(path: Path) -> dict[str, str]:
    """Read the card that `code import` made of the corpus' own coding.

    Returns
    -------
    dict of str to str
        Measure → what is printed beside it, one line each.

    Raises
    ------
    Refusal
        config-invalid: the file is not there or is no such card.
    """
    try:
        found = json.loads(read_bytes(path))["measures"]
        return {str(m): one_line(says, limit=400) for m, says in sorted(found.items())}
    except (Skip, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise Refusal(
            f"{path.name} is not a validity card as `code import` writes it", reason="config-invalid"
        ) from None


def load_coding(*, models: bool) -> list[list]:
    """Return the coded articles behind the figure of the voices.

    Returns
    -------
    list of [outlet, both, ours, theirs, none]
        Letters of each article that coder and code give to sources, only the code, only the coder, neither.
    """
    if not _CARDS.is_file():
        return []
    return json.loads(_CARDS.read_text(encoding="utf-8")).get("coding" if models else "coding_rules", [])


def family_of(name: str) -> str:
    """Return the entry of the catalogue that a measure made for one actor belongs to, else the name itself."""
    return "valence_toward" if name.startswith("valence_toward_") else name


def describe(name: str) -> Measure:
    """Return the catalogue's entry of a measure; groups of a user's own list get one made for them."""
    if name in MEASURES:
        return MEASURES[name]
    if name != family_of(name):
        target = name.removeprefix("valence_toward_")
        return MEASURES["valence_toward"]._replace(label=f"Valence toward {target}")
    label = name.removesuffix("_per_1k").replace("_", " ").capitalize()
    return Measure(
        label,
        _PER_1K if name.endswith("_per_1k") else "",
        1000 if name.endswith("_per_1k") else 1,
        _LIST,
        "user's list",
    )
