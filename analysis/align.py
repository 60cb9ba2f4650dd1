"""Statements that two or more outlets report: sentence pairs scored, grouped, and shown as each outlet gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.align_group import Pair, Place, as_record, group_pairs, list_pairs, shared_words
from analysis.align_scorer import load_scorer, score_event
from analysis.align_space import build_space, choose_article_pairs
from analysis.align_units import Unit, units_of
from analysis.renderings import (
    RENDERING_COLUMNS,
    Member,
    choose_attribution,
    find_absences,
    make_gist,
    name_renderings,
)

STATEMENT_COLUMNS = ["statement_id", "event_id", "kind", "speaker", "gist", "n_outlets"]
LEAST_SCORE = .02            # pairs below it are not listed
_SHARED_STATEMENTS = .5      # of the shorter article's sentences that another article gives too, in order
_SHARED_ORDER = .7           # rank correlation of the places where two articles give them


def find_groups(articles: Sequence[Sequence[Unit]], titles: Sequence[Unit], scorer: dict[str, Any],
                outlets: Sequence[str]) -> tuple[list[Pair], list[tuple[float, list[Place]]]]:
    """Return the scored sentence pairs of one event, best first, and the statements they make.

    Parameters
    ----------
    articles : sequence of sequence of Unit
        The sentences of each article.
    titles : sequence of Unit
        One headline each.
    scorer : dict
        As `load_scorer` returns.
    outlets : sequence of str
        One each; two articles of one named outlet are not compared.
    """
    space = build_space(articles, titles)
    apart = [(a, b) for a, b in choose_article_pairs(space) if not outlets[a] or outlets[a] != outlets[b]]
    pairs = list_pairs(score_event(space, apart, scorer), LEAST_SCORE)
    return pairs, group_pairs(pairs, scorer["threshold"], shared_words(space.units, space.starts.tolist()))


def align_statements(articles: pd.DataFrame, *, sentences: pd.DataFrame, tokens: pd.DataFrame,
                     attributions: pd.DataFrame, events: pd.DataFrame,
                     models: Path | bool | None = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the statements that two or more articles of one event report.

    Parameters
    ----------
    articles : DataFrame
        One row per article: article_id, outlet, title, date, text.
    sentences : DataFrame
        One row per sentence: article_id, sentence_id, paragraph, start, end, text; paragraph 0 is the headline.
    tokens : DataFrame
        Not needed for sentences of this length; taken for the sake of one signature along the line.
    attributions : DataFrame
        One row per attribution: article_id, attribution_id, quotation_type, speaker, start, end, text.
    events : DataFrame
        As `find_events` returns.
    models : Path, True or None
        Folder with another fitted scorer (alignment.json); True for the one shipped; None for the plain cosine.

    Returns
    -------
    (DataFrame, DataFrame)
        statements: statement_id, event_id, kind speech | fact, speaker, gist, n_outlets; renderings:
        statement_id, article_id, outlet, sentence_id, rendering, start, end, text, score (0..1).
    """
    scorer = load_scorer(models)
    merged = articles.merge(events, on="article_id", how="left")
    body = sentences[sentences["paragraph"] > 0].sort_values(["article_id", "sentence_id"])
    rows_of = {i: list(g.itertuples(index=False)) for i, g in body.groupby("article_id", sort=False)}
    said_of = {i: list(g.sort_values("start").itertuples(index=False)) for i, g in attributions.groupby("article_id", sort=False)}
    statements, renderings = [], []
    possible: dict[tuple[str, str], float] = {}
    for event_id, group in sorted(merged.groupby("event_id", sort=False), key=lambda e: int(str(e[0])[1:])):
        members_of = list(group.sort_values("article_id").itertuples(index=False))
        if len(members_of) < 2:
            continue
        found, maybe = _align_event(members_of, rows_of, said_of, scorer)
        for members in found:
            statement_id = f"s{len(statements) + 1}"
            kind, speaker, gist = make_gist(members)
            n_outlets = len({m.outlet or m.article_id for m in members})
            statements.append((statement_id, event_id, kind, speaker, gist, n_outlets))
            for m, rendering in zip(members, name_renderings(members), strict=True):
                span = m.attribution if m.attribution is not None else m
                renderings.append((statement_id, m.article_id, m.outlet, m.sentence_id, rendering, int(span.start),
                                   int(span.end), str(span.text), m.score))
            for (article_id, sentence_id), score in maybe.items():
                for m in members:
                    if (m.article_id, m.sentence_id) == sentence_id:
                        key = (statement_id, article_id)
                        possible[key] = max(possible.get(key, 0.0), score)
    out = pd.DataFrame(statements, columns=STATEMENT_COLUMNS)
    told = pd.DataFrame(renderings, columns=RENDERING_COLUMNS)
    absent = find_absences(told, merged, out, possible)
    return out, pd.concat([told, absent], ignore_index=True) if len(absent) else told


