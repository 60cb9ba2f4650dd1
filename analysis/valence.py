"""Valence: VADER's plain descriptive, by sentence and voice. It says how words sound, not what an outlet wants."""

from __future__ import annotations

import functools
import itertools

import pandas as pd

from analysis.units import COUNT_COLUMNS
from analysis.views import straighten

_MOST_WORDS, _MOST_PICTURES = 200, 50  # of one sentence; longer ones are lists, or meant to hang


@functools.cache
def _analyser():
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def find_valence(text: str) -> float:
    """Return VADER's compound score of one sentence (Hutto & Gilbert 2014).

    Parameters
    ----------
    text : str
        A sentence, of which 200 words count; apostrophes are straightened first, since VADER misses negations written with curly ones.

    Returns
    -------
    float
        From -1 to 1.
    """
    words = straighten(text)[:20_000].split()[:_MOST_WORDS]
    return _score(_thin(" ".join(words)))


def _thin(sentence: str) -> str:
    """Leave out pictures after the first few: VADER reads each as words, and its time grows with the square of the words."""
    pictures = _analyser().emojis
    if sentence.isascii():
        return sentence
    seen = itertools.accumulate(c in pictures for c in sentence)
    return "".join(c for c, n in zip(sentence, seen, strict=True) if n <= _MOST_PICTURES or c not in pictures)


def _score(text: str) -> float:
    """Return what ``polarity_scores(text)["compound"]`` returns, looking closer only at words that VADER knows."""
    from vaderSentiment.vaderSentiment import BOOSTER_DICT, SentiText

    vader = _analyser()
    if not text.isascii():  # emoji to be put into words
        return float(vader.polarity_scores(text)["compound"])
    parted = SentiText(text)
    words = parted.words_and_emoticons
    low = [w.lower() for w in words]
    sentiments: list[float] = []
    for i, word in enumerate(low):
        if word not in vader.lexicon or word in BOOSTER_DICT or (word == "kind" and low[i + 1 : i + 2] == ["of"]):
            sentiments.append(0)
        else:
            vader.sentiment_valence(0, parted, words[i], i, sentiments)
    if "but" in low:
        vader._but_check(words, sentiments)
    return float(vader.score_valence(sentiments, text)["compound"]) if any(sentiments) else 0.0


def measure_valence(tokens: pd.DataFrame, *, articles: pd.DataFrame) -> pd.DataFrame:
    """Score what each voice says in each sentence.

    Parameters
    ----------
    tokens : DataFrame
        One row per token with its voice.
    articles : DataFrame
        article_id, text.

    Returns
    -------
    DataFrame
        One row per article × sentence × voice: measure ``valence_vader``, num (compound, -1 to 1), den 1.
    """
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    # runs of one voice within a sentence: a sentence may go narrator, quoted, narrator
    run = (
        (tokens[["article_id", "sentence_id", "voice"]] != tokens[["article_id", "sentence_id", "voice"]].shift())
        .any(axis=1)
        .cumsum()
    )
    runs = tokens.groupby(run, sort=False).agg(
        article_id=("article_id", "first"),
        sentence_id=("sentence_id", "first"),
        voice=("voice", "first"),
        start=("start", "min"),
        end=("end", "max"),
        words=("is_word", "any"),
    )
    runs = runs[runs["words"]]
    runs["text"] = [texts[a][s:e] for a, s, e in zip(runs["article_id"], runs["start"], runs["end"], strict=True)]
    joined = runs.groupby(["article_id", "sentence_id", "voice"], sort=False)["text"].agg(" ".join).reset_index()
    scores = joined["text"].map(find_valence) if len(joined) else pd.Series(dtype=float)
    return joined.assign(measure="valence_vader", num=scores, den=1)[COUNT_COLUMNS]
