"""Statements across outlets: what must not be joined first."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, SHARED, events_of
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as some
from scipy import sparse, stats

from analysis.align import align_statements, annotate_align
from analysis.align_candidates import find_candidates
from analysis.align_features import FEATURES, longest_run, rank_cells
from analysis.align_group import Pair, group_pairs
from analysis.align_scorer import MODEL, load_scorer
from analysis.align_space import build_space, of_length_one
from analysis.align_units import rarity, take_apart, units_of
from analysis.echoes import find_credits, find_echoes
from analysis.renderings import RENDERING_COLUMNS, Carrier, Member, find_absences, list_outlets, name_renderings
from analysis.segment import split_sentences, split_tokens
from analysis.shared_source import find_meetings, find_shared_sources

CASES = [
    json.loads(line) for line in (ROOT / "tests/cases/alignment_seeds.jsonl").read_text(encoding="utf-8").splitlines()
]
GOLD = SHARED / "gold/alignment_dev.jsonl.gz"

ONE = [
    "The old pier in Norvale burned down on Tuesday night.",
    "“We lost twelve boats and a crane,” said harbor master Ida Pell.",
    "Nobody was hurt, the fire brigade said.",
    "The council meets on Friday about the budget for schools.",
]
TWO = [
    "Fire destroyed the pier of Norvale late on Tuesday.",
    "Harbor master Ida Pell said twelve boats and a crane were lost.",
    "A bakery on Mill Lane opened its doors for the crews.",
    "Musicians will play in the park on Sunday.",
]


def event(**articles):
    return {"event": "e", "articles": {o: {"title": "", "date": "", "sentences": s} for o, s in articles.items()}}


def pairs_of(answer):
    return {frozenset((m["outlet"], m["sentence"]) for m in s["members"]) for s in answer["statements"]}


def test_unlike_sentences_stand_in_no_statement():
    (answer,) = annotate_align([event(a=ONE[3:], b=TWO[2:])])
    assert answer["statements"] == []


def test_like_sentences_stand_in_one_statement_and_the_rest_does_not():
    (answer,) = annotate_align([event(a=ONE, b=TWO)])
    found = pairs_of(answer)
    assert frozenset({("a", 1), ("b", 1)}) in found
    assert not any(m in s for s in found for m in (("a", 3), ("b", 2), ("b", 3)))
    assert all(0 <= p[4] <= 1 for p in answer["pairs"])
    assert [p[4] for p in answer["pairs"]] == sorted((p[4] for p in answer["pairs"]), reverse=True)


@pytest.mark.parametrize(
    "articles",
    [{}, {"a": ONE}, {"a": [], "b": []}, {"a": ["", " "], "b": ["…", '"""']}, {"a": ONE, "b": [""]}],
    ids=range(5),
)
def test_nothing_to_compare_gives_no_statement(articles):
    (answer,) = annotate_align([event(**articles)])
    assert answer["statements"] == [] and answer["pairs"] == []


def test_the_order_of_outlets_makes_no_difference():
    (one,), (two,) = annotate_align([event(a=ONE, b=TWO)]), annotate_align([event(b=TWO, a=ONE)])
    assert one == two


def test_hostile_text_is_done_in_time():
    start = time.process_time()
    list(
        annotate_align(
            [
                event(
                    a=["wall river bank " * 400] * 20_000, b=["wall river bank " * 400, '"' * 1_000_000, "w " * 500_000]
                )
            ]
        )
    )
    assert time.process_time() - start < 20


def test_without_a_fitted_scorer_the_cosine_decides():
    (answer,) = annotate_align([event(a=ONE, b=TWO)], models=None)
    assert frozenset({("a", 1), ("b", 1)}) in pairs_of(answer)
    assert load_scorer(None)["trees"] is None


def test_a_sentence_may_stand_in_two_statements_and_two_do_not_become_one():
    pairs = [Pair(0, 0, 1, 0, 0.9), Pair(0, 0, 1, 5, 0.8)]
    assert len(group_pairs(pairs, 0.5, lambda new, sibling, other: False)) == 2
    assert group_pairs(pairs, 0.5, lambda new, sibling, other: True) == [(0.9, [(0, 0), (1, 0), (1, 5)])]


