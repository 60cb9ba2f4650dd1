import numpy as np
import pandas as pd
import pytest
import textstat
from conftest import ROOT, table_of

from analysis.catalogue import describe
from analysis.cues import find_passives
from analysis.frames import measure_frames
from analysis.naming import measure_naming
from analysis.resampling import estimate_measures
from analysis.valence import find_valence, measure_valence
from analysis.wording import count_syllables, measure_reporting, measure_wording


def measured(text):
    articles, sentences, tokens = table_of(text)
    tokens["voice"] = "narrator"
    counts, terms = measure_wording(tokens, articles=articles, sentences=sentences)
    sums = counts.groupby("measure")[["num", "den"]].sum()
    return (sums["num"] / sums["den"] * [describe(m).scale for m in sums.index]).to_dict(), terms


@pytest.mark.parametrize(
    "text",
    [
        "The door is red.",
        "They were in need.",
        "It is good to be here.",
        "He has walked home.",
        "She was happy and tired.",
        "Get a seed.",
    ],
)
def test_no_passive(text):
    _, _, tokens = table_of(text)
    assert find_passives(tokens).empty


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The plan was rejected.", "was rejected"),
        ("It will not be fully accepted by them.", "be fully accepted"),
        ("They were never really told.", "were never really told"),
        ("He got hit.", "got hit"),
        ("The demand wasn’t met.", "wasn’t met"),
    ],
)
def test_passive(text, words):
    _, _, tokens = table_of(text)
    found = find_passives(tokens)
    assert [text[s:e] for s, e in zip(found["start"], found["end"], strict=True)] == [words]


def test_a_passive_does_not_cross_a_sentence():
    _, _, tokens = table_of("That is what it was. Rejected plans returned.")
    assert find_passives(tokens).empty


def test_rates_are_counts_over_words():
    values, terms = measured("Perhaps the regime might fall. The regime will certainly stay.")
    hedges = terms[terms["measure"] == "hedge_per_1k"]["text"].str.lower().tolist()
    assert "perhaps" in hedges
    assert values["hedge_per_1k"] == pytest.approx(1000 * len(hedges) / 10)
    assert values["sentence_words"] == 5


def test_terms_stand_where_they_say():
    text = (ROOT / "seeds" / "004_4b637804308c87a6.txt").read_text(encoding="utf-8")
    _, terms = measured(text)
    assert len(terms) > 20
    assert all(text[s:e] == t for s, e, t in zip(terms["start"], terms["end"], terms["text"], strict=True))


def test_diversity_needs_a_whole_stretch():
    assert "lexical_diversity" not in measured("one two three four five.")[0]
    assert measured("word " * 50)[0]["lexical_diversity"] == pytest.approx(1 / 50)
    assert measured(" ".join(f"w{i}" for i in range(120)))[0]["lexical_diversity"] == 1


def test_readability_on_our_own_counts():
    """Flesch and Kincaid from the formulas in their papers, on independently counted words, sentences and syllables."""
    text = (
        "The cat sat on the mat. The unusually talkative minister, however, disappeared into the parliament building."
    )
    words = text.replace(",", "").replace(".", "").split()
    syllables = sum(textstat.textstat.syllable_count(w) for w in words)
    articles, sentences, tokens = table_of(text)
    tokens["voice"] = "narrator"
    counts, _ = measure_wording(tokens, articles=articles, sentences=sentences)
    found = estimate_measures(counts, articles=articles).set_index("measure")["value"]
    assert found["flesch_reading_ease"] == pytest.approx(
        206.835 - 1.015 * len(words) / 2 - 84.6 * syllables / len(words), abs=0.1
    )
    assert found["flesch_kincaid_grade"] == pytest.approx(
        0.39 * len(words) / 2 + 11.8 * syllables / len(words) - 15.59, abs=0.1
    )


def test_syllables_of_odd_words():
    assert count_syllables("a") == 1 and count_syllables("8,500") >= 1 and count_syllables("e" * 100_000) >= 1


def test_a_curly_apostrophe_does_not_turn_the_valence():
    assert find_valence("He doesn’t like it.") == find_valence("He doesn't like it.") < 0
    assert find_valence("") == 0


def test_valence_is_split_by_voice():
    articles, _, tokens = table_of("He said “this is a wonderful victory” about the horrible war.")
    tokens["voice"] = np.where((tokens["start"] > 8) & (tokens["end"] < 36), "quoted", "narrator")
    by_voice = measure_valence(tokens, articles=articles).set_index("voice")["num"]
    assert by_voice["quoted"] > 0.5 > -0.3 > by_voice["narrator"]


def test_reporting_verbs_are_shares_of_cues():
    sentences = pd.DataFrame(
        {
            "article_id": ["a", "a"],
            "sentence_id": [0, 1],
            "paragraph": [1, 1],
            "start": [0, 50],
            "end": [49, 99],
            "text": ["", ""],
        }
    )
    said = pd.DataFrame(
        {
            "article_id": "a",
            "attribution_id": [0, 1, 1],
            "start": [5, 60, 70],
            "cue": ["said", "claimed", "claimed"],
            "cue_stance": ["neutral", "doubting", "doubting"],
        }
    )
    counts = measure_reporting(said, sentences=sentences)
    sums = counts.groupby("measure")[["num", "den"]].sum()
    assert sums.loc["reporting_doubting_share"].tolist() == [1, 2]
    assert counts["sentence_id"].unique().tolist() == [0, 1]


def test_frames_are_items_with_their_words():
    articles, _, tokens = table_of("The talks in Geneva failed. The two sides disagree about sanctions and troops.")
    tokens["voice"] = "narrator"
    items, hits = measure_frames(tokens, articles=articles)
    yes = items[items["answer"]]
    assert {"conflict", "diplomacy", "security_threat"} <= set(yes["frame"])
    assert set(yes["voice"]) == {"narrator"}
    assert items.groupby(["voice", "frame", "item"]).size().eq(1).all()
    assert len(hits) >= len(yes)


def test_nothing_is_named_where_nothing_is():
    articles, _, tokens = table_of("Give us the plan, she told us.")
    tokens["voice"] = "narrator"
    labels, hits = measure_naming(tokens, articles=articles)
    assert labels.empty and hits.empty  # “us” is not the US


def test_labels_of_actors():
    articles, _, tokens = table_of(
        "The Kremlin and Moscow answered NATO. The US-led military bloc waited for the US and Russia."
    )
    tokens["voice"] = "narrator"
    labels, _ = measure_naming(tokens, articles=articles)
    shown = labels.groupby("actor")["label"].agg(set)
    assert {"Kremlin", "Moscow", "Russia"} <= {x.removeprefix("the ").removeprefix("The ") for x in shown["Russia"]}
    assert any("bloc" in x for x in shown["NATO"])
    assert labels.groupby("actor")["share"].sum().tolist() == pytest.approx([1.0] * labels["actor"].nunique())
