"""Statements that two or more outlets report: sentence pairs scored, grouped, and shown as each outlet gives them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.align_group import Pair, Place, as_record, group_pairs, list_pairs, tell_the_same
from analysis.align_scorer import load_scorer, score_event
from analysis.align_space import build_space, choose_article_pairs
from analysis.align_units import Unit, units_of
from analysis.by_article import rows_by_article
from analysis.renderings import (
    RENDERING_COLUMNS,
    Member,
    choose_attribution,
    find_absences,
    list_outlets,
    make_gist,
    name_renderings,
)

STATEMENT_COLUMNS = ["statement_id", "event_id", "kind", "speaker", "gist", "n_outlets"]
MAX_SENTENCES = 300  # of one article that are aligned; the longest of alignment_dev has 76
LEAST_SCORE = 0.02  # pairs below it are not listed


def find_groups(
    articles: Sequence[Sequence[Unit]], titles: Sequence[Unit], scorer: dict[str, Any], outlets: Sequence[str]
) -> tuple[list[Pair], list[tuple[float, list[Place]]]]:
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
    return pairs, group_pairs(pairs, scorer["threshold"], tell_the_same(space.units, space.starts.tolist()))


def align_statements(
    articles: pd.DataFrame,
    *,
    sentences: pd.DataFrame,
    tokens: pd.DataFrame,
    attributions: pd.DataFrame,
    events: pd.DataFrame,
    recaps: pd.DataFrame | None = None,
    models: Path | bool | None = True,
    only: Collection[str] | None = None,
    elsewhere: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
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
    recaps : DataFrame, optional
        As `find_recaps` returns: the sentences in which an article tells of another occasion stand there as well.
    models : Path, True or None
        Folder with another fitted scorer (alignment.json); True for the one shipped; None for the plain cosine.
    only : collection of str, optional
        The events to look at; the articles of others are there for what they look back to.
    elsewhere : mapping, optional
        The outlets of the whole corpus, as `list_outlets` returns; those of ``articles`` where left out.

    Returns
    -------
    (DataFrame, DataFrame)
        Of each article the first 300 sentences are looked at. statements: statement_id, event_id, kind speech | fact, speaker, gist, n_outlets; renderings:
        statement_id, article_id, outlet, sentence_id, rendering, start, end, text, score (0..1).
    """
    scorer = load_scorer(models)
    merged = articles.merge(events, on="article_id", how="left")
    body = sentences[sentences["paragraph"] > 0].sort_values(["article_id", "sentence_id"])
    rows_of = rows_by_article(body)
    said_of = rows_by_article(attributions.sort_values(["article_id", "start"]))
    statements: list[tuple] = []
    renderings: list[tuple] = []
    elsewhere = list_outlets(articles) if elsewhere is None else elsewhere
    given = {a.article_id: a for a in merged.itertuples(index=False)}
    back = _looks_back(recaps)
    for event_id, group in sorted(merged.groupby("event_id", sort=False), key=lambda e: (len(e[0]), e[0])):
        told_in = {a: rows_of.get(a, []) for a in group["article_id"]}
        told_in |= {a: [r for r in rows_of[a] if r.sentence_id in ids] for a, ids in back.get(event_id, {}).items()}
        if len(told_in) < 2 or (only is not None and event_id not in only):
            continue
        first, first_told = len(statements), len(renderings)
        possible: dict[tuple[str, str], float] = {}
        members_of = [given[a] for a in sorted(told_in)]
        found, maybe = _align_event(members_of, told_in, said_of, scorer)
        for members in found:
            statement_id = f"s{len(statements) + 1}"
            kind, speaker, gist = make_gist(members)
            n_outlets = len({m.outlet or m.article_id for m in members})
            statements.append((statement_id, event_id, kind, speaker, gist, n_outlets))
            for m, rendering in zip(members, name_renderings(members), strict=True):
                span = m.carrier or m
                renderings.append(
                    (
                        statement_id,
                        m.article_id,
                        m.outlet,
                        m.sentence_id,
                        rendering,
                        span.start,
                        span.end,
                        span.text,
                        m.score,
                    )
                )
            for m in members:
                for article_id, score in maybe.get((m.article_id, m.sentence_id), {}).items():
                    key = (statement_id, article_id)
                    possible[key] = max(possible.get(key, 0.0), score)
        renderings += find_absences(
            renderings[first_told:], statements[first:], members=members_of, own=set(group["article_id"]),
            possible=possible, elsewhere=elsewhere,
        )  # fmt: skip
    return (
        pd.DataFrame(statements, columns=STATEMENT_COLUMNS),
        pd.DataFrame(renderings, columns=RENDERING_COLUMNS),
    )