def test_a_sentence_joins_only_where_every_pair_is_sure():
    chain = [Pair(0, 0, 1, 0, 0.9), Pair(1, 0, 2, 0, 0.8), Pair(0, 0, 2, 0, 0.1)]
    assert [m for _, m in group_pairs(chain, 0.5)] == [[(0, 0), (1, 0)], [(1, 0), (2, 0)]]


def test_two_statements_that_nearly_coincide_are_one():
    every = [Pair(a, 0, b, 0, 0.9) for b in range(5) for a in range(b)]
    short = sorted((p._replace(score=0.2) if (p.a, p.b) == (0, 4) else p for p in every), key=lambda p: -p.score)
    assert group_pairs(short, 0.5) == [(0.9, [(a, 0) for a in range(5)])]
    apart = [p._replace(score=0.2) if p.b == 4 and p.a != 3 else p for p in every]
    found = group_pairs(sorted(apart, key=lambda p: -p.score), 0.5)
    assert [m for _, m in found] == [[(a, 0) for a in range(4)], [(3, 0), (4, 0)]]


def test_candidates_are_exact():
    rng = np.random.default_rng(1)
    rows = of_length_one(sparse.csr_matrix(rng.random((2300, 60)) * (rng.random((2300, 60)) < 0.1)))
    i, j, cosine = find_candidates(rows, least=0.4)
    full = np.triu((rows @ rows.T).toarray(), 1)
    assert set(zip(i, j, strict=True)) == set(zip(*np.nonzero(full >= 0.4), strict=True))
    assert np.allclose(cosine, full[i, j])
    with pytest.raises(ValueError, match="above 0"):
        find_candidates(rows, least=0)


def test_a_large_event_is_compared_with_its_likest_articles_only():
    words = [f"{a}{b}ar" for a in "bcdfghjklm" for b in "aeiou"]
    articles = [units_of([f"The {words[n]} {words[n + 1]} {words[n + 2]} fell into the harbor."]) for n in range(40)]
    space = build_space(articles, units_of([""]) * 40)
    assert max(map(len, space.kin)) <= 24
    assert 1 in space.kin[0] and 39 not in space.kin[0]


@pytest.mark.parametrize(
    "text, quoted, speakers",
    [
        ("“We won,” said Ida Pell.", {"win"}, {"pell"}),
        ("Ida Pell won the race.", set(), set()),
        ("", set(), set()),
    ],
)
def test_a_sentence_is_taken_apart(text, quoted, speakers):
    unit, _ = take_apart(text)
    assert unit.quoted == quoted and speakers <= unit.speakers and (speakers or not unit.speakers)


def test_a_running_quotation_keeps_its_speaker():
    units = units_of(
        ["“The pier is gone,” Ida Pell said.", "“We will build it again.", "And we will build it well.”", "It rained."]
    )
    assert units[1].speakers == units[0].speakers and units[3].speakers == set()
    assert units[2].quoted_share == 1 and units[3].quoted_share == 0


def test_common_words_are_less_rare():
    assert rarity("president") < rarity("lighthous") <= 6
    assert longest_run("a b c d".split(), "x b c y".split()) == 2
    assert longest_run([], ["a"]) == 0


def member(article, sentence, carrier):
    return Member(article, article, sentence, 0, 10, "text", 0.9, carrier)


def test_renderings_are_told_apart():
    full = Carrier(0, 1, "“We will rebuild the pier, and we will do it this year.”", "direct", "Pell")
    cut = Carrier(0, 1, "would “rebuild the pier”", "mixed", "Pell")
    changed = Carrier(0, 1, "“We will not rebuild the pier, and we will not do it this year.”", "direct", "Pell")
    told = Carrier(0, 1, "that the pier would stand again", "indirect", "Pell")
    members = [member(a, 0, c) for a, c in zip("abcde", (full, cut, changed, told, None), strict=True)]
    found = name_renderings(members[:2] + members[3:])
    assert found == ["verbatim", "trimmed", "paraphrase", "narrated"]
    assert "altered" in name_renderings([members[0], members[2]])


