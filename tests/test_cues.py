"""Cues in the grammar: agents of passives, nominalisations; negatives first."""

import json
import time

import pandas as pd
import pytest
from conftest import ROOT, table_of

from analysis.cues import find_cues, find_nominalisations, find_passives, is_nominalisation
from analysis.wordlists import load_lexicon


def passives(text):
    _, _, tokens = table_of(text)
    found = find_passives(tokens)
    return [(text[s:e], bool(a)) for s, e, a in zip(found["start"], found["end"], found["agent"], strict=True)]


def nominals(text):
    _, _, tokens = table_of(text)
    return find_nominalisations(tokens)["term"].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "She is satisfied with it.",
        "I am interested.",
        "It is supposed to rain.",
        "He was left-handed.",
        "They got a bed.",
        "",
    ],
)
def test_states_are_no_passives(text):
    assert passives(text) == []


@pytest.mark.parametrize(
    ("text", "words", "agent"),
    [
        ("The bridge was closed.", "was closed", False),
        ("The bridge was closed by Friday.", "was closed", False),
        ("Prices were cut by 5 percent.", "were cut", False),
        ("The door was opened by turning a key.", "was opened", False),
        ("The bridge was closed, and by noon it was late.", "was closed", False),
        ("The bridge was closed and trains by the river ran.", "was closed", False),
        ("The bridge was closed by the mayor.", "was closed", True),
        ("The plan was later rejected in full by both houses.", "was later rejected", True),
        ("It is being rebuilt by volunteers.", "being rebuilt", True),
        ("She’s been told.", "been told", False),
    ],
)
def test_agents_of_passives(text, words, agent):
    assert passives(text) == [(words, agent)]


def test_an_agentless_passive_counts_for_both_measures():
    _, _, tokens = table_of("The bridge was closed. The plan was rejected by the mayor.")
    counts = find_cues(tokens)["measure"].value_counts()
    assert counts["passive_per_1k"] == 2 and counts["agentless_per_1k"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "The nation and the city.",
        "A cement station.",
        "The Department of Transportation waits.",
        "Five million.",
        "A witness.",
    ],
)
def test_things_and_names_are_no_nominalisations(text):
    assert nominals(text) == []


def test_nominalisations():
    text = "Removal is slow. Resistance to the annexation grew; escalations, unfairness and re-evaluation followed, a refusal too."
    assert nominals(text) == [
        "removal",
        "resistance",
        "annexation",
        "escalations",
        "unfairness",
        "re-evaluation",
        "refusal",
    ]


def test_a_word_at_the_start_of_a_sentence_counts_with_its_capital():
    assert nominals("Escalation followed. The Escalation Board met.") == ["escalation"]


def test_every_exception_would_be_taken_otherwise_or_is_reached():
    words = load_lexicon("no_nominalisations")["term"]
    assert not [w for w in words if is_nominalisation(w) or is_nominalisation(w + "s")]


def test_time_grows_with_length_only():
    took = []
    for n in (20_000, 80_000):
        tokens = pd.DataFrame(
            {
                "article_id": "a",
                "sentence_id": 0,
                "start": range(n),
                "end": range(1, n + 1),
                "norm": "was",
                "is_word": True,
            }
        )
        start = time.process_time()
        find_passives(tokens)
        took.append(time.process_time() - start)
    assert took[1] < 12 * took[0] + 0.2


def test_the_coded_sentences_hold_places_and_no_text():
    rows = [json.loads(x) for x in (ROOT / "tests" / "cases" / "cues_polnear.jsonl").read_text().splitlines()]
    assert len(rows) == 150
    assert {k for r in rows for k in r} == {"doc", "start", "end", "passives", "nominalisations"}
    assert all(r["start"] <= s < e <= r["end"] for r in rows for s, e, *_ in [*r["passives"], *r["nominalisations"]])
