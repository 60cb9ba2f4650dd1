"""The sentences behind a number, so that each number of the page can open them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from analysis.files import slug
from analysis.segment import split_tokens
from analysis.voices import split_voices

Tables = dict[str, pd.DataFrame]
Place = tuple[str, int]  # article_id, sentence_id
_MOST = 60  # sentences that one number opens; the tables hold all


class Number(NamedTuple):
    """A number, or a word, that leads to sentences.

    ``refs`` is ``article:sentences`` by the article's place on the page, like ``0:1-3,7 4:2``; ``first`` the
    anchor that a page without scripts leads to; ``n`` counts all sentences, those left out of ``refs`` too.
    """

    text: str
    refs: str = ""
    first: str = ""
    n: int = 0
    layer: str = ""
    sort: float = 0.0


def article_anchor(article_id: str) -> str:
    """Return the fragment name of an article; no other anchor of the page begins with ``a-``."""
    return f"a-{slug(article_id)}"


class Evidence:
    """Looks up sentences by voice, term or word, among the articles on the page.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The tables of a run.
    texts : dict of str to str
        article_id → raw text.
    shown : sequence of str
        article_id of the articles on the page, in its order.
    """

    def __init__(self, tables: Tables, *, texts: dict[str, str], shown: Sequence[str]) -> None:
        self.place = {a: i for i, a in enumerate(shown)}
        self.outlets = tables["articles"].set_index("article_id")["outlet"]
        # Voices are found again for the articles on the page only, so that a large corpus costs no more than they do.
        here = tables["articles"].loc[tables["articles"]["article_id"].isin(self.place), ["article_id"]]
        here = here.assign(text=here["article_id"].map(texts))
        sentences, said = (t[t["article_id"].isin(self.place)] for t in (tables["sentences"], tables["attributions"]))
        tokens = split_voices(
            split_tokens(here, sentences=sentences), articles=here, sentences=sentences, attributions=said
        )
        self._words = tokens[tokens["is_word"]]
        self._by_voice = _sentences(self._words, ["article_id", "voice"])
        self._by_term = _sentences(tables["terms"], ["article_id", "voice", "measure"])

    def anchor(self, article_id: str, sentence_id: int) -> str:
        """Return the anchor of a sentence; empty where it is not on the page."""
        shown = article_id in self.place and sentence_id >= 0
        return f"{article_anchor(article_id)}.{sentence_id}" if shown else ""

    def number(self, text: str, places: Iterable[Place], *, layer: str = "", sort: float = 0.0) -> Number:
        """Return a number with the sentences it opens."""
        found = sorted({p for p in places if p[1] >= 0}, key=lambda p: (self.place.get(p[0], len(self.place)), p))
        here = [p for p in found if p[0] in self.place][:_MOST]
        refs = " ".join(
            f"{self.place[a]}:{_ranges([s for _, s in group])}"
            for a, group in itertools.groupby(here, key=lambda p: p[0])
        )
        return Number(text, refs, self.anchor(*here[0]) if here else "", len(found), layer, sort)

    def of_measure(self, article_id: str, voice: str, measure: str, *, counted: bool) -> list[Place]:
        """Return the sentences behind a measure: those with its terms where it counts terms, else all of the voice."""
        ids = (
            self._by_term.get((article_id, voice, measure), [])
            if counted
            else self._by_voice.get((article_id, voice), [])
        )
        return [(article_id, s) for s in ids]

    def of_voice(self, voice: str, articles: Iterable[str]) -> list[Place]:
        """Return the sentences that a voice stands in."""
        return [(a, s) for a in articles for s in self._by_voice.get((a, voice), [])]

    def of_words(self, words: Iterable[str]) -> dict[str, list[Place]]:
        """Return the sentences, headlines left out, that each word stands in; words as keyness counts them."""
        found = self._words[self._words["norm"].isin(set(words)) & (self._words["voice"] != "headline")]
        return {
            w: list(dict.fromkeys(zip(g["article_id"], g["sentence_id"], strict=True)))
            for w, g in found.groupby("norm", sort=False)
        }


def _sentences(table: pd.DataFrame, keys: list[str]) -> dict[tuple, list[int]]:
    unique = table[[*keys, "sentence_id"]].drop_duplicates()
    return {k: sorted(g) for k, g in unique.groupby(keys, sort=False)["sentence_id"]}


def _ranges(ids: list[int]) -> str:
    """Write 1, 2, 3, 7 as ``1-3,7``."""
    runs: list[list[int]] = []
    for i in sorted(ids):
        if runs and i == runs[-1][1] + 1:
            runs[-1][1] = i
        else:
            runs.append([i, i])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
