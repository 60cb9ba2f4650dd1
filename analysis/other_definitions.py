"""What the answers would be under other definitions: other thresholds, other word lists."""

from __future__ import annotations

import pandas as pd

from analysis.renderings import TOLD

CUTS = (0.3, 0.4, 0.5, 0.6, 0.7)
CONFIDENCES = (0.0, 0.4, 0.5, 0.6, 0.7)


def vary_statements(renderings: pd.DataFrame, *, cuts: tuple[float, ...] = CUTS) -> pd.DataFrame:
    """Count what each outlet gives and leaves out, were a match accepted from another score on.

    Parameters
    ----------
    renderings : DataFrame
        The table of that name.
    cuts : tuple of float
        Scores (0-1) of a statement's best match from which it counts.

    Returns
    -------
    DataFrame
        One row per outlet × cut: n_statements (that count), n_given, n_omitted, given_share of the two.
    """
    best = renderings[renderings["sentence_id"] >= 0].groupby("statement_id")["score"].max()
    rows = []
    for cut in cuts:
        kept = set(best.index[best >= cut])
        mine = renderings[renderings["statement_id"].isin(kept)]
        for outlet, group in mine.groupby("outlet", sort=True):
            given = group.loc[group["rendering"].isin(TOLD), "statement_id"].nunique()
            omitted = group.loc[group["rendering"] == "omitted", "statement_id"].nunique()
            if given + omitted:
                rows.append((outlet, cut, len(kept), given, omitted, given / (given + omitted)))
    return pd.DataFrame(rows, columns=["outlet", "cut", "n_statements", "n_given", "n_omitted", "given_share"])


def vary_voices(
    attributions: pd.DataFrame,
    *,
    sentences: pd.DataFrame,
    articles: pd.DataFrame,
    cuts: tuple[float, ...] = CONFIDENCES,
) -> pd.DataFrame:
    """Measure the share that sources speak, were reported speech accepted from another confidence on.

    Parameters
    ----------
    attributions, sentences, articles : DataFrame
        The tables of those names.
    cuts : tuple of float
        Confidences (0-1); quotations in marks always count.

    Returns
    -------
    DataFrame
        One row per outlet × cut: n_attributions, spoken_share (0-1 of the letters of the body).
    """
    body = sentences[sentences["paragraph"] > 0]
    size = (body["end"] - body["start"]).groupby(body["article_id"]).sum()
    outer = attributions[attributions["nested_in"] < 0]
    rows = []
    for cut in cuts:
        kept = outer[(outer["quotation_type"] != "indirect") | (outer["confidence"].fillna(1) >= cut)]
        spoken = (kept["end"] - kept["start"]).groupby(kept["article_id"]).sum()
        for outlet, group in articles.groupby("outlet", sort=True):
            total = size.reindex(group["article_id"]).fillna(0).sum()
            if total:
                share = spoken.reindex(group["article_id"]).fillna(0).sum() / total
                n = kept["article_id"].isin(group["article_id"]).sum()
                rows.append((outlet, cut, int(n), min(1.0, share)))
    return pd.DataFrame(rows, columns=["outlet", "cut", "n_attributions", "spoken_share"])


def vary_terms(
    terms: pd.DataFrame, *, measures: pd.DataFrame, articles: pd.DataFrame, voice: str = "narrator"
) -> pd.DataFrame:
    """Measure each outlet anew without the term that weighs most in it.

    Parameters
    ----------
    terms, measures, articles : DataFrame
        The tables of those names.
    voice : str
        Whose words.

    Returns
    -------
    DataFrame
        One row per outlet × measure counted per 1,000 words: n_hits, n_terms (different ones), value (pooled over its articles),
        top_term, without_top (the value had the list not held it), rank and rank_without_top among the outlets (1 the
        largest).
    """
    outlet_of = dict(zip(articles["article_id"], articles["outlet"], strict=True))
    words = measures[(measures["measure"] == "voice_share") & (measures["voice"] == voice)]
    words = words.merge(articles[["article_id", "n_tokens"]], on="article_id")
    n_words = (words["value"] * words["n_tokens"]).groupby(words["outlet"]).sum()
    mine = terms[(terms["voice"] == voice) & terms["measure"].str.endswith("_per_1k")]
    mine = mine.assign(outlet=mine["article_id"].map(outlet_of))
    rows = []
    for measure, group in mine.groupby("measure", sort=True):
        for outlet, n in n_words.items():
            hits = group.loc[group["outlet"] == outlet, "term"].value_counts()
            top = min(hits.index, key=lambda t: (-hits[t], t)) if len(hits) else ""
            rest = int(hits.sum()) - (int(hits[top]) if top else 0)
            if n > 0:
                rows.append((outlet, measure, int(hits.sum()), len(hits), 1000 * hits.sum() / n, top, 1000 * rest / n))
    table = pd.DataFrame(rows, columns=["outlet", "measure", "n_hits", "n_terms", "value", "top_term", "without_top"])
    for column, rank in (("value", "rank"), ("without_top", "rank_without_top")):
        table[rank] = table.groupby("measure")[column].rank(ascending=False, method="min").astype("int64")
    return table
