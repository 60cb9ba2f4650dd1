"""Occasions: what must stay apart first."""

import numpy as np
import pandas as pd
import pytest
from conftest import events_of

from analysis.events import WINDOW_DAYS


def corpus(*articles):
    """Return articles and tokens of (article_id, date, words)."""
    table = pd.DataFrame([(i, d) for i, d, _ in articles], columns=["article_id", "date"])
    rows = [(i, 0, w, True) for i, _, words in articles for w in words.split()]
    return table, pd.DataFrame(rows, columns=["article_id", "sentence_id", "norm", "is_word"])


def events(*articles):
    table, tokens = corpus(*articles)
    found = events_of(table, tokens=tokens)
    groups = found.groupby("event_id")["article_id"].apply(lambda g: "".join(sorted(g)))
    return sorted(groups)


FIRE = "fire harbor norvale warehouse smoke crew night blaze docks crane"
VOTE = "council vote budget norvale schools mayor tax ledger levy clinic"


def test_articles_of_one_day_on_two_subjects_are_two_events():
    assert events(("a", "2024-05-01", FIRE), ("b", "2024-05-01", VOTE)) == ["a", "b"]


def test_the_same_words_a_fortnight_later_are_another_occasion():
    assert events(("a", "2024-05-01", FIRE), ("b", "2024-05-15", FIRE)) == ["a", "b"]


def test_a_chain_of_days_does_not_grow_without_end():
    days = pd.date_range("2024-05-01", periods=12).strftime("%Y-%m-%d")
    found = events(*[(chr(97 + n), d, FIRE + f" day{n}") for n, d in enumerate(days)])
    assert max(map(len, found)) <= WINDOW_DAYS + 1


def test_likeness_and_nearness_make_one_event_also_without_dates():
    assert events(("a", "2024-05-01", FIRE + " x1"), ("b", "2024-05-03", FIRE + " x2"), ("c", "2024-05-02", VOTE)) == [
        "ab",
        "c",
    ]
    assert events(("a", "", FIRE + " x1"), ("b", "", FIRE + " x2"), ("c", "", VOTE)) == ["ab", "c"]


def test_undated_topic_mates_need_more_than_dated_ones():
    shared = "harbor crane"
    a, b = (
        f"{shared} fire smoke blaze warehouse crew night hose",
        f"{shared} strike wages union picket lorry gate shift",
    )
    assert events(("a", "", a), ("b", "", b), ("c", "", VOTE)) == ["a", "b", "c"]


@pytest.mark.parametrize("date", ["", "2024-05-01", "not a date", "9999-99-99"])
def test_odd_dates_and_empty_articles_are_no_error(date):
    table, tokens = corpus(("a", date, FIRE), ("b", date, ""))
    found = events_of(table, tokens=tokens)
    assert list(found.columns) == ["article_id", "event_id"]
    assert sorted(found["article_id"]) == ["a", "b"]


def test_no_articles_give_no_events():
    table, tokens = corpus()
    assert events_of(table, tokens=tokens.astype({"is_word": bool})).empty


def test_numbers_follow_the_dates_whatever_the_order_of_rows():
    table, tokens = corpus(("b", "2024-05-09", FIRE), ("a", "2024-05-01", VOTE), ("c", "", "quite other words here"))
    found = events_of(table, tokens=tokens).set_index("article_id")["event_id"]
    assert found.to_dict() == {"a": "e1", "b": "e2", "c": "e3"}
    turned = events_of(table[::-1], tokens=tokens[::-1]).set_index("article_id")["event_id"]
    assert turned.to_dict() == found.to_dict()


def test_thousands_of_articles_are_put_right():
    rng = np.random.default_rng(0)
    n = 3000
    ids = [f"a{i:05d}" for i in range(n)]
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(n) // 30, unit="D")
    words = np.concatenate(
        [
            np.char.add("e", (np.arange(n)[:, None] // 3 * 20 + rng.integers(0, 20, (n, 25))).astype(str)),
            np.char.add("w", rng.integers(0, 500, (n, 40)).astype(str)),
        ],
        axis=1,
    )
    tokens = pd.DataFrame({"article_id": np.repeat(ids, 65), "sentence_id": 0, "norm": words.ravel(), "is_word": True})
    found = events_of(pd.DataFrame({"article_id": ids, "date": days.strftime("%Y-%m-%d")}), tokens=tokens)
    assert (found.groupby("event_id").size() == 3).all()


def test_the_five_articles_are_three_events(seeds):
    table = seeds.tables["articles"]
    groups = table.groupby("event_id")["article_id"].apply(lambda g: sorted(i[:3] for i in g))
    assert sorted(groups) == [["000", "001"], ["002", "003"], ["004"]]


def test_the_five_articles_are_three_events_also_without_dates(seeds):
    from analysis.segment import split_tokens

    table = seeds.tables["articles"].assign(date="", text=lambda t: t["article_id"].map(seeds.texts))
    sentences = seeds.tables["sentences"]
    found = events_of(table, tokens=split_tokens(table, sentences=sentences))
    groups = found.groupby("event_id")["article_id"].apply(lambda g: sorted(i[:3] for i in g))
    assert sorted(groups) == [["000", "001"], ["002", "003"], ["004"]]
