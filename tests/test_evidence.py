import re

import pytest

from analysis.empty_words import EMPTY_WORDS
from analysis.evidence import Evidence, article_anchor
from analysis.page_views import find_views
from analysis.segment import norm_of
from analysis.views import straighten


@pytest.fixture(scope="module")
def evidence(seeds):
    return Evidence(seeds.tables, texts=seeds.texts, shown=list(seeds.tables["articles"]["article_id"]))


def decode(refs):
    out = []
    for group in refs.split():
        article, runs = group.split(":")
        for run in runs.split(","):
            first, last = (run.split("-") * 2)[:2]
            out += [(int(article), s) for s in range(int(first), int(last) + 1)]
    return out


def test_nothing_behind_a_number_is_no_link(evidence):
    number = evidence.number("0", [])
    assert (number.refs, number.first, number.n) == ("", "", 0)
    assert evidence.anchor("no such article", 3) == "" and evidence.anchor(next(iter(evidence.place)), -1) == ""


def test_places_survive_the_way_to_the_page(evidence):
    ids = list(evidence.place)
    places = [(ids[2], 7), (ids[0], 3), (ids[0], 1), (ids[0], 2), (ids[2], 9), (ids[0], 3), (ids[1], -1)]
    number = evidence.number("6", places)
    assert number.refs == "0:1-3 2:7,9" and number.n == 5
    assert decode(number.refs) == [(0, 1), (0, 2), (0, 3), (2, 7), (2, 9)]
    assert number.first == f"{article_anchor(ids[0])}.1"


def test_many_sentences_are_capped_but_counted(evidence):
    article = next(iter(evidence.place))
    number = evidence.number("500", [(article, i) for i in range(500)])
    assert number.n == 500 and len(decode(number.refs)) == 60


def test_articles_off_the_page_are_counted_not_linked(seeds):
    ids = list(seeds.tables["articles"]["article_id"])
    few = Evidence(seeds.tables, texts=seeds.texts, shown=ids[:1])
    number = few.number("2", [(ids[0], 1), (ids[3], 1)])
    assert number.refs == "0:1" and number.n == 2


def test_voices_are_those_that_were_measured(seeds, evidence):
    m = seeds.tables["measures"]
    for row in m[m["measure"] == "sentence_words"].itertuples(index=False):
        found = evidence.of_measure(row.article_id, row.voice, row.measure, counted=False)
        assert len(found) == row.n, row


def test_words_are_counted_as_keyness_counts_them(seeds, evidence):
    key = seeds.tables["keyness"]
    key = key[~key["term"].isin(EMPTY_WORDS)].head(60)
    sentences = seeds.tables["sentences"].set_index(["article_id", "sentence_id"])["text"]
    places = evidence.of_words(key["term"])
    for row in key.itertuples(index=False):
        here = [p for p in places[row.term] if evidence.outlets[p[0]] == row.outlet]
        words = [norm_of(w) for p in here for w in re.findall(r"[^\W_][\w'’-]*", straighten(sentences[p]))]
        assert words.count(row.term) == row.n_target, row


def test_tables_of_the_page(seeds, evidence):
    views = [v for section in find_views(seeds.tables, evidence=evidence).values() for v in section]
    assert len({v.key for v in views}) == len(views)
    for v in views:
        assert v.rows and v.note and all(len(r) == len(v.columns) for r in v.rows), v.key
        assert v.file in seeds.tables
    measures = [v for v in views if v.key.startswith("m-")]
    assert all("Validity: " in v.note for v in measures) and len(measures) > 15
