"""Labels in apposition: what is none comes first."""

import time

import pandas as pd
import pytest
from conftest import table_of

from analysis.appositions import find_appositions
from analysis.naming import measure_naming


def labels(text):
    articles, sentences, _ = table_of(text)
    found = find_appositions(articles, sentences=sentences)
    assert all(
        text[s:e].lower() == x.lower() for s, e, x in zip(found["start"], found["end"], found["label"], strict=True)
    )
    return list(zip(found["actor"], found["label"], strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "Maria Hale, the European Union and others met.",
        "When Maria Hale called, the mayor left.",
        "Before the vote Maria Hale, the mayor said, was late.",
        "In Springfield, the mayor, a man of few words, left.",
        "Maria Hale, the day after, left.",
        "They met Maria Hale, the mayor and the sheriff.",
        "Maria Hale, a mistake, he said.",
        "Near Tulsa, a man with a sign, stood.",
        "They wanted Maria Hale, the press and an answer.",
        "Leader Maria Hale left.",
        "The book “Black” star Maria Hale wrote is out.",
        "",
    ],
)
def test_what_is_no_label(text):
    assert [x for x in labels(text) if x[0] in ("Maria Hale", "Tulsa", "Springfield")] == []


@pytest.mark.parametrize(
    ("text", "actor", "label"),
    [
        ("Maria Hale, the far-right leader, left.", "Maria Hale", "far-right leader"),
        ("They met Maria Hale, a former mayor of Ashford.", "Maria Hale", "former mayor of Ashford"),
        ("Maria Hale (the Russian strongman) left.", "Maria Hale", "Russian strongman"),
        ("The Russian strongman, Maria Hale, left.", "Maria Hale", "Russian strongman"),
        ("The head of the agency, Maria Hale, left.", "Maria Hale", "head of the agency"),
        ("Police arrested ultra-nationalist leader Maria Hale on Friday.", "Maria Hale", "ultra-nationalist leader"),
        ("Outspoken critic Maria Hale left.", "Maria Hale", "outspoken critic"),
        ("Democratic nominee Maria Hale left.", "Maria Hale", "Democratic nominee"),
        ("He spoke of NATO, the Western military alliance, on Friday.", "NATO", "Western military alliance"),
        ("Maria Hale spoke. Hale, her party’s leader, left.", "Maria Hale", "her party’s leader"),
    ],
)
def test_labels_are_found(text, actor, label):
    assert (actor, label) in labels(text)


def test_naming_says_whence_a_label_comes():
    articles, sentences, tokens = table_of(
        "NATO, the Western military alliance, met. NATO and Maria Hale, the far-right leader, left."
    )
    tokens["voice"] = "narrator"
    found, hits = measure_naming(tokens, articles=articles, sentences=sentences)
    rows = set(zip(found["actor"], found["label"], found["whence"], strict=True))
    assert ("NATO", "Western military alliance", "apposition") in rows
    assert ("Maria Hale", "far-right leader", "apposition") in rows
    assert any(actor == "NATO" and whence == "list" for actor, _, whence in rows)
    assert found.groupby("actor")["share"].sum().tolist() == pytest.approx([1.0] * found["actor"].nunique())
    assert set(hits["whence"]) == {"list", "apposition"}
    assert set(measure_naming(tokens, articles=articles)[0]["whence"]) == {"list"}


@pytest.mark.parametrize("unit", ["Maria Hale, the ", "the leader, ", "Ann Lee (a ", ", the the the ", "A B "])
def test_time_grows_with_length_only(unit):
    took = []
    for n in (1_000, 4_000):
        text = unit * n
        articles = pd.DataFrame({"article_id": ["a"], "text": [text]})
        sentences = pd.DataFrame({"article_id": ["a"], "sentence_id": [0], "start": [0], "end": [len(text)]})
        start = time.process_time()
        find_appositions(articles, sentences=sentences)
        took.append(time.process_time() - start)
    assert took[1] < 12 * took[0] + 0.3
