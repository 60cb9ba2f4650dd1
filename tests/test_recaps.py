"""Articles that look back: what must not be taken for a look back first."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import tables_of_texts

from analysis.align import align_statements
from analysis.events import count_stems, find_events
from analysis.past_words import find_past_words
from analysis.recaps import count_passages, find_recaps, list_recaps
from analysis.shelf import Shelf

FIRE = (
    "A fire destroyed the grain warehouse in Norvale harbour, chief engineer Ada Holm said. "
    "Forty firefighters fought the blaze at the warehouse through the night. "
    "Two dock workers were treated for smoke in the Norvale clinic."
)
FIRE_TOO = (
    "The grain warehouse in Norvale harbour burned down, according to chief engineer Ada Holm. "
    "Through the night forty firefighters fought the blaze in the warehouse. "
    "The clinic in Norvale treated two dock workers for smoke."
)
VOTE = (
    "The council of Estwick passed its budget by nine votes to eight. Mayor Otto Brandt called the tax on ledgers unfair. "
    "Schools in Estwick will get a third of the levy."
)
VOTE_TOO = (
    "By nine votes to eight the council in Estwick passed the budget. The tax on ledgers is unfair, mayor Otto Brandt said. "
    "A third of the levy goes to the schools of Estwick."
)


def recaps(*rows, dates=True):
    """Find recaps among (article_id, date, text); returns {article: events} and the tables behind it."""
    articles, sentences, tokens = tables_of_texts({a: text for a, _, text in rows})
    articles = articles.assign(date=[d for _, d, _ in rows], outlet=[f"O{a}" for a, _, _ in rows])
    stems, passages = count_stems(tokens), count_passages(sentences, tokens=tokens)
    with Shelf() as shelf:
        shelf.add({"sentences": sentences, "stems": stems, "passages": passages})
        events = find_events(articles, stems=shelf.taker("stems"))
        articles = articles if dates else articles.assign(date="")
        found = find_recaps(articles, **{n: shelf.taker(n) for n in ("sentences", "stems", "passages")}, events=events)
    return list_recaps(found), found, events, (articles, sentences, tokens)


OLD = [("a", "2024-05-01", FIRE), ("b", "2024-05-01", FIRE_TOO)]
BACK = VOTE + "\n\nLast week " + FIRE_TOO[0].lower() + FIRE_TOO[1:]


def test_two_occasions_without_a_look_back_have_none():
    assert recaps(*OLD, ("c", "2024-05-08", VOTE), ("d", "2024-05-08", VOTE_TOO))[0] == {}


def test_words_that_lead_back_to_something_else_are_no_look_back():
    assert recaps(*OLD, ("c", "2024-05-08", VOTE + "\n\nLast week it rained for two days in the hills."))[0] == {}


def test_a_running_story_without_words_that_lead_back_does_not_look_back():
    again = VOTE + "\n\n" + FIRE_TOO
    assert recaps(*OLD, ("c", "2024-05-08", again), ("d", "2024-05-08", VOTE_TOO))[0] == {}


def test_an_occasion_too_long_ago_or_still_to_come_is_not_looked_back_to():
    assert recaps(*OLD, ("c", "2024-08-08", BACK), ("d", "2024-08-08", VOTE_TOO))[0] == {}
    assert recaps(*OLD, ("c", "2024-04-08", BACK), ("d", "2024-04-08", VOTE_TOO))[0] == {}


@pytest.mark.parametrize("dates", [True, False])
def test_a_passage_that_tells_another_occasion_is_found_and_aligned_there(dates):
    named, found, events, (articles, sentences, tokens) = recaps(
        *OLD, ("c", "2024-05-08", BACK), ("d", "2024-05-08", VOTE_TOO), dates=dates
    )
    fire = events.set_index("article_id").loc["a", "event_id"]
    assert named == {"c": fire}
    nothing = pd.DataFrame(
        columns=["article_id", "attribution_id", "quotation_type", "source", "speaker", "start", "end", "text"]
    )
    statements, renderings = align_statements(
        articles, sentences=sentences, tokens=tokens, attributions=nothing, events=events, recaps=found
    )
    of_fire = renderings[
        renderings["statement_id"].isin(statements.loc[statements["event_id"] == fire, "statement_id"])
    ]
    mine = of_fire[(of_fire["article_id"] == "c") & (of_fire["sentence_id"] >= 0)]
    assert set(mine["sentence_id"]) <= set(found["sentence_id"])
    assert len(mine) >= 2
    assert not ((of_fire["article_id"] == "c") & (of_fire["rendering"] == "omitted")).any()


def test_order_of_articles_leaves_no_trace():
    rows = [*OLD, ("c", "2024-05-08", BACK), ("d", "2024-05-08", VOTE_TOO)]
    assert recaps(*rows)[0] == recaps(*reversed(rows))[0]


@pytest.mark.parametrize(
    "text, written, occasion, words",
    [
        ("On Friday the council met.", "2024-05-10", "2024-05-03", ""),
        ("The last train left at nine.", "", "", ""),
        ("It is the third time this week.", "", "", ""),
        ("Earlier this week he spoke.", "2024-05-30", "2024-05-10", ""),
        ("On 9 May it burned.", "2024-05-10", "2024-05-09", ""),
        ("On 31 May it burned.", "2024-06-10", "2024-02-09", ""),
        ("On May 40 it burned.", "2024-06-10", "2024-05-09", ""),
        ("On 9 May it burned.", "not a date", "9999-99-99", ""),
        ("Earlier this week he spoke.", "2024-05-12", "2024-05-10", "Earlier this week"),
        ("He spoke last Tuesday.", "", "", "last Tuesday"),
        ("Three weeks ago he spoke.", "", "", "weeks ago"),
        ("On 9 May it burned.", "2024-05-20", "2024-05-10", "9 May"),
        ("On May 9 it burned.", "2024-05-20", "2024-05-10", "May 9"),
    ],
)
def test_words_that_lead_back(text, written, occasion, words):
    assert find_past_words(text, written=written, occasion=occasion) == words
