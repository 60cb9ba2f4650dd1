"""Other definitions and our own errors: what must not be made more certain first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import own_errors
from analysis.other_definitions import vary_statements, vary_terms, vary_voices
from analysis.own_errors import compare_codings, correct_voices


def shares(outlets: dict[str, float], *, width: float = 0.2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return measures and articles: outlet → share that sources speak, one article of 500 words each."""
    rows = []
    for o, spoken in outlets.items():
        for voice, value in (("quoted", spoken / 2), ("reported", spoken / 2), ("narrator", 1 - spoken)):
            rows.append((f"{o}1", o, voice, "voice_share", value, value - width / 2, value + width / 2))
    columns = ["article_id", "outlet", "voice", "measure", "value", "lo", "hi"]
    articles = pd.DataFrame([(f"{o}1", o, 500) for o in outlets], columns=["article_id", "outlet", "n_tokens"])
    return pd.DataFrame(rows, columns=columns), articles


def coded(monkeypatch, rows):
    monkeypatch.setattr(own_errors, "load_coding", lambda *, models: rows)


def test_without_a_coding_nothing_is_set_right(monkeypatch):
    coded(monkeypatch, [])
    assert compare_codings().empty
    measures, articles = shares({"A": 0.4})
    found = correct_voices(measures, articles=articles).iloc[0]
    assert found["corrected"] == pytest.approx(found["by_code"]) == pytest.approx(0.4)


def test_a_small_difference_does_not_hold_its_order(monkeypatch):
    coded(monkeypatch, [["x", 40, 5, 8, 50]] * 20)
    measures, articles = shares({"A": 0.40, "B": 0.42, "C": 0.90}, width=0.2)
    found = correct_voices(measures, articles=articles).set_index("outlet")
    assert found.loc["A", "order_holds"] < 0.8
    assert found.loc["C", "order_holds"] > 0.95


def test_a_code_that_misses_a_fifth_is_set_right_by_it(monkeypatch):
    coded(monkeypatch, [["x", 80, 0, 20, 100]] * 30)
    measures, articles = shares({"A": 0.4})
    found = correct_voices(measures, articles=articles).iloc[0]
    assert found["corrected"] == pytest.approx(0.5, abs=0.01)
    assert found["lo"] < 0.5 < found["hi"]


def test_uneven_errors_of_the_code_widen_the_interval(monkeypatch):
    measures, articles = shares({"A": 0.4}, width=0.0)
    widths = []
    for rows in ([["x", 80, 5, 20, 95]] * 20, [["x", 98, 1, 2, 99], ["x", 62, 9, 38, 91]] * 10):
        coded(monkeypatch, rows)
        found = correct_voices(measures, articles=articles).iloc[0]
        widths.append(found["hi"] - found["lo"])
    assert widths[1] > widths[0]


def test_hand_and_code_stand_side_by_side(monkeypatch):
    coded(monkeypatch, [["x", 50, 0, 10, 40], ["y", 20, 0, 0, 80], ["y", 30, 10, 0, 60]])
    found = compare_codings().set_index("outlet")
    assert found.loc["x", ["by_hand", "by_code"]].tolist() == [0.6, 0.5]
    assert found.loc["y", ["by_hand", "by_code"]].tolist() == [0.25, 0.3]
    assert found["rank_by_hand"].tolist() == [1, 2]


def test_the_shipped_coding_has_seven_outlets_in_nearly_the_same_order():
    for models in (True, False):
        found = compare_codings(models=models)
        assert found["n_articles"].sum() == 84
        assert len(found) == 7
    order = compare_codings()
    assert np.corrcoef(order["rank_by_hand"], order["rank_by_code"])[0, 1] > 0.5


def test_a_stricter_cut_never_gives_more_statements():
    rows = [("s1", "A", 1, "verbatim", 0.9), ("s1", "B", 1, "altered", 0.9), ("s1", "C", -1, "omitted", 0.0)]
    rows += [("s2", "A", 2, "narrated", 0.4), ("s2", "C", 2, "narrated", 0.4), ("s2", "B", -1, "omitted", 0.0)]
    renderings = pd.DataFrame(rows, columns=["statement_id", "outlet", "sentence_id", "rendering", "score"])
    found = vary_statements(renderings, cuts=(0.3, 0.5)).set_index(["outlet", "cut"])
    assert found.loc[("C", 0.3), ["n_statements", "n_given", "n_omitted"]].tolist() == [2, 1, 1]
    assert found.loc[("C", 0.5), ["n_statements", "n_given", "n_omitted"]].tolist() == [1, 0, 1]


def test_marks_count_whatever_the_confidence():
    said = pd.DataFrame(
        [("a", "direct", 0, 20, 0.1, -1), ("a", "indirect", 30, 50, 0.45, -1), ("a", "indirect", 32, 40, 0.9, 1)],
        columns=["article_id", "quotation_type", "start", "end", "confidence", "nested_in"],
    )
    sentences = pd.DataFrame([("a", 1, 0, 100)], columns=["article_id", "paragraph", "start", "end"])
    articles = pd.DataFrame([("a", "A")], columns=["article_id", "outlet"])
    found = vary_voices(said, sentences=sentences, articles=articles, cuts=(0.0, 0.5))
    assert found["spoken_share"].tolist() == [0.4, 0.2]


def test_one_word_that_carries_a_difference_is_named():
    measures, articles = shares({"A": 0.0, "B": 0.0})
    hits = [("A1", "regime")] * 4 + [("A1", "thug")] + [("B1", "thug")] * 2
    terms = pd.DataFrame(hits, columns=["article_id", "term"]).assign(voice="narrator", measure="loaded_per_1k")
    found = vary_terms(terms, measures=measures, articles=articles).set_index("outlet")
    assert found.loc["A", ["n_hits", "top_term", "rank", "rank_without_top"]].tolist() == [5, "regime", 1, 1]
    assert found.loc["A", "value"] == pytest.approx(10)
    assert found.loc["A", "without_top"] == pytest.approx(2)
    assert found.loc["B", "without_top"] == 0
