"""Occasions: which articles report the same event, from their dates and their words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.align_space import of_length_one
from analysis.align_units import normal, rarity
from analysis.edit_kinds import FUNCTION
from analysis.escape import for_label
from analysis.files import sha256

WINDOW_DAYS = 3  # reports of one occasion are written within so many days of each other
# On the 36 events of alignment_dev 5 % of the pairs of one event lie under .12, 1 % of all others above .07.
# With dates 106 of the 108 pairs are put together and no two articles of unlike events; without dates 76 are.
DATED = 0.11  # mean cosine with the event's articles that joins an article inside the window
UNDATED = 0.22  # the same where a date is missing, so that the words alone have to tell
_COMMON = 0.3  # words in more than this share of a large corpus tell no occasion
_CHUNK = 1000  # articles compared at a time
_LONGEST_NAME = 24  # of an occasion that a user names, as the figures have room for
EVENT_COLUMNS = ["article_id", "event_id"]


def find_events(articles: pd.DataFrame, *, sentences: pd.DataFrame, tokens: pd.DataFrame) -> pd.DataFrame:
    """Group articles into occasions; those whose occasion the corpus or the settings name are taken at their word.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id, date (ISO, "" where unknown) and, if there is one, event ("" where unknown).
    sentences : DataFrame
        One row per sentence (only the grain is checked).
    tokens : DataFrame
        One row per token: article_id, sentence_id, norm, is_word.

    Returns
    -------
    DataFrame
        One row per article: article_id, event_id (the given name, else "e1", "e2", … by date, undated last, then
        article_id).

    Notes
    -----
    Articles are taken in order of date; each joins the event whose articles it is most like on average, if
    that is enough, else it opens one. Likeness is the cosine of word weights (logarithmic count times
    rarity in the corpus times rarity in American news, so that five articles can be told apart as well). Only articles inside one window of days are compared, so the cost grows with the
    number of articles at a steady number per day.
    """
    if "event" not in articles.columns or not (articles["event"] != "").any():
        return _group_articles(articles, tokens)
    named = articles["event"] != ""
    given = pd.DataFrame({"article_id": articles["article_id"][named], "event_id": articles["event"][named]})
    given["event_id"] = given["event_id"].map(_short_name)
    rest = _group_articles(articles[~named], tokens[~tokens["article_id"].isin(given["article_id"])])
    taken = set(given["event_id"])
    free = (f"e{n}" for n in count(1) if f"e{n}" not in taken)
    rest["event_id"] = rest["event_id"].map({old: next(free) for old in rest["event_id"].unique()})
    return pd.concat([given, rest], ignore_index=True)[EVENT_COLUMNS]


def _short_name(name: str) -> str:
    """Return a given name as an id that a figure has room for: one line; a long one is cut and told apart by its hash."""
    short = for_label(name, limit=5_000)
    return (
        short
        if len(short) <= _LONGEST_NAME
        else f"{short[: _LONGEST_NAME - 5]}-{sha256(name.encode('utf-8', 'replace'))[:4]}"
    )


def _group_articles(articles: pd.DataFrame, tokens: pd.DataFrame) -> pd.DataFrame:
    ids = [str(i) for i in articles["article_id"]]
    days = days_of(articles["date"])
    order = sorted(range(len(ids)), key=lambda i: (np.isnan(days[i]), 0 if np.isnan(days[i]) else days[i], ids[i]))
    ids = [ids[i] for i in order]
    days = days[order]
    rows, _ = weigh_articles(ids, tokens)
    event_of: list[int] = []
    sizes: list[int] = []
    earliest: list[float] = []
    for n, (near, likeness) in enumerate(_likenesses(rows, days)):
        sums: dict[int, float] = {}
        for other, value in zip(near, likeness, strict=True):
            sums[event_of[other]] = sums.get(event_of[other], 0.0) + value
        wanted = UNDATED if np.isnan(days[n]) else DATED
        best, best_mean = -1, 0.0
        for event, total in sums.items():
            mean = total / sizes[event]
            least = UNDATED if np.isnan(earliest[event]) else wanted
            if mean >= least and mean > best_mean and not days[n] - earliest[event] > WINDOW_DAYS:
                best, best_mean = event, mean
        if best < 0:
            best = len(sizes)
            sizes.append(0)
            earliest.append(days[n])
        sizes[best] += 1
        event_of.append(best)
    return pd.DataFrame({"article_id": ids, "event_id": [f"e{e + 1}" for e in event_of]}, columns=EVENT_COLUMNS)


def days_of(dates: pd.Series) -> np.ndarray:
    """Return days since 1970 for ISO dates, nan where there is none."""
    parsed = pd.to_datetime(dates.astype(str).str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    seconds = (parsed - pd.Timestamp("1970-01-01")).dt.total_seconds()
    return (seconds / 86400).to_numpy(dtype=float)


def weigh_articles(ids: list[str], tokens: pd.DataFrame) -> tuple[sparse.csr_matrix, dict[str, float]]:
    """Return one row of word weights per article, of length one, and the weight of each base form, by column."""
    stems = _stems(tokens)
    rows = pd.Categorical(tokens["article_id"].astype(str), categories=ids).codes
    columns, names = pd.factorize(stems, sort=True)
    use = (rows >= 0) & (stems != "").to_numpy()
    m = sparse.csr_matrix((np.ones(int(use.sum())), (rows[use], columns[use])), shape=(len(ids), max(1, len(names))))
    m.sum_duplicates()
    df = np.bincount(m.indices, minlength=m.shape[1])
    idf = np.log1p(len(ids) / np.maximum(df, 1)) * np.array([rarity(s) if s else 0.0 for s in names] or [0.0])
    if len(ids) > 200:
        idf[df > _COMMON * len(ids)] = 0
    m.data = np.log1p(m.data) * idf[m.indices]
    return of_length_one(m), dict(zip(names, idf.tolist(), strict=False))  # no names, one empty column


def weigh_sentences(sentences: pd.DataFrame, tokens: pd.DataFrame, weights: dict[str, float]) -> sparse.csr_matrix:
    """Return one row of word weights per sentence, in the columns and with the weights of `weigh_articles`."""
    stems = _stems(tokens)
    index = pd.MultiIndex.from_frame(sentences[["article_id", "sentence_id"]])
    rows = index.get_indexer(pd.MultiIndex.from_frame(tokens[["article_id", "sentence_id"]]))
    columns = stems.map({w: n for n, w in enumerate(weights)}).to_numpy()
    use = (rows >= 0) & (stems != "").to_numpy()
    values = stems.map(weights).to_numpy(dtype=float)
    shape = (len(sentences), max(1, len(weights)))
    return sparse.csr_matrix((values[use], (rows[use], columns[use].astype(int))), shape=shape)


def _stems(tokens: pd.DataFrame) -> pd.Series:
    """Return the base form of each token, "" for marks and function words."""
    known = {norm: normal(norm) if norm not in FUNCTION else "" for norm in tokens["norm"].unique()}
    return tokens["norm"].map(known).where(tokens["is_word"].to_numpy(dtype=bool), "")


def _likenesses(rows: sparse.csr_matrix, days: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield for each article the earlier ones in its window (all, where a date is missing) and their likeness."""
    n = rows.shape[0]
    dated = int(np.sum(~np.isnan(days)))
    at = 0
    while at < n:
        first = int(np.searchsorted(days[:dated], days[at] - WINDOW_DAYS)) if at < dated else 0
        stop = min(n, at + _CHUNK, dated) if at < dated else min(n, at + _CHUNK)
        if at < dated:  # a chunk never spans more than a day
            stop = min(stop, int(np.searchsorted(days[:dated], days[at], side="right")))
        product = sparse.csr_matrix(rows[at:stop] @ rows[first:stop].T)
        product.sort_indices()
        for k in range(stop - at):
            near = product.indices[product.indptr[k] : product.indptr[k + 1]]
            values = product.data[product.indptr[k] : product.indptr[k + 1]]
            keep = near + first < at + k
            yield near[keep] + first, values[keep]
        at = stop