def _looks_back(recaps: pd.DataFrame | None) -> dict[Any, dict[Any, set[int]]]:
    """Return for each event the articles that look back to it and the sentences in which they do."""
    found: dict[Any, dict[Any, set[int]]] = {}
    if recaps is not None:
        for r in recaps.itertuples(index=False):
            found.setdefault(r.event_id, {}).setdefault(r.article_id, set()).add(int(r.sentence_id))
    return found


def _align_event(
    members_of: Sequence[Any], rows_of: dict[Any, list[Any]], said_of: dict[Any, list[Any]], scorer: dict[str, Any]
) -> tuple[list[list[Member]], dict[tuple[str, int], dict[str, float]]]:
    """Return the statements of one event, and for each sentence the articles that may hold it too, with the score."""
    rows = [rows_of.get(a.article_id, []) for a in members_of]
    said = [_by_sentence(said_of.get(a.article_id, []), rs) for a, rs in zip(members_of, rows, strict=True)]
    units = [units_of([r.text for r in rs[:MAX_SENTENCES]]) for rs in rows]
    titles = [units_of([str(a.title)])[0] for a in members_of]
    pairs, groups = find_groups(units, titles, scorer, [str(a.outlet) for a in members_of])
    maybe: dict[tuple[str, int], dict[str, float]] = {}
    for p in pairs:
        if scorer["possible"] <= p.score < scorer["threshold"]:
            for one, i, other in ((p.a, p.i, p.b), (p.b, p.j, p.a)):
                key = (members_of[one].article_id, int(rows[one][i].sentence_id))
                maybe.setdefault(key, {}).setdefault(members_of[other].article_id, p.score)
    score = {((p.a, p.i), (p.b, p.j)): p.score for p in pairs}
    found = []
    for _, members in sorted(groups, key=lambda s: s[1]):
        statement = []
        for article, i in members:
            rest = [m for m in members if m[0] != article]
            others = {w for x, k in rest for w in units[x][k].stems}
            a, r = members_of[article], rows[article][i]
            best = max(score.get((min(m, (article, i)), max(m, (article, i))), 0.0) for m in rest)
            carrier = choose_attribution(set(units[article][i].stems), others, said[article][i], r)
            statement.append(
                Member(a.article_id, a.outlet, int(r.sentence_id), int(r.start), int(r.end), str(r.text), best, carrier)
            )
        found.append(statement)
    return found, maybe


def _by_sentence(attributions: Sequence[Any], sentences: Sequence[Any]) -> list[list[Any]]:
    """Return for each sentence the attributions that overlap it; both are in order of start."""
    found: list[list[Any]] = []
    running: list[Any] = []
    at = 0
    for s in sentences:
        while at < len(attributions) and attributions[at].start < s.end:
            running.append(attributions[at])
            at += 1
        running = [a for a in running if a.end > s.start]
        found.append(running)
    return found


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
        units = [units_of([str(s) for s in record["articles"][o]["sentences"][:MAX_SENTENCES]]) for o in outlets]
        titles = [units_of([str(record["articles"][o].get("title") or "")])[0] for o in outlets]
        yield as_record(record["event"], outlets, *find_groups(units, titles, scorer, outlets))
