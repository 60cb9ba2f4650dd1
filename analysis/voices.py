"""Who speaks in every token: the headline, the narrator, someone quoted, someone reported."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from analysis.marks import find_quoted

VOICES = ("narrator", "quoted", "reported", "headline")


def split_voices(
    tokens: pd.DataFrame, *, articles: pd.DataFrame, sentences: pd.DataFrame, attributions: pd.DataFrame
) -> pd.DataFrame:
    """Give every token one voice.

    Parameters
    ----------
    tokens : DataFrame
        One row per token: article_id, sentence_id, start, end, …
    articles, sentences, attributions : DataFrame
        The tables of those names.

    Returns
    -------
    DataFrame
        ``tokens`` with a column ``voice``: ``headline`` (the headline, whoever speaks in it), ``quoted``
        (inside marks, within attributed content), ``reported`` (attributed content outside marks), else
        ``narrator``. The four are a partition.
    """
    narrator, quoted, reported, headline = range(len(VOICES))
    voice = np.full(len(tokens), narrator, dtype=np.int8)
    start, end = tokens["start"].to_numpy(), tokens["end"].to_numpy()
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    paragraphs = (
        sentences[sentences["paragraph"] > 0]
        .groupby(["article_id", "paragraph"], sort=False)
        .agg(start=("start", "min"), end=("end", "max"))
        .reset_index()
    )
    spans, contents = (t[["start", "end"]].to_numpy(dtype="int64") for t in (paragraphs, attributions))
    spans_of = paragraphs.groupby("article_id", sort=False).indices
    contents_of = attributions.groupby("article_id", sort=False).indices
    titles = sentences[sentences["paragraph"] == 0].groupby("article_id", sort=False)["sentence_id"].agg(list)
    numbers = tokens["sentence_id"].to_numpy()
    for article_id, (lo, hi) in row_ranges(tokens["article_id"]).items():
        in_title = np.isin(numbers[lo:hi], titles[article_id]) if article_id in titles.index else False
        if article_id not in contents_of:
            voice[lo:hi] = np.where(in_title, headline, narrator)
            continue
        inside = cover(start[lo:hi], end[lo:hi], contents[contents_of[article_id]])
        lines = [(s, e) for s, e in spans[spans_of.get(article_id, [])].tolist()]
        marked = [(q.start, q.end) for q in find_quoted(texts[article_id], paragraphs=lines)]
        in_marks = cover(start[lo:hi], end[lo:hi], np.array(marked, dtype="int64").reshape(-1, 2))
        said = np.where(inside & in_marks, quoted, np.where(inside, reported, narrator))
        voice[lo:hi] = np.where(in_title, headline, said)
    return tokens.assign(voice=pd.Categorical.from_codes(voice, categories=list(VOICES)))


def row_ranges(keys: pd.Series) -> dict[str, tuple[int, int]]:
    """Return first and last-plus-one row of each key in a table sorted by it."""
    if keys.empty:
        return {}
    values = keys.to_numpy()
    cuts = np.flatnonzero(values[1:] != values[:-1]) + 1
    edges = [0, *cuts.tolist(), len(values)]
    return {values[a]: (a, b) for a, b in itertools.pairwise(edges)}


def sentence_spans(sentences: pd.DataFrame) -> dict[str, list[tuple[int, int]]]:
    """Return the spans of each article's sentences, in order."""
    spans = list(zip(sentences["start"].tolist(), sentences["end"].tolist(), strict=True))
    return {article_id: spans[lo:hi] for article_id, (lo, hi) in row_ranges(sentences["article_id"]).items()}


def cover(start: np.ndarray, end: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Tell which tokens lie inside any of the spans.

    Parameters
    ----------
    start, end : int arrays of shape (n,)
        Half-open tokens in ascending order.
    spans : int array of shape (m, 2)
        Half-open spans; they may touch and lie in one another.

    Returns
    -------
    bool array of shape (n,)
    """
    if not len(spans) or not len(start):
        return np.zeros(len(start), dtype=bool)
    depth = np.zeros(len(start) + 1, dtype="int64")
    np.add.at(depth, np.searchsorted(start, spans[:, 0]), 1)
    np.add.at(
        depth, np.maximum(np.searchsorted(end, spans[:, 1], side="right"), np.searchsorted(start, spans[:, 0])), -1
    )
    return np.cumsum(depth[:-1]) > 0