def test_one_quoted_word_is_no_verbatim_rendering():
    assert name_renderings(
        [member("a", 0, Carrier(0, 1, "a “forceful” answer to any attack on the coast", "mixed", ""))]
    ) == ["paraphrase"]


def absences(**dates):
    articles = pd.DataFrame(
        [(a, o, d, e) for (a, (o, d, e)) in dates.items()], columns=["article_id", "outlet", "date", "event_id"]
    )
    of_event = articles[articles["event_id"] == "e1"]
    found = find_absences(
        [("s1", "a"), ("s1", "b")],
        [("s1",)],
        members=list(of_event.itertuples(index=False)),
        own=set(of_event["article_id"]),
        possible={("s1", "d"): 0.2},
        elsewhere=list_outlets(articles),
    )
    return {row[RENDERING_COLUMNS.index("article_id")]: row[RENDERING_COLUMNS.index("rendering")] for row in found}


def test_omitted_needs_the_event_and_the_opportunity():
    found = absences(
        a=("A", "2024-05-02", "e1"),
        b=("B", "2024-05-02", "e1"),
        c=("C", "2024-05-02", "e1"),
        d=("D", "2024-05-03", "e1"),
        e=("E", "2024-05-01", "e1"),
        f=("F", "2024-05-02", "e2"),
        g=("A", "2024-05-02", "e1"),
        h=("C", "2024-05-02", "e2"),
    )
    assert found == {"c": "omitted", "d": "undecided", "e": "not_applicable", "f": "not_applicable"}


def analysed(**texts):
    """Align articles of one day, with no attributions."""
    articles = pd.DataFrame(
        [(o, o, "", "2024-05-01", t, -1, -1) for o, t in texts.items()],
        columns=["article_id", "outlet", "title", "date", "text", "title_start", "title_end"],
    )
    sentences = split_sentences(articles, removed=pd.DataFrame(columns=["article_id", "start", "end"]))
    tokens = split_tokens(articles, sentences=sentences)
    said = pd.DataFrame(columns=["article_id", "attribution_id", "quotation_type", "speaker", "start", "end", "text"])
    events = events_of(articles, tokens=tokens)
    statements, renderings = align_statements(
        articles, sentences=sentences, tokens=tokens, attributions=said, events=events
    )
    return articles, sentences, statements, renderings


def test_spans_replay_on_the_text_and_one_article_alone_has_no_statement():
    articles, _, statements, renderings = analysed(a=" ".join(ONE), b=" ".join(TWO))
    texts = dict(zip(articles["article_id"], articles["text"], strict=True))
    told = renderings[renderings["sentence_id"] >= 0]
    assert len(statements) and all(texts[r.article_id][r.start : r.end] == r.text for r in told.itertuples())
    assert set(told["rendering"]) == {"narrated"}
    assert analysed(a=" ".join(ONE))[2].empty


def test_two_reports_of_one_fire_share_no_source_but_two_copies_of_a_text_do():
    def shared(**texts):
        _, sentences, _, renderings = analysed(**texts)
        found = find_shared_sources(
            find_meetings(sentences, renderings=renderings), lengths=sentences.groupby("article_id").size().to_dict()
        )
        return {"; ".join(found.get(a, [])) for a in texts}

    assert shared(a=" ".join(ONE), b=" ".join(TWO)) == {""}
    agency = (
        "A freight train left the rails near Norvale early on Tuesday and blocked the coastal line. "
        "Two wagons with grain fell into the river below the old stone bridge. "
        "Inspectors from the capital are expected to reach the site before Thursday noon. "
        "The line carries most of the grain that leaves the northern valleys. "
    )
    assert shared(a=agency + "No driver was hurt.", b=agency + "Buses replace the trains.") == {"a", "b"}


def known(case):
    marks = [pytest.mark.xfail(strict=True, reason="missed")] if case.get("known_failure") else []
    return pytest.param(case, id=case["note"], marks=marks)


