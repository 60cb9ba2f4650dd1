"""The line as far as it needs the articles of an occasion together: statements, quotations, errors, for some events at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from analysis.align import align_statements
from analysis.align_scorer import load_scorer
from analysis.coverage import count_coverage
from analysis.crew import one_thread
from analysis.cross_errors import compare_errors
from analysis.echoes import find_credits
from analysis.errors import find_errors
from analysis.fidelity import compare_quotations
from analysis.options import Options
from analysis.quote_fidelity import list_outcomes
from analysis.read import with_texts
from analysis.shared_source import find_meetings
from analysis.shelf import Shelf, Tables
from analysis.sides import name_sides
from analysis.transcripts import find_transcript_edits

_ARTICLES = 100  # of their own that the events of a block have, or one event has more: bounds memory
_GIVEN = ["article_id", "outlet", "title", "date"]


class Block(NamedTuple):
    """Some events, with all that is known of the articles that tell of them."""

    articles: (
        pd.DataFrame
    )  # article_id, outlet, title, date, event_id, text: their own, then those that look back to them
    own: frozenset[str]  # the articles whose occasion is among the events
    tables: Tables  # sentences and attributions of all, tokens of their own
    recaps: pd.DataFrame
    elsewhere: dict[str, tuple[str, str]]  # the outlets of the corpus
    spelt: pd.DataFrame  # names that the corpus spells in two ways


def event_order(event_id: str) -> tuple[int, str]:
    """Return by what events are put in order: e2 before e10."""
    return len(event_id), event_id


def plan_blocks(sizes: Mapping[str, int]) -> list[list[str]]:
    """Return the events (and how many articles each has) in order, some together."""
    plan: list[list[str]] = []
    n = 0
    for event_id in sorted(sizes, key=event_order):
        if not plan or n + sizes[event_id] > _ARTICLES:
            plan.append([])
            n = 0
        plan[-1].append(event_id)
        n += sizes[event_id]
    return plan


def fill_blocks(
    articles: pd.DataFrame,
    *,
    plan: list[list[str]],
    shelf: Shelf,
    events: pd.DataFrame,
    recaps: pd.DataFrame,
    sides: Mapping[str, str],
    spelt: pd.DataFrame,
    elsewhere: dict[str, tuple[str, str]],
) -> Iterator[Block]:
    """Yield every block of a corpus.

    Parameters
    ----------
    articles : DataFrame
        article_id, outlet, title, date.
    plan : list of list of str
        The events of each block.
    shelf : Shelf
        What reading gave, and ``texts``, by article.
    events, recaps : DataFrame
        As `find_events` and `find_recaps` return.
    sides : mapping of str to str
        As `choose_sides` returns.
    spelt : DataFrame
        As `compare_names` returns.
    elsewhere : dict
        As `list_outlets` returns.
    """
    members = {e: list(g) for e, g in events.groupby("event_id", sort=False)["article_id"]}
    event_of = dict(zip(events["article_id"], events["event_id"], strict=True))
    guests = {e: list(dict.fromkeys(g)) for e, g in recaps.groupby("event_id", sort=False)["article_id"]}
    place = pd.Index(articles["article_id"])
    for some in plan:
        own = [a for e in some for a in members[e]]
        rank = dict(zip(own, place.get_indexer(own).tolist(), strict=True))
        own.sort(key=rank.__getitem__)
        looking = [a for a in dict.fromkeys(a for e in some for a in guests.get(e, [])) if a not in rank]
        ids = [*own, *looking]
        given = articles[_GIVEN].iloc[place.get_indexer(ids)].reset_index(drop=True)
        given = given.assign(event_id=[event_of[a] for a in ids], text=with_texts(ids, shelf.taker("texts")))
        tables = shelf.take(ids, ("sentences", "attributions"))
        said = tables["attributions"]
        tables["attributions"] = said.assign(side=name_sides(said["speaker"], sides=sides))
        tables["tokens"] = shelf.take_one("tokens", own)
        yield Block(
            given,
            frozenset(own),
            tables,
            recaps[recaps["event_id"].isin(some)],
            elsewhere,
            spelt[spelt["article_id"].isin(rank)],
        )


@one_thread
def compare_block(work: tuple[Block, Options]) -> Tables:
    """Compare the articles of some events.

    Parameters
    ----------
    work : (Block, Options)
        The events, and how to run.

    Returns
    -------
    dict of str to DataFrame
        statements, renderings, quote_edits (statements numbered within the block); coverage, meetings, outcomes,
        transcript_edits, and findings, without what other outlets say of names.
    """
    block, options = work
    articles, own = block.articles, block.own
    sentences, attributions, tokens = (block.tables[n] for n in ("sentences", "attributions", "tokens"))
    events = articles[["article_id", "event_id"]]
    statements, renderings = align_statements(
        articles.drop(columns="event_id"),
        sentences=sentences,
        tokens=tokens,
        attributions=attributions,
        events=events,
        recaps=block.recaps,
        models=options.models,
        only=frozenset(events["event_id"][events["article_id"].isin(own)]),
        elsewhere=block.elsewhere,
    )
    sure_from = options.settings.sure_from or load_scorer(options.models)["precise"]
    statements = _grade(statements, renderings, sure_from)
    credits = find_credits(renderings, attributions=attributions)
    renderings = renderings.merge(credits, on=["statement_id", "article_id", "sentence_id"], how="left")
    edits = compare_quotations(statements, renderings=renderings, attributions=attributions, articles=articles)

    def mine(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["article_id"].isin(own)].reset_index(drop=True)

    transcript_edits = find_transcript_edits(
        mine(attributions), articles=mine(articles), transcripts=dict(options.transcripts)
    )
    alone = find_errors(
        mine(articles),
        sentences=mine(sentences),
        tokens=tokens,
        attributions=mine(attributions),
        folder=options.lexicons,
        spelt=block.spelt,
    )
    more = compare_errors(
        alone,
        articles=articles,
        sentences=sentences,
        tokens=tokens,
        attributions=attributions,
        statements=statements,
        renderings=renderings,
        quote_edits=edits,
        transcript_edits=transcript_edits,
    )
    return {
        "statements": statements,
        "renderings": renderings,
        "quote_edits": edits,
        "coverage": count_coverage(statements, renderings=renderings),
        "meetings": find_meetings(sentences, renderings=renderings),
        "outcomes": list_outcomes(edits, transcript_edits=transcript_edits),
        "transcript_edits": transcript_edits,
        "findings": pd.concat([alone, more], ignore_index=True),
    }


def _grade(statements: pd.DataFrame, renderings: pd.DataFrame, least: float) -> pd.DataFrame:
    """Say of each statement whether its best match reaches the score of a sure one (four in five right) or is possible."""
    best = renderings[renderings["sentence_id"] >= 0].groupby("statement_id")["score"].max()
    sure = statements["statement_id"].map(best) >= least
    return statements.assign(match=sure.map({True: "sure", False: "possible"}))


def renumber(tables: Tables, *, after: int) -> Tables:
    """Return the tables of a block with its statements numbered after those of the blocks before."""
    numbered = {}
    for name, table in tables.items():
        columns = {"coverage": "unit"}.get(name, "statement_id")
        if columns in table.columns:
            number = table[columns].str.removeprefix("s").astype("int64") + after
            table = table.assign(**{columns: ("s" + number.astype(str)).astype("str")})
        numbered[name] = table
    return numbered