def _align_event(members_of: Sequence[Any], rows_of: dict[str, list[Any]], said_of: dict[str, list[Any]],
                 scorer: dict[str, Any]) -> tuple[list[list[Member]], dict[tuple[str, tuple[str, int]], float]]:
    """Return the statements of one event, and the pairs that may be one: (article, (other article, sentence)) to score."""
    rows = [rows_of.get(a.article_id, []) for a in members_of]
    said = [[_inside(said_of.get(a.article_id, []), r) for r in rs] for a, rs in zip(members_of, rows, strict=True)]
    units = [units_of([r.text for r in rs]) for rs in rows]
    titles = [units_of([str(a.title)])[0] for a in members_of]
    pairs, groups = find_groups(units, titles, scorer, [str(a.outlet) for a in members_of])
    maybe: dict[tuple[str, tuple[str, int]], float] = {}
    for p in pairs:
        if scorer["possible"] <= p.score < scorer["threshold"]:
            for one, i, other in ((p.a, p.i, p.b), (p.b, p.j, p.a)):
                key = (members_of[other].article_id, (members_of[one].article_id, rows[one][i].sentence_id))
                maybe.setdefault(key, p.score)
    best: dict[tuple[int, int], float] = {}
    for p in pairs:
        for member in ((p.a, p.i), (p.b, p.j)):
            best[member] = max(best.get(member, 0.0), p.score)
    found = []
    for _, members in sorted(groups, key=lambda s: s[1]):
        statement = []
        for article, i in members:
            others = {w for x, k in members if x != article for w in units[x][k].stems}
            carrier = choose_attribution(set(units[article][i].stems), others, said[article][i])
            a, r = members_of[article], rows[article][i]
            statement.append(Member(a.article_id, a.outlet, int(r.sentence_id), int(r.start), int(r.end), str(r.text),
                                    best[(article, i)], carrier))
        found.append(statement)
    return found, maybe


def _inside(attributions: Sequence[Any], sentence: Any) -> list[Any]:
    """Return the attributions of an article that overlap a sentence."""
    return [a for a in attributions if a.start < sentence.end and a.end > sentence.start]


def annotate_align(records: Iterable[dict[str, Any]], *, models: Path | bool | None = True) -> Iterator[dict[str, Any]]:
    """Yield the answer to each record of `align`.

    Parameters
    ----------
    records : iterable of dict
        event, articles: {outlet: {title, date, sentences: [str]}}.
    models : Path, True or None
        As in `align_statements`.

    Yields
    ------
    dict
        event, statements [{id, score, members [{outlet, sentence}]}], pairs [[outlet_a, sentence_a, outlet_b,
        sentence_b, score]].
    """
    scorer = load_scorer(models)
    for record in records:
        outlets = sorted(record["articles"])
        units = [units_of([str(s) for s in record["articles"][o]["sentences"]]) for o in outlets]
        titles = [units_of([str(record["articles"][o].get("title") or "")])[0] for o in outlets]
        yield as_record(record["event"], outlets, *find_groups(units, titles, scorer, outlets))


def find_shared_sources(articles: pd.DataFrame, *, sentences: pd.DataFrame, statements: pd.DataFrame,
                        renderings: pd.DataFrame) -> pd.DataFrame:
    """Find articles that rework one text: they give many of the same statements, in the same order.

    Parameters
    ----------
    articles, sentences, statements, renderings : DataFrame
        As along the line.

    Returns
    -------
    DataFrame
        One row per article: article_id, shared_source_with (ids joined by "; ", "" where there is none).
    """
    told = renderings[renderings["sentence_id"] >= 0]
    lengths = sentences[sentences["paragraph"] > 0].groupby("article_id").size().to_dict()
    places: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for _, group in told.groupby("statement_id", sort=False):
        members = sorted(set(zip(group["article_id"], group["sentence_id"], strict=True)))
        for x, i in members:
            for y, j in members:
                if x < y:
                    places.setdefault((x, y), set()).add((int(i), int(j)))
    shared: dict[str, list[str]] = {}
    for (x, y), points in sorted(places.items()):
        first = {i for i, _ in points}
        second = {j for _, j in points}
        share = max(len(first) / max(1, lengths.get(x, 1)), len(second) / max(1, lengths.get(y, 1)))
        if len(points) >= 4 and share >= _SHARED_STATEMENTS and _order(sorted(points)) >= _SHARED_ORDER:
            shared.setdefault(x, []).append(y)
            shared.setdefault(y, []).append(x)
    ids = [str(i) for i in articles["article_id"]]
    return pd.DataFrame({"article_id": ids, "shared_source_with": ["; ".join(sorted(shared.get(i, []))) for i in ids]})


def _order(points: list[tuple[int, int]]) -> float:
    """Return Spearman's rank correlation of two columns of places (0 where one does not vary)."""
    a, b = (pd.Series(column).rank().to_numpy() for column in zip(*points, strict=True))
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
