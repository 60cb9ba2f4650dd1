"""What a claim is made of: passages, the sentence they stand behind, and the tables in which they are looked up."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.panels import quote_pairs


class Passage(NamedTuple):
    """Words of one article that a claim rests on."""

    article_id: str
    outlet: str
    sentence_id: int
    text: str
    start: int  # of the words in question, in the raw text; -1 for the whole sentence
    end: int


class Claim(NamedTuple):
    """One finding in a sentence: its kind, what it says, how sure, and its passages."""

    key: str
    kind: str
    text: str
    note: str
    passages: tuple[Passage, ...]
    diff: tuple[str, str] = ("", "")
    about: tuple[str, ...] = ()  # outlet, voice, measure, where it rests on a measure


class Indexed(dict):
    """The tables of a run, with what every claim looks up made once."""

    @functools.cached_property
    def spans(self) -> dict[tuple[str, int], tuple[int, int, str]]:
        """(article_id, sentence_id) → start, end, text."""
        s = self["sentences"]
        keys = zip(s["article_id"], s["sentence_id"], strict=True)
        return dict(zip(keys, zip(s["start"], s["end"], s["text"], strict=True), strict=True))

    @functools.cached_property
    def pairs(self) -> pd.DataFrame:
        """The pairs of quotations that were compared, as `quote_pairs` gives them."""
        return quote_pairs(self)

    @functools.cached_property
    def told(self) -> dict[str, pd.DataFrame]:
        """statement_id → its renderings."""
        return dict(list(self["renderings"].groupby("statement_id", sort=False)))

    @functools.cached_property
    def said(self) -> dict[str, np.ndarray]:
        """article_id → spans of its attributed words, shape (n, 2)."""
        return {a: g[["start", "end"]].to_numpy() for a, g in self["attributions"].groupby("article_id", sort=False)}