@pytest.mark.parametrize("case", [known(c) for c in CASES])
def test_the_five_articles_are_aligned_as_read_by_hand(seeds, case):
    sentences, renderings = seeds.tables["sentences"], seeds.tables["renderings"]

    def places(start, snippet):
        own = sentences[
            sentences["article_id"].str.startswith(start) & sentences["text"].str.contains(snippet, regex=False)
        ]
        assert len(own), snippet
        return set(zip(own["article_id"], own["sentence_id"], strict=True))

    told = renderings[renderings["sentence_id"].astype(int) >= 0]
    statements = [
        set(zip(g["article_id"], g["sentence_id"].astype(int), strict=True)) for _, g in told.groupby("statement_id")
    ]
    joined = any(places(case["a"], case["text_a"]) & s and places(case["b"], case["text_b"]) & s for s in statements)
    assert joined == case["same"]


def test_no_statement_spans_two_events(seeds):
    event_of = dict(zip(seeds.tables["articles"]["article_id"], seeds.tables["articles"]["event_id"], strict=True))
    told = seeds.tables["renderings"].query("sentence_id >= 0").merge(seeds.tables["statements"], on="statement_id")
    assert all(event_of[r.article_id] == r.event_id for r in told.itertuples())


def test_the_two_reworkings_of_one_agency_story_are_flagged(seeds):
    table = seeds.tables["articles"].set_index("article_id")["shared_source_with"]
    assert {i[:3]: s[:3] for i, s in table.items()} == {"000": "001", "001": "000", "002": "", "003": "", "004": ""}


def test_the_shipped_scorer_fits_the_features_and_holds_no_text():
    scorer = json.loads(MODEL.read_text(encoding="utf-8"))
    assert scorer["features"] == FEATURES
    assert scorer["possible"] < scorer["threshold"] < scorer["precise"]
    words = json.loads((MODEL.parent / "alignment_words.json").read_text(encoding="utf-8"))
    assert all(" " not in w for w in words["df"]) and min(words["df"].values()) >= 4


def quotes(*rows):
    return pd.DataFrame(rows, columns=["article_id", "quotation_type", "speaker", "start", "text"])


EVENTS = pd.DataFrame({"article_id": ["a", "b", "c"], "event_id": ["e1", "e1", "e2"]})


def test_an_echo_needs_another_occasion_the_same_speaker_and_content_words():
    phrase = "“We stand on the shoulders of old giants.”"
    said = quotes(
        ("a", "direct", "Pell", 0, phrase),
        ("b", "direct", "Pell", 0, phrase),
        ("c", "direct", "Orton", 0, phrase),
        ("c", "indirect", "Pell", 90, phrase),
        ("a", "direct", "Pell", 50, "“And so it is to be.”"),
        ("c", "direct", "Pell", 50, "“And so it is to be.”"),
    )
    assert find_echoes(said, events=EVENTS).empty


def test_a_phrase_that_returns_is_linked():
    said = quotes(
        ("a", "direct", "Pell", 7, "“We stand on the shoulders of old giants.”"),
        ("c", "mixed", "Pell", 9, "spoke of “the shoulders of old giants” again"),
    )
    (echo,) = find_echoes(said, events=EVENTS).itertuples(index=False)
    assert echo.phrase == "the shoulders of old giants" and (echo.article_a, echo.article_b) == ("a", "c")


def test_the_seeds_echo_across_occasions_and_credit_one_statement_apart(seeds):
    table = {name: seeds.tables[name] for name in ("attributions", "articles", "renderings")}
    echoes = find_echoes(table["attributions"], events=table["articles"])
    assert "in a spirit of reciprocity" in set(echoes["phrase"])
    credits = find_credits(table["renderings"], attributions=table["attributions"])
    told_apart = credits.groupby("statement_id")["credit"].agg(lambda c: "" in set(c) and "Antony Blinken" in set(c))
    assert told_apart.any()


@given(some.arrays(float, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.sampled_from([0, 0.25, 0.5, 1])))
def test_cells_of_one_value_share_their_middle_rank(grid):
    assert (rank_cells(grid).ravel() == stats.rankdata(grid)).all()
