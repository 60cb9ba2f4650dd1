"""Occasions: which articles report the same event, from their dates and their words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import count

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.align_space import of_length_one
from analysis.align_units import normal, rarity
from analysis.edit_kinds import FUNCTION
from analysis.escape import for_label
from analysis.files import sha256
from analysis.shelf import batched

WINDOW_DAYS = 3  # reports of one occasion are written within so many days of each other
# On the 36 events of alignment_dev 5 % of the pairs of one event lie under .12, 1 % of all others above .07.
# With dates 106 of the 108 pairs are put together and no two articles of unlike events; without dates 76 are.
DATED = 0.11  # mean cosine with the event's articles that joins an article inside the window
UNDATED = 0.22  # the same where a date is missing, so that the words alone have to tell
_COMMON = 0.3  # words in more than this share of a large corpus tell no occasion
_CHUNK, _KEPT = 500, 64  # articles weighed at a time; how many such pieces are kept at hand
_LONGEST_NAME = 24  # of an occasion that a user names, as the figures have room for
EVENT_COLUMNS = ["article_id", "event_id"]
Taker = Callable[[Sequence[str]], pd.DataFrame]  # article_ids → their rows of one table


def count_stems(tokens: pd.DataFrame) -> pd.DataFrame:
    """Count the base forms of each article's words; function words are left out.

    Parameters
    ----------
    tokens : DataFrame
        One row per token: article_id, norm, is_word.

    Returns
    -------
    DataFrame
        One row per article and base form: article_id, stem (a number made of the base form, the same in every run), n,
        rarity (in American news, see `rarity`).
    """
    return count_by(tokens[["article_id"]], tokens)


def count_by(owner: pd.DataFrame, tokens: pd.DataFrame) -> pd.DataFrame:
    """Count base forms by whatever the columns of ``owner`` name, row by row of ``tokens``; see `count_stems`."""
    code, norms = pd.factorize(tokens["norm"])
    forms = [normal(norm) if norm not in FUNCTION else "" for norm in map(str, norms)]
    number = np.array([number_of_word(f) if f else 0 for f in forms], dtype=np.int64)
    rare = dict(zip(number.tolist(), (rarity(f) if f else 0.0 for f in forms), strict=True))
    stem = number[code] if len(code) else np.zeros(0, np.int64)
    found = owner.assign(stem=stem)[(stem != 0) & tokens["is_word"].to_numpy(dtype=bool)]
    counts = found.groupby([*owner.columns, "stem"], sort=False, observed=True).size().rename("n").reset_index()
    return counts.assign(rarity=counts["stem"].map(rare).astype(float))


@lru_cache(maxsize=20_000)
def number_of_word(word: str) -> int:
    """Return a number for a word, the same in every run; no two of some millions of words are likely to share one."""
    digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def find_events(articles: pd.DataFrame, *, stems: Taker) -> pd.DataFrame:
    """Group articles into occasions; those whose occasion the corpus or the settings name are taken at their word.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id, date (ISO, "" where unknown) and, if there is one, event ("" where unknown).
    stems : function
        article_ids → what `count_stems` gives for them.

    Returns
    -------
    DataFrame
        One row per article: article_id, event_id (the given name, else "e1", "e2", … by date, undated last, then
        article_id).

    Notes
    -----
    Articles are taken in order of date; each joins the event whose articles it is most like on average, if
    that is enough, else it opens one. Likeness is the cosine of word weights (logarithmic count times
    rarity in the corpus times rarity in American news, so that five articles can be told apart as well). Only articles
    inside one window of days are compared, so that cost and memory grow with the number of articles of a day.
    """
    if "event" not in articles.columns or not (articles["event"] != "").any():
        return _group_articles(articles, stems)
    named = articles["event"] != ""
    given = pd.DataFrame({"article_id": articles["article_id"][named], "event_id": articles["event"][named]})
    given["event_id"] = given["event_id"].map(_short_name)
    rest = _group_articles(articles[~named], stems)
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


def _group_articles(articles: pd.DataFrame, stems: Taker) -> pd.DataFrame:
    ids = [str(i) for i in articles["article_id"]]
    days = days_of(articles["date"])
    order = sorted(range(len(ids)), key=lambda i: (np.isnan(days[i]), 0 if np.isnan(days[i]) else days[i], ids[i]))
    ids = [ids[i] for i in order]
    days = days[order]
    rows = WeightedArticles(ids, stems)
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


class Pieces:
    """Numbered matrices made when asked for; at most so many are kept, until they are let go."""

    def __init__(self, make: Callable[[int], sparse.csr_matrix], *, most: int):
        self._make, self._most = make, most
        self._kept: dict[int, sparse.csr_matrix] = {}

    def take(self, number: int) -> sparse.csr_matrix:
        """Return one of them."""
        found = self._kept.get(number)
        if found is None:
            found = self._make(number)
            if len(self._kept) < self._most:
                self._kept[number] = found
        return found

    def let_go(self, before: int) -> None:
        """Keep none before a number: nobody will ask for them again."""
        for number in [n for n in self._kept if n < before]:
            del self._kept[number]


class WeightedArticles:
    """The words of articles as rows of weights, made when asked for, some of them kept.

    A weight is the logarithmic rarity of a base form in the corpus times its rarity in American news.

    Parameters
    ----------
    ids : sequence of str
        The article_ids of the corpus, in the order in which rows are asked for.
    stems : function
        article_ids → what `count_stems` gives for them.
    """

    def __init__(self, ids: Sequence[str], stems: Taker):
        self.ids, self._stems = list(ids), stems
        self._names, spread, rare = _spread(stems(some) for some in batched(self.ids, _CHUNK))
        self._idf = np.log1p(len(self.ids) / np.maximum(spread, 1)) * rare
        if len(self.ids) > 200:
            self._idf[spread > _COMMON * len(self.ids)] = 0
        self.pieces = Pieces(lambda n: self.of(self.ids[n * _CHUNK : (n + 1) * _CHUNK]), most=_KEPT)

    def weigh(self, unit: np.ndarray, stems: pd.DataFrame, *, n_units: int, log: bool = False) -> sparse.csr_matrix:
        """Return one row of word weights for each unit: counts, or their logarithms, times the weights of the words."""
        column = np.searchsorted(self._names, stems["stem"].to_numpy())
        n = np.log1p(stems["n"].to_numpy(dtype=float)) if log else stems["n"].to_numpy(dtype=float)
        m = sparse.csr_matrix((n * self._idf[column], (unit, column)), shape=(n_units, max(1, len(self._names))))
        m.sum_duplicates()
        return m

    def of(self, ids: Sequence[str]) -> sparse.csr_matrix:
        """Return the rows of some articles, of length one; counts are taken as logarithms."""
        table = self._stems(ids)
        place = dict(zip(ids, range(len(ids)), strict=True))
        unit = table["article_id"].map(place).to_numpy(dtype=np.int64)
        return of_length_one(self.weigh(unit, table, n_units=len(ids), log=True))

    def between(self, first: int, stop: int) -> Iterator[tuple[int, sparse.csr_matrix]]:
        """Yield the rows of the articles from one place to another in pieces, each with the place where it begins."""
        at = first
        while at < stop:
            number = at // _CHUNK
            begin, end = number * _CHUNK, min(stop, (number + 1) * _CHUNK)
            yield at, self.pieces.take(number)[at - begin : end - begin]
            at = end


def _spread(tables: Iterable[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return every base form once, in order, in how many articles it stands, and its rarity in the news."""
    names, spread, rare = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    for table in tables:
        stems, first, times = np.unique(table["stem"].to_numpy(), return_index=True, return_counts=True)
        at = np.searchsorted(names, stems)
        new = np.append(names, 0)[at] != stems
        new |= at == len(names)
        spread[at[~new]] += times[~new]
        at, first = at[new], first[new]
        names = np.insert(names, at, stems[new])  # column by column: there may be many words
        spread = np.insert(spread, at, times[new])
        rare = np.insert(rare, at, table["rarity"].to_numpy(dtype=float)[first])
    return names, spread.astype(float), rare


def _likenesses(rows: WeightedArticles, days: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield for each article the earlier ones in its window (all, where a date is missing) and their likeness."""
    n = len(rows.ids)
    dated = int(np.sum(~np.isnan(days)))
    at = 0
    while at < n:
        first = int(np.searchsorted(days[:dated], days[at] - WINDOW_DAYS)) if at < dated else 0
        stop = min(n, at + _CHUNK, dated) if at < dated else min(n, at + _CHUNK)
        if at < dated:  # a chunk never spans more than a day
            stop = min(stop, int(np.searchsorted(days[:dated], days[at], side="right")))
        rows.pieces.let_go(first // _CHUNK)
        mine = sparse.vstack([part for _, part in rows.between(at, stop)], format="csr")
        products = []
        for begin, part in rows.between(first, stop):
            product = sparse.csr_matrix(mine @ part.T)
            product.sort_indices()
            products.append((begin, product))
        for k in range(stop - at):
            near, values = [], []
            for begin, product in products:
                row = slice(product.indptr[k], product.indptr[k + 1])
                near.append(product.indices[row] + begin)
                values.append(product.data[row])
            places = np.concatenate(near)
            keep = places < at + k
            yield places[keep], np.concatenate(values)[keep]
        at = stop
