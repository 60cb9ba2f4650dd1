"""Quotations compared word by word: what is no change first, then each kind, then hostile input."""

import json
import time

import pandas as pd
import pytest
from conftest import ROOT

from analysis.edit_kinds import KINDS
from analysis.fidelity import annotate_fidelity, compare_quotations, find_edits, find_quotations

CASES = [json.loads(line) for line in (ROOT / "tests/cases/fidelity.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", [c for c in CASES if not c["meaning_changed"]], ids=lambda c: c["b"][:40])
def test_no_change_of_meaning_is_seen_where_there_is_none(case):
    found = find_edits(case["a"], case["b"])
    assert not found["meaning_changed"]
    assert found["kinds"] == case["kinds"]


@pytest.mark.parametrize("case", [c for c in CASES if c["meaning_changed"]], ids=lambda c: c["b"][:40])
def test_changes_of_meaning_are_caught_and_named(case):
    found = find_edits(case["a"], case["b"])
    assert found["meaning_changed"]
    assert found["kinds"] == case["kinds"]


def test_cases_cover_every_kind_and_many_negatives():
    assert len(CASES) >= 150
    assert {k for c in CASES for k in c["kinds"]} == set(KINDS)
    assert sum(not c["meaning_changed"] for c in CASES) > len(CASES) / 2


@pytest.mark.parametrize("case", CASES[::7], ids=lambda c: c["b"][:40])
def test_a_quotation_is_verbatim_with_itself(case):
    for text in (case["a"], case["b"]):
        assert find_edits(text, text) == {
            "kinds": ["verbatim"],
            "meaning_changed": False,
            "edits": [],
            "compared": "whole",
        }


@pytest.mark.parametrize("word", ["not", "never", "no longer"])
def test_a_negation_is_never_cosmetic_however_alike_the_rest(word):
    a = f"After thirty years on this river I will {word} sign a paper that gives the ferry away to strangers."
    b = a.replace(f" {word}", "")
    for x, y in ((a, b), (b, a)):
        found = find_edits(x, y)
        assert "negation" in found["kinds"] and found["meaning_changed"]


def test_a_quotation_is_found_in_a_long_transcript():
    transcript = (
        "We spoke of the harvest and the roads. " * 900
        + "The pier is safe if the piles were tested. "
        + "Thank you all. " * 900
    )
    found = find_edits(transcript, "The pier is safe")
    assert "dropped_condition" in found["kinds"]
    assert found["compared"] == "in part"


@pytest.mark.parametrize(
    "a, b",
    [
        ("a b " * 25_000, "b a a " * 25_000),
        ('"' * 100_000, '"' * 99_999),
        ("[(" * 50_000, "(" * 100_000),
        ("x" * 100_000, "x" * 100_000 + "y"),
        ("don't " * 20_000, "do not " * 20_000),
        ("." * 100_000, "…" * 100_000),
        ("", "x"),
        ("", ""),
        ("\u200b", "\u202e x"),
    ],
    ids=range(9),
)
def test_hostile_quotations_do_not_hang(a, b):
    start = time.process_time()
    assert set(find_edits(a, b)["kinds"]) <= set(KINDS)
    assert time.process_time() - start < 5


def test_annotate_says_where_only_a_part_was_compared():
    records = [{"id": "1", "a": "We won.", "b": "We won."}, {"id": "2", "a": "word " * 5000, "b": "word " * 3000}]
    whole, part = annotate_fidelity(records)
    assert set(whole) == {"id", "kinds", "meaning_changed", "edits"}
    assert "first 400 words" in part["note"]


def test_quotations_inside_an_attribution_are_taken_out_of_their_marks():
    assert find_quotations("the plan was “a mistake” and “a bad one,”") == ["a mistake", "a bad one,"]
    assert find_quotations("no marks at all") == ["no marks at all"]


def rendering(statement, article, kind, text):
    return {
        "statement_id": statement,
        "article_id": article,
        "outlet": article,
        "sentence_id": 1,
        "rendering": kind,
        "start": 0,
        "end": len(text),
        "text": text,
        "score": 0.9,
    }


def compare(*renderings):
    table = pd.DataFrame(renderings)
    articles = pd.DataFrame({"article_id": sorted(set(table["article_id"]))})
    attributions = pd.DataFrame({"article_id": articles["article_id"], "quotation_type": "direct"})
    statements = pd.DataFrame({"statement_id": sorted(set(table["statement_id"]))})
    return compare_quotations(statements, renderings=table, attributions=attributions, articles=articles)


def test_reported_speech_and_other_utterances_are_not_compared():
    found = compare(
        rendering("s1", "a", "verbatim", "“We will sign the treaty in May.”"),
        rendering("s1", "b", "paraphrase", "that they would sign the treaty in May"),
        rendering("s1", "c", "altered", "“The bears came down to the orchard.”"),
    )
    assert found.empty


def test_the_fullest_quotation_is_the_reference_and_the_lost_condition_is_shown():
    found = compare(
        rendering("s1", "a", "trimmed", "“We will sign the treaty.”"),
        rendering("s1", "b", "verbatim", "“We will sign the treaty if the inspectors are let in.”"),
    )
    assert set(found["article_a"]) == {"b"}
    lost = found[found["kind"] == "dropped_condition"]
    assert list(lost["before"]) == ["if the inspectors are let in"] and list(lost["severity"]) == ["major"]


def test_the_seeds_show_what_one_article_drops(seeds):
    edits = seeds.tables["quote_edits"]
    found = edits[(edits["kind"] == "dropped_condition") & edits["before"].str.contains("should Russia choose it")]
    assert [(r.article_a[:3], r.article_b[:3]) for r in found.itertuples()] == [("003", "002")]
