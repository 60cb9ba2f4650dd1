"""Articles that look back: passages that tell again what other articles report of another occasion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.align import MAX_SENTENCES
from analysis.align_scorer import load_scorer, score_event
from analysis.align_space import build_space, of_length_one
from analysis.align_units import Unit, units_of
from analysis.events import Pieces, Taker, WeightedArticles, count_by, days_of
from analysis.past_words import find_past_words, may_look_back

REACH_DAYS = 30  # how far back an article is taken to look
WINDOW = 4  # sentences of a passage
# Passages of one article planted in an article of another event of alignment_dev, told by two other outlets there:
# bench/bench_recaps.py prints how many of them these values find, and what else they take for a look back.
LEAST_LIKENESS = 0.06  # cosine of a passage with the other event's articles, and more than with its own event's
LEAST_SENTENCES = 2  # of a passage that are matched
LEAST_BEST = 0.6  # score of the best of them
_CHUNK = 200  # articles, or events, looked at together, to bound memory
_KEPT = 400  # texts, and pieces of events, kept at hand
_MOST_EVENTS = 5  # other events looked at for one article, the most alike first
_MOST_ARTICLES = 6  # of the other event that the passages are held against
RECAP_COLUMNS = ["article_id", "event_id", "sentence_id"]


class Look(NamedTuple):
    """A passage that may tell of another occasion."""

    article_id: str
    event_id: str  # the other occasion
    texts: tuple[str, ...]  # all sentences of the article
    numbers: list[int]  # their sentence_ids
    kept: list[int]  # places of those in the passage
    leads: list[int]  # places of those with words that lead back
    others: list[tuple[str, tuple[str, ...]]]  # title and sentences of articles on the other occasion


def count_passages(sentences: pd.DataFrame, *, tokens: pd.DataFrame) -> pd.DataFrame:
    """Count the words of the passages that words could lead back from.

    Parameters
    ----------
    sentences : DataFrame
        One row per sentence: article_id, sentence_id, paragraph, text; paragraph 0 is the headline.
    tokens : DataFrame
        One row per token: article_id, sentence_id, norm, is_word.

    Returns
    -------
    DataFrame
        One row per passage and base form: article_id, first (the number of its first sentence in the body), stem, n and
        rarity as `count_stems` gives them; a passage has no row where no word of it counts.
    """
    body = sentences[sentences["paragraph"] > 0].sort_values(["article_id", "sentence_id"])
    number = body.groupby("article_id", sort=False).cumcount().to_numpy()
    leads = np.fromiter(map(may_look_back, body["text"].map(str)), dtype=bool, count=len(body))
    begins = body[["article_id"]].assign(first=number)[leads & (number < MAX_SENTENCES)]
    places = body[["article_id", "sentence_id"]].assign(number=number)
    reach = [begins.assign(number=begins["first"] + d) for d in range(WINDOW)]
    spread = pd.concat(reach, ignore_index=True).merge(places, on=["article_id", "number"])
    told = tokens[tokens["article_id"].isin(begins["article_id"])].astype({"article_id": "str"})
    both = spread.merge(told, on=["article_id", "sentence_id"])
    return count_by(both[["article_id", "first"]], both).sort_values(["article_id", "first"], kind="stable")


def find_recaps(
    articles: pd.DataFrame,
    *,
    sentences: Taker,
    stems: Taker,
    passages: Taker,
    events: pd.DataFrame,
    models: Path | bool | None = True,
    score: Callable[[Iterable[Look]], Iterable[tuple[str, str, dict[int, float]]]] | None = None,
) -> pd.DataFrame:
    """Find the sentences in which an article tells of another occasion than its own.

    A passage of four sentences is held against the events of the 30 days before (all, where dates are missing) that it
    is more like than the articles of its own event. It counts if words in it lead back ("last week", the day of the
    other occasion) and from there on two sentences match sentences of that event, one of them well. Without words that
    lead back, every report of a running story would look back to all earlier ones: demands are made anew each time.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id, outlet, title, date.
    sentences, stems, passages : function
        article_ids → their sentences (article_id, sentence_id, paragraph, text; paragraph 0 is the headline), and what
        `count_stems` and `count_passages` give for them.
    events : DataFrame
        As `find_events` returns.
    models : Path, True or None
        As in `align_statements`.
    score : function, optional
        Does `score_look` for many; where others share the work. One after the other where left out.

    Returns
    -------
    DataFrame
        One row per sentence and event it looks back to: article_id, event_id, sentence_id.

    Notes
    -----
    The products are sparse and confined to the window of days, so that cost and memory grow with the number of articles
    in it.
    """
    about = dict(zip(events["article_id"], events["event_id"], strict=True))
    if events["event_id"].nunique() < 2:
        return pd.DataFrame(columns=RECAP_COLUMNS).astype({"sentence_id": "int64"})
    looks = _list_looks(articles, sentences, _candidates(articles, stems, passages, about), about)
    score = score or (lambda some: (score_look(look, models=models) for look in some))
    told = {(article_id, event_id): found for article_id, event_id, found in score(looks) if found}
    found = [(a, e, i) for (a, e), scores in _one_way(told, about).items() for i in scores]
    return pd.DataFrame(found, columns=RECAP_COLUMNS).astype({"sentence_id": "int64"})


def _list_looks(
    articles: pd.DataFrame, sentences: Taker, candidates: Iterable[tuple[str, list]], about: dict[str, str]
) -> Iterator[Look]:
    """Yield the passages that have words leading back, each with the texts it is held against."""
    given = {a.article_id: a for a in articles[["article_id", "outlet", "title", "date"]].itertuples(index=False)}
    members: dict[str, list[str]] = {}
    for article_id in sorted(about):
        members.setdefault(about[article_id], []).append(article_id)

    @lru_cache(maxsize=_KEPT)
    def body_of(article_id: str) -> tuple[tuple[str, ...], list[int]]:
        told = sentences([article_id])
        told = told[told["paragraph"] > 0].sort_values("sentence_id")[:MAX_SENTENCES]
        return tuple(map(str, told["text"])), told["sentence_id"].tolist()

    for article_id, events in candidates:
        texts, numbers = body_of(article_id)
        for event_id, begins in events:
            others = [given[m] for m in members[event_id] if not _same_outlet(given[m], given[article_id])]
            kept = sorted({i for start in begins for i in range(start, min(start + WINDOW, len(texts)))})
            day = min(filter(None, (given[m].date for m in members[event_id])), default="")
            leads = [i for i in kept if find_past_words(texts[i], written=given[article_id].date, occasion=day)]
            if leads:
                others = others[:_MOST_ARTICLES]
                told = [(str(a.title), body_of(a.article_id)[0]) for a in others]
                yield Look(article_id, event_id, texts, numbers, kept, leads, told)


def score_look(look: Look, *, models: Path | bool | None = True) -> tuple[str, str, dict[int, float]]:
    """Hold a passage against another occasion.

    Parameters
    ----------
    look : Look
        The passage and the texts of the other occasion.
    models : Path, True or None
        As in `align_statements`.

    Returns
    -------
    (str, str, dict of int to float)
        article_id, event_id, and the score of each sentence (by its sentence_id) that tells of the other occasion.
    """
    scorer = load_scorer(models)
    units = _units_of(look.texts)
    others = [_units_of(texts) for _, texts in look.others]
    scores = _best_scores([units[i] for i in look.kept], others, [title for title, _ in look.others], scorer)
    told = _settle(dict(zip(look.kept, scores, strict=True)), look.leads, scorer["threshold"])
    return look.article_id, look.event_id, {int(look.numbers[i]): score for i, score in told.items()}


@lru_cache(maxsize=_KEPT)
def _units_of(texts: tuple[str, ...]) -> list[Unit]:
    return units_of(texts)


def _one_way(
    looks: dict[tuple[str, str], dict[int, float]], about: dict[str, str]
) -> dict[tuple[str, str], dict[int, float]]:
    """Leave out the weaker direction where two events seem to look at each other: the look back is one, its mirror is not."""
    strength: dict[tuple[str, str], float] = {}
    for (article_id, event_id), told in looks.items():
        key = (about[article_id], event_id)
        strength[key] = max(strength.get(key, 0.0), sum(told.values()))
    return {(a, e): told for (a, e), told in looks.items() if strength[about[a], e] >= strength.get((e, about[a]), 0.0)}


def _same_outlet(one: Any, other: Any) -> bool:
    return bool(one.outlet) and one.outlet == other.outlet


def _best_scores(
    passage: Sequence[Unit], texts: Sequence[Sequence[Unit]], titles: Sequence[str], scorer: dict[str, Any]
) -> list[float]:
    """Return for each sentence of a passage the score of its best match in other articles."""
    heads = [units_of([str(t)])[0] for t in ("", *titles)]
    space = build_space([passage, *texts], heads)
    best = np.zeros(len(passage))
    for grid in score_event(space, [(0, n) for n in range(1, len(heads))], scorer).values():
        best = np.maximum(best, grid.max(axis=1))
    return best.round(4).tolist()


def _settle(best: dict[int, float], leads: list[int], threshold: float) -> dict[int, float]:
    """Return the sentences that match, from one that leads back on, if two do and one of them well."""
    found: dict[int, float] = {}
    for first in leads:
        hits = {i: best.get(i, 0.0) for i in range(first, first + WINDOW) if best.get(i, 0.0) >= threshold}
        if len(hits) >= LEAST_SENTENCES and max(hits.values()) >= LEAST_BEST:
            found |= hits
    return found


def _candidates(
    articles: pd.DataFrame, stems: Taker, passages: Taker, about: dict[str, str]
) -> Iterator[tuple[str, list[tuple[str, list[int]]]]]:
    """Yield each article with the other events that passages of it are like, and the first sentences of those passages."""
    ids = [str(i) for i in articles["article_id"]]
    names = sorted(set(about.values()), key=lambda e: (len(e), e))
    rank = {e: n for n, e in enumerate(names)}
    own = np.array([rank[about[i]] for i in ids])
    weighted = WeightedArticles(ids, stems)
    days = days_of(articles["date"])
    first = np.full(len(names), np.inf)
    np.fmin.at(first, own, days)
    n = np.bincount(own, minlength=len(names))
    members: list[list[str]] = [[] for _ in names]
    for i, e in zip(ids, own.tolist(), strict=True):
        members[e].append(i)

    def make_centres(number: int) -> sparse.csr_matrix:
        """Return the mean row of each of some events."""
        some = range(number * _CHUNK, min(len(names), (number + 1) * _CHUNK))
        inside = [i for e in some for i in members[e]]
        event = np.repeat(np.arange(len(some)), n[some.start : some.stop])
        places = (event, np.arange(len(inside)))
        member = sparse.csr_matrix((1.0 / n[event + some.start], places), shape=(len(some), len(inside)))
        return sparse.csr_matrix(member @ weighted.of(inside))

    centres = Pieces(make_centres, most=_KEPT)
    for group, near in _same_reach(days, first, ids):
        centres.let_go(near[0] // _CHUNK if len(near) else len(names))  # days only go forward
        table = passages([ids[a] for a in group])
        if table.empty:
            continue
        keys = table.groupby(["article_id", "first"], sort=False).ngroup().to_numpy()
        begins = table.drop_duplicates(["article_id", "first"])
        place = {ids[a]: k for k, a in enumerate(group)}
        at = begins["article_id"].map(place).to_numpy(dtype=np.int64)  # the article of each passage, in the group
        of = np.array(group)[at]
        mine = of_length_one(weighted.weigh(keys, table, n_units=len(begins)))
        home_rows = sparse.vstack([centres.take(e // _CHUNK)[e % _CHUNK] for e in own[of].tolist()], format="csr")
        rest = sparse.diags(n[own[of]].astype(float)) @ home_rows - weighted.of([ids[a] for a in group])[at]
        home = np.asarray(mine.multiply(rest).sum(axis=1)).ravel() / np.maximum(1, n[own[of]] - 1)
        hits: dict[int, list[tuple[float, int, int]]] = {}
        for number in np.unique(near // _CHUNK).tolist():
            here = near[near // _CHUNK == number]
            likeness = sparse.coo_matrix(mine @ centres.take(number)[here % _CHUNK].T)
            line, event, value = likeness.row, here[likeness.col], likeness.data
            keep = (value >= LEAST_LIKENESS) & (value > home[line]) & (event != own[of[line]])
            for k, e, v in zip(line[keep].tolist(), event[keep].tolist(), value[keep].tolist(), strict=True):
                hits.setdefault(int(of[k]), []).append((-round(v, 9), e, int(begins["first"].iloc[k])))
        for a in group:
            if a in hits:
                best = list(dict.fromkeys(e for _, e, _ in sorted(hits[a])))[:_MOST_EVENTS]
                yield ids[a], [(names[e], sorted(s for _, x, s in hits[a] if x == e)) for e in best]


def _same_reach(days: np.ndarray, first: np.ndarray, ids: list[str]) -> Iterator[tuple[list[int], np.ndarray]]:
    """Yield articles of one day, some at a time, with the events that they may look back to."""
    order = np.lexsort((np.array(ids), days))
    for start in range(0, len(order), _CHUNK):
        chunk = order[start : start + _CHUNK]
        for day in dict.fromkeys(days[chunk].tolist()) if not np.isnan(days[chunk]).all() else [np.nan]:
            group = [int(a) for a in chunk if days[a] == day or (np.isnan(day) and np.isnan(days[a]))]
            if group:
                known = np.isfinite(first) & ~np.isnan(day)
                yield group, np.flatnonzero(~known | (first <= day) & (first >= day - REACH_DAYS))


def list_recaps(recaps: pd.DataFrame) -> dict[str, str]:
    """Return for each article that looks back the events it looks back to, parted by '; '."""
    events = recaps[["article_id", "event_id"]].drop_duplicates()
    return {a: "; ".join(sorted(g, key=lambda e: (len(e), e))) for a, g in events.groupby("article_id")["event_id"]}
