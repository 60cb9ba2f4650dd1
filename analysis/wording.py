"""Wording: length, readability, diversity, word classes and passives, counted by sentence and voice."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from analysis.units import COUNT_COLUMNS, count_per_word, locate_terms, unit_table
from analysis.voices import VOICES
from analysis.wordlists import find_terms, load_lexicon

_WINDOW = 50  # words in a stretch of the mean segmental type-token ratio (Johnson 1944)
_BE = frozenset("am is are was were be been being isn't aren't wasn't weren't get gets got getting".split())
_BETWEEN = frozenset(
    "not never also still now then been being already soon later just only often always yet again once so".split()
)
_NOT_PARTICIPLES = frozenset(
    "need seed feed breed speed indeed hundred sacred naked wicked rugged ragged crooked biased red bed united "
    "tired concerned interested worried scared pleased excited supposed used due".split()
)


def measure_wording(
    tokens: pd.DataFrame, *, articles: pd.DataFrame, sentences: pd.DataFrame, lexicon: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count wording features in every sentence and voice.

    Parameters
    ----------
    tokens : DataFrame
        One row per token with its voice, as `split_voices` returns.
    articles, sentences : DataFrame
        The tables of those names.
    lexicon : DataFrame, optional
        Columns term, group, match; the shipped ``wording`` list where left out.

    Returns
    -------
    counts : DataFrame
        One row per article × sentence × voice × measure: num and den, whose sums give the measure as a ratio
        (``…_per_1k`` still to be multiplied by 1,000). ``sentence_words`` (words / sentences),
        ``word_syllables`` (syllables / words), ``lexical_diversity`` (different words in stretches of 50 words
        of one voice), ``passive_per_1k`` and one ``GROUP_per_1k`` for each group of the lexicon.
    terms : DataFrame
        One row per word or phrase counted: article_id, sentence_id, voice, start, end, text, measure, term.
    """
    lexicon = load_lexicon("wording") if lexicon is None else lexicon
    units = unit_table(tokens)
    words = tokens[tokens["is_word"]]
    hits = find_terms(tokens, lexicon=lexicon, articles=articles)
    hits = hits.assign(measure=hits["group"] + "_per_1k")
    hits = pd.concat([hits, find_passives(tokens)], ignore_index=True)
    terms = locate_terms(hits, tokens=tokens, articles=articles)
    names = [*sorted({g + "_per_1k" for g in lexicon["group"]}), "passive_per_1k"]
    parts = [
        _voice_share(units),
        _ratio(units, "sentence_words", num=units["n_words"], den=1),
        _ratio(units, "word_syllables", num=_syllables(words, units), den=units["n_words"]),
        _diversity(words),
        count_per_word(terms, units=units, measures=names),
    ]
    return pd.concat(parts, ignore_index=True)[COUNT_COLUMNS], terms


def _ratio(units: pd.DataFrame, measure: str, *, num, den) -> pd.DataFrame:
    return units[["article_id", "sentence_id", "voice"]].assign(measure=measure, num=num, den=den)


@functools.lru_cache(maxsize=200_000)
def count_syllables(word: str) -> int:
    """Return textstat's syllable count of one word (CMU dictionary, else hyphenation), at least 1."""
    import textstat  # loads its dictionary, so only when it is needed

    return max(1, int(textstat.textstat.syllable_count(word[:60])))


def _voice_share(units: pd.DataFrame) -> pd.DataFrame:
    """Every voice in every sentence, also where it is silent: its words over the words of the sentence."""
    wide = units.pivot_table(
        index=["article_id", "sentence_id"], columns="voice", values="n_words", fill_value=0, sort=False
    )
    wide = wide.reindex(columns=list(VOICES), fill_value=0)
    long = wide.stack().rename("num").reset_index()
    long["den"] = wide.sum(axis=1).repeat(len(VOICES)).to_numpy()
    return long.assign(measure="voice_share")


