"""What cannot be analysed: nothing left after cleaning, too short, another language, a second copy."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

import pandas as pd

from analysis.files import sha256
from analysis.views import straighten

MIN_WORDS = 20  # of body text; a shorter piece has no sentences to compare
_SAMPLE = 3_000  # words looked at to tell the language
_WORD = re.compile(r"[^\W\d_]{1,40}")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ENGLISH = frozenset(
    "the of to and a in that is was for on with as it by be he said at from his has have not are were they this which "
    "will would who had but an their been its we you i".split()
)
_OTHERS = frozenset(
    "der die das und ist nicht ein eine den mit von zu auf für im dem des sich auch le la les des et est un une du que "
    "dans pour qui pas sur au el los las y en de por con una para se lo del su il di che per non della è o e do da os "
    "не на что и в с по как это из het een van dat niet op te zijn".split()
)


def check_articles(articles: pd.DataFrame, *, removed: pd.DataFrame, min_words: int = MIN_WORDS) -> pd.Series:
    """Say of each article why it cannot be analysed.

    Parameters
    ----------
    articles : DataFrame
        article_id, outlet, text, title_start, title_end.
    removed : DataFrame
        article_id, start, end.
    min_words : int
        Fewest words of body text.

    Returns
    -------
    Series of str
        Aligned with ``articles``: '' (good), ``empty``, ``boilerplate-only``, ``too-short`` or ``language``.
    """
    cut = set(removed["article_id"])
    reasons = [
        _reason(words, min_words=min_words, had_furniture=article_id in cut)
        for article_id, words in zip(articles["article_id"], _bodies(articles, removed), strict=True)
    ]
    return pd.Series(reasons, index=articles.index, dtype=object)


def print_bodies(articles: pd.DataFrame, *, removed: pd.DataFrame) -> pd.Series:
    """Return a fingerprint of the words of each body: two copies of a text have one.

    Parameters
    ----------
    articles, removed : DataFrame
        As for `check_articles`.

    Returns
    -------
    Series of str
        Aligned with ``articles``.
    """
    prints = [sha256(" ".join(words).encode("utf-8", "replace")) for words in _bodies(articles, removed)]
    return pd.Series(prints, index=articles.index, dtype="str")


def _bodies(articles: pd.DataFrame, removed: pd.DataFrame) -> Iterator[list[str]]:
    """Yield the words of each body: without headline and furniture."""
    cuts: dict[str, list[tuple[int, int]]] = {}
    for article_id, start, end in zip(removed["article_id"], removed["start"], removed["end"], strict=True):
        cuts.setdefault(article_id, []).append((start, end))
    for a in articles.itertuples(index=False):
        body = _left_of(
            a.text, [*cuts.get(a.article_id, []), *([(a.title_start, a.title_end)] if a.title_start >= 0 else [])]
        )
        yield body.split()


def find_copies(articles: pd.DataFrame) -> dict[str, list[str]]:
    """Find articles whose body is word for word that of another outlet's.

    Parameters
    ----------
    articles : DataFrame
        article_id, body (as `print_bodies` returns).

    Returns
    -------
    dict
        article_id → the other article_ids with the same body, sorted; articles without a copy are absent.
    """
    copied = articles[articles["body"].duplicated(keep=False)]
    groups = copied.groupby("body")["article_id"].agg(sorted)
    return {a: [b for b in ids if b != a] for ids in groups for a in ids}


def _left_of(text: str, cuts: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in sorted(cuts):
        parts.append(text[at : max(at, start)])
        at = max(at, end)
    return " ".join([*parts, text[at:]])


def _reason(words: list[str], *, min_words: int, had_furniture: bool) -> str:
    real = (w for w in words if w.isalnum() or any(c.isalnum() for c in w[:40]))
    count = sum(1 for _ in islice(real, max(min_words, 8)))  # no more than what is asked about
    if count == 0:
        return "boilerplate-only" if had_furniture else "too-short" if words else "empty"
    if count < min_words:
        return "boilerplate-only" if had_furniture and count < 8 else "too-short"
    return "" if is_english(" ".join(words[:_SAMPLE])) else "language"


def is_english(text: str) -> bool:
    """Tell English from other languages by its function words and its alphabet."""
    beginning = text[:5_000]
    odd = [c for c in _NOT_ASCII.findall(beginning) if c.isalpha()]
    letters = sum(map(str.isalpha, beginning)) if odd else 0
    foreign = sum(1 for c in odd if not unicodedata.name(c, "").startswith(("LATIN", "FULLWIDTH LATIN")))
    accented = sum(1 for c in odd if "\x80" < c < "\u02b0")  # many: another encoding was read as Windows-1252
    if foreign > 0.5 * letters or accented > 0.3 * letters:
        return False
    words = _WORD.findall(straighten(text[:40_000]).lower())
    english = sum(map(_ENGLISH.__contains__, words))
    other = sum(map(_OTHERS.__contains__, words))
    return not (other > 2 * english and other > 0.1 * len(words))