def measure_reporting(attributions: pd.DataFrame, *, sentences: pd.DataFrame) -> pd.DataFrame:
    """Count the stance of the reporting verbs.

    Parameters
    ----------
    attributions, sentences : DataFrame
        The tables of those names.

    Returns
    -------
    DataFrame
        One row per attribution with a cue × stance: article_id, sentence_id (where its content begins), voice
        (narrator, whose verb it is), measure ``reporting_STANCE_share``, num 0 or 1, den 1.
    """
    cued = (
        attributions[attributions["cue"] != ""]
        .drop_duplicates(["article_id", "attribution_id"])
        .sort_values(["article_id", "start"])
    )
    body = sentences.sort_values("start")
    placed = pd.merge_asof(
        cued.sort_values("start", kind="stable"),
        body[["article_id", "sentence_id", "start"]],
        on="start",
        by="article_id",
    )
    placed = placed.dropna(subset=["sentence_id"]).astype({"sentence_id": "int64"})
    base = placed[["article_id", "sentence_id"]].assign(voice="narrator", den=1)
    return pd.concat(
        [
            base.assign(measure=f"reporting_{s}_share", num=(placed["cue_stance"] == s).astype(int))
            for s in ("neutral", "doubting", "endorsing")
        ],
        ignore_index=True,
    )[COUNT_COLUMNS]


def _syllables(words: pd.DataFrame, units: pd.DataFrame) -> np.ndarray:
    known = {norm: count_syllables(norm) for norm in words["norm"].unique()}
    keys = ["article_id", "sentence_id", "voice"]
    counted = words["norm"].map(known).groupby([words[k] for k in keys], sort=False).sum()
    return counted.reindex(pd.MultiIndex.from_frame(units[keys])).to_numpy()


def _diversity(words: pd.DataFrame) -> pd.DataFrame:
    """Share of different words in successive stretches of 50 words of one voice, credited to the sentence they begin in.

    Successive stretches, not moving ones: those overlap, and an interval from them would be too narrow.
    """
    keys = ["article_id", "voice"]
    place = words.groupby(keys, sort=False).cumcount()
    size = words.groupby(keys, sort=False)["norm"].transform("size")
    whole = place < size // _WINDOW * _WINDOW
    stretch = words[whole].assign(stretch=(place // _WINDOW)[whole])
    found = (
        stretch.groupby([*keys, "stretch"], sort=False)
        .agg(sentence_id=("sentence_id", "first"), types=("norm", "nunique"))
        .reset_index()
    )
    summed = (
        found.groupby(["article_id", "sentence_id", "voice"], sort=False)
        .agg(types=("types", "sum"), n=("types", "size"))
        .reset_index()
    )
    return summed.assign(measure="lexical_diversity", num=summed["types"] / _WINDOW, den=summed["n"])[COUNT_COLUMNS]


def find_passives(tokens: pd.DataFrame) -> pd.DataFrame:
    """Find passives: a form of be or get, at most two adverbs, a past participle.

    Returns
    -------
    DataFrame
        article_id, sentence_id, start, end (auxiliary to participle), measure, term (the participle).
    """
    participles = frozenset(load_lexicon("participles")["term"])
    norm = tokens["norm"].to_numpy()
    known = {
        w: (w in _BE) + 2 * _is_participle(w, participles) + 4 * (w in _BETWEEN or (w.endswith("ly") and len(w) > 4))
        for w in tokens["norm"].unique()
    }
    kind = tokens["norm"].map(known).to_numpy(dtype="int64")
    sentence = pd.factorize(pd.MultiIndex.from_frame(tokens[["article_id", "sentence_id"]]))[0]
    start, end = tokens["start"].to_numpy(), tokens["end"].to_numpy()
    rows = []
    for i in np.flatnonzero(kind & 1):
        j = i + 1
        while j < len(norm) and j <= i + 2 and sentence[j] == sentence[i] and kind[j] & 4 and not kind[j] & 2:
            j += 1
        if j < len(norm) and sentence[j] == sentence[i] and kind[j] & 2:
            rows.append((i, start[i], end[j], norm[j]))
    at = [r[0] for r in rows]
    return pd.DataFrame(
        {
            "article_id": tokens["article_id"].to_numpy()[at],
            "sentence_id": tokens["sentence_id"].to_numpy()[at],
            "start": np.array([r[1] for r in rows], dtype="int64"),
            "end": np.array([r[2] for r in rows], dtype="int64"),
            "measure": "passive_per_1k",
            "term": [r[3] for r in rows],
        }
    )


def _is_participle(word: str, irregular: frozenset[str]) -> bool:
    return word in irregular or (
        len(word) > 4 and word.endswith("ed") and word not in _NOT_PARTICIPLES and word.isalpha()
    )
